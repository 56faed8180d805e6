/** What PostgreSQL or the way to it answered, as entries of the failures list: with the SQLSTATE, never with a secret. */
import pg from 'pg'
import { plainLine } from '../../edge/plain-text.ts'
import { carriedBy } from '../../wire/carried.ts'
import { refuse } from '../refusal.ts'

export type Asked = {
  readonly connection: string
  readonly address: string
  /** What must not stand in any sentence, whoever wrote it. */
  readonly secret?: string | undefined
  /** When the call began, on the clock of `performance`. */
  readonly sinceMs: number
}

export const cannotConnectNow = '57P03'
const tooManyConnections = '53300'
const queryCanceled = '57014'

/** Throws what it means for the person; `sqlState` goes along where a server said it. */
export function refuseDatabase(error: unknown, { connection, address, secret, sinceMs }: Asked): never {
  const reason = reasonOf(error, secret)
  const sqlState = error instanceof pg.DatabaseError ? error.code : undefined
  if (sqlState === undefined) {
    if (isDisagreement(error)) refuse('database-refused', { connection, reason })
    return refuse('database-unreachable', { connection, address, reason })
  }
  if (sqlState === tooManyConnections) refuse('database-full', { connection, reason, sqlState })
  if (sqlState === cannotConnectNow && !isStopping(reason))
    refuse('database-starting', { connection, reason, sqlState })
  // 08: connection exceptions. 57P: the server is stopping, or a person ended our session.
  if (sqlState.startsWith('08') || sqlState.startsWith('57P')) {
    refuse('database-unreachable', { connection, address, reason, sqlState })
  }
  if (sqlState === queryCanceled) {
    const seconds = Math.round((performance.now() - sinceMs) / 100) / 10
    refuse('no-answer', { seconds, where: `${connection} (${address})`, reason, sqlState })
  }
  return refuse('database-refused', { connection, reason, sqlState })
}

/**
 * The server says by one SQLSTATE that it starts, recovers or stops, and only in its own language which. What is no clear stop is taken
 * for a start: a server that stops is gone soon and then says nothing at all.
 */
function isStopping(reason: string): boolean {
  return /shutting down|シャットダウン/i.test(reason)
}

/** The SQLSTATE that a refusal carries; undefined when no server said one. */
export function sqlStateIn(error: unknown): string | undefined {
  const state = carriedBy(error)?.params.sqlState
  return typeof state === 'string' ? state : undefined
}

function reasonOf(error: unknown, secret: string | undefined): string {
  const { code, message } = codeAndMessage(error)
  const said = plainLine(message === '' ? code : message, 200)
  const named = code === '' || said.includes(code) ? said : `${said} (${code})`
  return secret ? named.replaceAll(secret, '…') : named
}

/** Both sides are there but do not agree on TLS or login: waiting will not help. */
function isDisagreement(error: unknown): boolean {
  const { code, message } = codeAndMessage(error)
  return (
    /^(?:ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_)/.test(code) ||
    /^SASL|SSL connection/.test(message)
  )
}

function codeAndMessage(error: unknown): { readonly code: string; readonly message: string } {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown }
  return { code: typeof code === 'string' ? code : '', message: String(message ?? error) }
}
