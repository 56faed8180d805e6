/** Redis' answers of refusal, and its silence, as failures of the list. */
import { plainLine } from '../plain-text.ts'
import { refuse } from '../refusal.ts'

type About = {
  readonly connection: string
  readonly address: string
  /** Goes into no sentence: a server that does not know AUTH quotes it. */
  readonly secret: string | undefined
}

/** Passes by itself, so that trying again helps: still reading its data, busy with a script, its primary away, no client slot free. */
const passing = /^(LOADING|BUSY|MASTERDOWN|TRYAGAIN|CLUSTERDOWN|ERR max number of clients)\b/

/** True for an answer of Redis that says no; false for a connection that broke or timed out. */
export function isAnswer(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError'
}

/** Redis' own code: `NOAUTH`, `WRONGPASS`, `NOPERM`, `OOM`, `READONLY`. */
export function codeOf(answer: Error): string {
  return /^[A-Z]+\b/.exec(causeOf(answer).message)?.[0] ?? 'ERR'
}

/** What Redis said, as one line. */
export function saysOf(answer: Error, secret?: string): string {
  const { message } = causeOf(answer)
  return plainLine(secret === undefined ? message : message.replaceAll(secret, '…'), 200)
}

export function refuseAnswer(answer: Error, { connection, address, secret }: About): never {
  const reason = saysOf(answer, secret)
  if (passing.test(reason)) refuse('database-unreachable', { connection, address, reason })
  refuse('database-refused', { connection, reason })
}

export function refuseUnreachable(error: unknown, { connection, address, secret }: About): never {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown }
  const said = typeof code === 'string' ? code : String(message ?? error)
  // A server without a free slot says so before it is asked, which the library takes for a defect of its own.
  const plain = said.replace(/^Command queue state error.*?Last (?:error|reply): /, '')
  const reason = plainLine(secret === undefined ? plain : plain.replaceAll(secret, '…'), 200)
  refuse('database-unreachable', { connection, address, reason })
}

/** Of a transaction that was given up, the refusal that was the reason. */
function causeOf(answer: Error): Error {
  const [first] =
    'previousErrors' in answer && Array.isArray(answer.previousErrors) ? answer.previousErrors : []
  return first instanceof Error ? first : answer
}
