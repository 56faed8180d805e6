import { appendFileSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const path = '/apis/kwok.x-k8s.io/v1alpha1/namespaces/shodo/logs'

/**
 * Writes what each pod would log, in the format of a container runtime, one file a pod; kwok serves them. It learns of
 * each file by a Logs object that the pod owns, so that both go together.
 */
export function openPodLogs(dir, cluster) {
  const folder = join(dir, 'pod-logs')
  mkdirSync(folder, { recursive: true })
  const known = new Map()

  /** To be told of the pods there are, whenever they change. */
  function keepUp(pods) {
    for (const [uid, pod] of pods) {
      if (!pod.spec.nodeName) continue
      if (!known.has(uid)) begin(uid, pod)
      const restarts = pod.status.containerStatuses?.[0]?.restartCount ?? 0
      for (const seen = known.get(uid); seen.restarts < restarts; seen.restarts++) crash(pod)
    }
    for (const [uid, { file }] of known) {
      if (pods.has(uid)) continue
      known.delete(uid)
      rmSync(file, { force: true })
    }
  }

  function begin(uid, pod) {
    const file = join(folder, `${pod.metadata.name}.log`)
    known.set(uid, { file, restarts: 0 })
    log(pod, 'INFO', `starting ${pod.spec.containers[0].image}`)
    log(pod, 'INFO', 'configuration read: 41 settings')
    log(pod, 'INFO', 'application startup complete, listening on :8080')
    announce(uid, pod, file)
  }

  function announce(uid, pod, file) {
    const { name } = pod.metadata
    const owner = { apiVersion: 'v1', kind: 'Pod', name, uid }
    const call = cluster('POST', path, {
      apiVersion: 'kwok.x-k8s.io/v1alpha1',
      kind: 'Logs',
      metadata: { name, ownerReferences: [owner] },
      spec: { logs: [{ logsFile: file, previousLogsFile: file }] },
    })
    const again = () => known.has(uid) && setTimeout(announce, 100, uid, pod, file)
    call.once('error', again)
    call.once('response', (answer) => {
      answer.resume()
      if (answer.statusCode >= 300 && answer.statusCode !== 409) again() // 409: told before a restart of ours
    })
  }

  function crash(pod) {
    log(pod, 'ERROR', 'worker failed to boot: KeyError: STROKE_BUFFER_URL')
    log(pod, 'CRITICAL', 'no worker left, exiting with code 1')
  }

  function log(pod, level, text) {
    const file = known.get(pod.metadata.uid)?.file
    if (file) appendFileSync(file, line(new Date(), pod.spec.containers[0].name, level, text))
  }

  return { keepUp, log }
}

function line(at, service, level, text) {
  const stamp = at.toISOString().replace('Z', '000000Z')
  const stream = level === 'INFO' ? 'stdout' : 'stderr'
  return `${stamp} ${stream} F ${at.toISOString()} ${level} [shodo-${service}] ${text}\n`
}
