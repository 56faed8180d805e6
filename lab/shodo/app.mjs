// The shodo application, as far as an incident sees it: one small web server whose health follows the real state of the
// cluster's pods and the faults that are active. Started by the lab as: node app.mjs LAB-FOLDER PORT API-SERVER-PORT
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { openCluster } from './cluster.mjs'
import { openDatabase } from './database.mjs'
import { openLeak } from './leak.mjs'
import { contentType, gauge, openMetrics } from './metrics.mjs'
import { openModels } from './models.mjs'
import { openPodLogs } from './pod-logs.mjs'
import { watchPods } from './pods.mjs'

const services = ['backend', 'frontend', 'ai-server']
const [dir, port, apiServerPort] = process.argv.slice(2)
const cluster = openCluster(dir, Number(apiServerPort))
const { keepUp, log } = openPodLogs(dir, cluster)
const leak = openLeak(cluster)
// Pods that have a process of their own are the node agent's business.
const pods = watchPods(cluster, '!hikeshi.lab/process', () => {
  keepUp(pods)
  models.keepUp(pods, activeFaults())
  if (activeFaults().oom) leak(pods)
})
const models = openModels(dir)
const database = openDatabase(dir)
const metrics = openMetrics()
const slowMs = 1_500
const usersPerSecond = 20
const turns = new Map(services.map((service) => [service, { broken: 0, requests: 0 }]))

/** The file is read for each request: a fault is there from the next request on, also after a restart of this process. */
function activeFaults() {
  try {
    return JSON.parse(readFileSync(join(dir, 'faults.json'), 'utf8'))
  } catch {
    return {}
  }
}

/** Pods of the service that take traffic. One that has not come up yet takes none; a crashed one is broken. */
function census(service) {
  const mine = [...pods.values()].filter(
    (pod) =>
      pod.metadata.labels?.app === `shodo-${service}` &&
      !pod.metadata.deletionTimestamp &&
      pod.status.phase === 'Running',
  )
  const ready = mine.filter((pod) =>
    pod.status.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True'),
  )
  return { ready, total: mine.length }
}

/** Decides one request: deterministic in turn, so that 2 broken pods of 3 mean exactly 2 failures in 3 requests. */
function answer(service, faults) {
  const { ready, total } = census(service)
  const counts = { ready: ready.length, pods: total }
  if (ready.length === 0) return { code: 503, status: 'unavailable', reason: 'no pod is ready', ...counts }
  const turn = turns.get(service)
  turn.broken += total - ready.length
  if (turn.broken >= total) {
    turn.broken -= total
    return { code: 503, status: 'unavailable', reason: 'the request met a pod that is not ready', ...counts }
  }
  turn.requests += 1
  const trouble = service === 'backend' ? database.trouble() : undefined
  if (trouble !== undefined)
    return { code: 503, status: 'unavailable', reason: `database: ${trouble}`, ...counts }
  const model = service === 'ai-server' ? models.trouble() : undefined
  if (model !== undefined)
    return { code: 500, status: 'error', reason: `model ${model} is not loaded`, ...counts }
  if (service === 'backend' && hasErrors(faults) && turn.requests % 2 === 1) {
    return { code: 500, status: 'error', reason: 'database connection pool is exhausted', ...counts }
  }
  return { code: 200, status: 'ok', ...counts }
}

/** The error sits in the memory of the pods that were there when it began: new pods do not have it. */
function hasErrors({ errors }) {
  return errors?.pods.some((uid) => pods.has(uid)) ?? false
}

function isSlow(service, { slow }) {
  return slow !== undefined && service === 'backend' && census('backend').ready.length < slow.untilReady
}

