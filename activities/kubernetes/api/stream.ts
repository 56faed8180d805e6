/** Answers of Kubernetes that are read as they come, such as a log that is followed. */
import { Agent, type IncomingMessage, request as requestHttp } from 'node:http'
import { type RequestOptions, request as requestHttps } from 'node:https'
import type { Readable } from 'node:stream'
import type { KubeConfig } from '@kubernetes/client-node'
import { refuse } from '../../refusal.ts'
import { type Asked, refuseAnswer } from './answer.ts'
import { reasonOf } from './reason.ts'

/** A connection over which nothing comes for so long may be dead without anybody having said so. */
const silentForMs = 120_000
/** Of an answer of refusal so much is read. */
const mostOfRefusal = 65_536

/** Asks with GET and hands the body over unread; after two minutes of silence it breaks off. Errors: those of answer.ts, and whatever aborts `signal`. */
export async function openStream(
  config: KubeConfig,
  asked: Asked,
  path: string,
  signal: AbortSignal,
): Promise<Readable> {
  const answer = await answerTo(config, path, signal).catch((error: unknown) => {
    signal.throwIfAborted()
    return refuse('kubernetes-unreachable', { cluster: asked.cluster, reason: reasonOf(error) })
  })
  const { statusCode = 500 } = answer
  if (statusCode < 300) return answer
  const body: Buffer[] = []
  let size = 0
  for await (const chunk of answer) {
    body.push(chunk)
    size += chunk.length
    if (size > mostOfRefusal) break
  }
  return refuseAnswer(statusCode, Buffer.concat(body).toString('utf8'), asked)
}

async function answerTo(config: KubeConfig, path: string, signal: AbortSignal): Promise<IncomingMessage> {
  const own = withRecentAgent(config)
  const options: RequestOptions = { method: 'GET', headers: {}, signal }
  await own.applyToHTTPSOptions(options)
  const isShared = recent.get(config) === own
  if (isShared && options.agent instanceof Agent) Object.assign(options.agent, { keepAlive: true })
  options.timeout = silentForMs
  const server = own.getCurrentCluster()?.server ?? ''
  const url = new URL(`${server.replace(/\/$/, '')}${path}`)
  const ask = url.protocol === 'http:' ? requestHttp : requestHttps
  return new Promise((resolve, reject) => {
    let isAnswered = false
    const asked = ask(url, options, (answer) => {
      isAnswered = true
      resolve(answer)
    })
    // One that is used again may have been closed in this very moment.
    const wasClosed = ({ code }: NodeJS.ErrnoException) =>
      asked.reusedSocket && !isAnswered && (code === 'ECONNRESET' || code === 'EPIPE')
    asked.once('error', (error) =>
      wasClosed(error) ? resolve(answerTo(config, path, signal)) : reject(error),
    )
    asked.once('timeout', () => asked.destroy(new Error(`silent for ${silentForMs / 1_000} s`)))
    asked.end()
  })
}

const recent = new WeakMap<KubeConfig, KubeConfig>()
const recentForMs = 10_000

/**
 * Of many logs that are asked for one after the other only the first few make connections, which takes longer than to read a short one. A
 * renewed certificate counts after ten seconds; by then what is idle is closed, and the rest when it has been read.
 */
function withRecentAgent(config: KubeConfig): KubeConfig {
  const known = recent.get(config)
  if (known !== undefined) return known
  const agents = new Map<string, Agent>()
  const own = withOwnAgent(config, agents)
  recent.set(config, own)
  setTimeout(() => {
    recent.delete(config)
    for (const agent of agents.values()) {
      Object.assign(agent, { keepAlive: false })
      for (const idle of Object.values(agent.freeSockets).flat()) idle?.destroy()
    }
  }, recentForMs).unref()
  return own
}

/**
 * The config keeps the first agent it made, and with it the first client certificate and CA: a renewed file would never count. An agent keeps
 * no socket open of its own accord, so one for each connection leaves nothing behind.
 */
export function withOwnAgent(config: KubeConfig, agents = new Map<string, Agent>()): KubeConfig {
  return Object.create(config, { agentCache: { value: agents } })
}
