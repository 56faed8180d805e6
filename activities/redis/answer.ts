/** Redis' answers of refusal, and its silence, as failures of the list. */
import type { Text } from '../../domain/words.ts'
import { plainLine } from '../../edge/plain-text.ts'
import { refuse } from '../refusal.ts'

type About = {
  readonly connection: string
  readonly address: string
  /** Goes into no sentence: a server that does not know AUTH quotes it. */
  readonly secret: string | undefined
}

/** Passes by itself, so that trying again helps: busy with a script, its primary away, no client slot free. */
const passing = /^(BUSY|MASTERDOWN|TRYAGAIN|CLUSTERDOWN|ERR max number of clients)\b/

/** True for an answer of Redis that says no; false for a connection that broke or timed out. */
export function isAnswer(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError'
}

/** Redis' own code: `NOAUTH`, `WRONGPASS`, `NOPERM`, `OOM`, `READONLY`. */
export function codeOf(answer: Error): string {
  return /^[A-Z]+\b/.exec(causeOf(answer).message)?.[0] ?? 'ERR'
}

/** What Redis said, as one line. Where it does not know a command it repeats the arguments, of a long secret the beginning: not we. */
export function saysOf(answer: Error, secret?: string): string {
  const message = causeOf(answer).message.replace(/,? with args beginning with:[\s\S]*$/, '')
  return plainLine(secret === undefined ? message : message.replaceAll(secret, '…'), 200)
}

/** True where Redis refuses the command as such, whatever it would have done: unknown here, or not for this user. */
export function isCommandRefused(answer: Error): boolean {
  // EXEC puts the reason behind a code of its own.
  return /\bNOPERM\b|unknown (?:sub)?command|command not allowed\b(?! when)/i.test(saysOf(answer))
}

export function refuseAnswer(answer: Error, { connection, address, secret }: About): never {
  const reason = saysOf(answer, secret)
  if (codeOf(answer) === 'LOADING') refuse('database-starting', { connection, reason })
  if (passing.test(reason)) refuse('database-unreachable', { connection, address, reason })
  refuse('database-refused', { connection, reason })
}

/** A code of the system's, a sentence of ours, or Redis' own last one: what the library says of a broken stream quotes what came. */
export function refuseUnreachable(error: unknown, { connection, address, secret }: About): never {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown }
  // A server without a free slot says so before it is asked, which the library takes for a defect of its own.
  const [, last] = /^Command queue state error.*?Last (?:error|reply): (.*)$/s.exec(String(message)) ?? []
  const said = typeof code === 'string' ? code : last
  if (said === undefined) refuse('database-unreachable', { connection, address, reason: broken })
  const reason = plainLine(secret === undefined ? said : said.replaceAll(secret, '…'), 200)
  refuse('database-unreachable', { connection, address, reason })
}

const broken: Text = { en: 'the connection broke', ja: '接続が切れました' }

/** Of a transaction that was given up, the refusal that was the reason. */
function causeOf(answer: Error): Error {
  const [first] =
    'previousErrors' in answer && Array.isArray(answer.previousErrors) ? answer.previousErrors : []
  return first instanceof Error ? first : answer
}