/** An AI server of which no pod runs says nothing of its models. */
function modelGauge() {
  const seen = census('ai-server').total > 0 ? models.loaded() : []
  const samples = seen.map(([model, isLoaded]) => [{ service: 'ai-server', model }, Number(isLoaded)])
  return gauge('model_loaded', 'Whether the AI server has loaded the model.', samples)
}

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://lab')
  if (pathname === '/live') return send(response, 200, { status: 'ok' })
  if (pathname === '/metrics') {
    response.writeHead(200, { 'content-type': contentType })
    return response.end(metrics.render() + modelGauge())
  }
  const service = pathname === '/health' ? 'backend' : /^\/health\/([a-z-]+)$/.exec(pathname)?.[1]
  if (!services.includes(service)) return send(response, 404, { status: 'not found' })
  const faults = activeFaults()
  if (faults['hung-health']) return undefined // the connection stays open and nothing is ever said
  const waitMs = isSlow(service, faults) ? slowMs : 0
  const began = performance.now()
  setTimeout(() => {
    const { code, ...body } = answer(service, activeFaults())
    metrics.observe(service, code, (performance.now() - began) / 1_000)
    noteRequest(service, code, body.reason, waitMs)
    send(response, code, { service: `shodo-${service}`, ...body })
  }, waitMs)
})

function send(response, code, body) {
  response.writeHead(code, { 'content-type': 'application/json' })
  response.end(`${JSON.stringify(body)}\n`)
}

/** The pod whose turn it is has served the request; one that met no ready pod is in no pod's log. */
function noteRequest(service, code, reason, waitMs) {
  const { ready } = census(service)
  const pod = ready[turns.get(service).requests % ready.length]
  if (!pod || code === 503) return
  if (code === 500) log(pod, 'ERROR', `GET /health 500: ${reason}`)
  else log(pod, waitMs ? 'WARNING' : 'INFO', `GET /health ${code} ${waitMs + 3}ms`)
}

/** What users' requests meet in a second, in the same shares as a request for the health would, and without taking its turn. */
function serveUsers(service, faults) {
  const { ready, total } = census(service)
  const broken = total === 0 ? usersPerSecond : Math.round((usersPerSecond * (total - ready.length)) / total)
  const served = usersPerSecond - broken
  const down = service === 'backend' && database.trouble() !== undefined
  const failing = service === 'backend' && hasErrors(faults) ? Math.ceil(served / 2) : 0
  const seconds = isSlow(service, faults) ? slowMs / 1_000 : 0.021
  metrics.observe(service, 503, 0.002, broken + (down ? served : 0))
  metrics.observe(service, 500, seconds, down ? 0 : failing)
  metrics.observe(service, 200, seconds, down ? 0 : served - failing)
}

/** Users go on using it: what goes wrong shows up in the logs without anybody asking for the health. */
setInterval(() => {
  const faults = activeFaults()
  database.keepUp(faults)
  models.keepUp(pods, faults)
  const model = models.trouble()
  for (const service of services) {
    serveUsers(service, faults)
    const slow = isSlow(service, faults)
    const trouble = service === 'backend' ? database.trouble() : undefined
    // With hundreds of pods the first few will do: nobody reads more, and the disk is shared.
    for (const pod of census(service).ready.slice(0, 20)) {
      if (faults.errors?.pods.includes(pod.metadata.uid)) {
        log(pod, 'ERROR', 'POST /api/v1/works 500: database connection pool is exhausted (20 of 20 in use)')
      } else if (service === 'ai-server' && model !== undefined) {
        log(pod, 'ERROR', `cannot load model: [Errno 2] No such file or directory: '/models/${model}'`)
      } else if (trouble !== undefined) {
        log(pod, 'ERROR', `POST /api/v1/works 503: database: ${trouble}`)
      } else if (slow) {
        log(pod, 'WARNING', `GET /api/v1/works 200 ${slowMs}ms: request queue holds 214 entries`)
      } else {
        log(pod, 'INFO', 'GET /api/v1/works 200 21ms')
      }
    }
  }
}, 1_000)

server.listen(Number(port), '127.0.0.1')
process.once('SIGTERM', () => process.exit(0))
