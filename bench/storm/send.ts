/** The client of a storm: as many connections as wanted, each with one request at a time, and whatever was not taken comes again. */
import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

export type Message = {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export type Sent = {
  /** Of every answer, whatever it says: from the request's first byte to the answer's last, in ms. */
  readonly answersMs: readonly number[]
  readonly refused: number
  /** Requests whose connection broke before they were answered. */
  readonly broken: number
  /** Messages that nobody took before the time was over. */
  readonly untaken: number
  /** From the first request to the last message that was taken. */
  readonly tookMs: number
}

/** Alertmanager's own: from half a second on, half as long again each time, a minute at most. */
const firstPauseMs = 500
const longestPauseMs = 60_000

type Waiting = { readonly message: Message; readonly dueMs: number; readonly pauseMs: number }

/** Sends every message until it is taken. `onTaken` hears how many are. */
export async function send(
  messages: readonly Message[],
  options: {
    readonly connections: number
    readonly withinMs: number
    readonly onTaken?: (taken: number) => void
  },
): Promise<Sent> {
  const { connections, withinMs, onTaken } = options
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const fresh = messages.values()
  const again: Waiting[] = []
  const answersMs: number[] = []
  let [refused, broken, taken] = [0, 0, 0]
  const startMs = performance.now()
  let lastMs = startMs
  const next = (): Waiting | undefined => {
    const due = again.findIndex(({ dueMs }) => dueMs <= performance.now())
    if (due >= 0) return again.splice(due, 1)[0]
    const { value } = fresh.next()
    return value === undefined ? undefined : { message: value, dueMs: 0, pauseMs: firstPauseMs }
  }
  const connection = async () => {
    while (taken < messages.length && performance.now() - startMs < withinMs) {
      const one = next()
      if (one === undefined) {
        await sleep(20)
        continue
      }
      const fromMs = performance.now()
      const status = await post(one.message, agent)
      if (status !== undefined) answersMs.push(performance.now() - fromMs)
      if (status !== undefined && status < 300) {
        taken += 1
        lastMs = performance.now()
        onTaken?.(taken)
        continue
      }
      if (status === undefined) broken += 1
      else if (status === 503) refused += 1
      else throw new Error(`it was answered ${status}`)
      const pauseMs = Math.min(one.pauseMs * 1.5, longestPauseMs)
      again.push({ message: one.message, dueMs: performance.now() + one.pauseMs, pauseMs })
    }
  }
  await Promise.all(Array.from({ length: Math.min(connections, messages.length) }, connection))
  agent.destroy()
  return { answersMs, refused, broken, untaken: messages.length - taken, tookMs: lastMs - startMs }
}

/** The answer's status; undefined when none came. */
function post({ url, headers, body }: Message, agent: Agent): Promise<number | undefined> {
  return new Promise((resolve) => {
    const sending = request(url, { method: 'POST', headers, agent, timeout: 60_000 }, (answer) => {
      answer.resume()
      answer.once('end', () => resolve(answer.statusCode))
      answer.once('close', () => resolve(undefined))
    })
    sending.once('timeout', () => sending.destroy(new Error('no answer')))
    sending.once('error', () => resolve(undefined))
    sending.end(body)
  })
}
