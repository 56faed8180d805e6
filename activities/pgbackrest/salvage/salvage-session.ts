/**
 * How a salvage talks to both servers. SQL is made of words of ours and of names that a server quoted; values travel as the base64 of their JSON, in
 * which no letter can end a literal. Statements go with -c: there psql itself reads nothing into them.
 */
import type { z } from 'zod'
import type { Json } from '../../../domain/words.ts'
import { refuse } from '../../refusal.ts'
import type { At } from '../place.ts'
import { connectionTo, psqlWords, type Server } from '../psql.ts'
import { errorOf, statesOnly } from './salvage-error.ts'

/** The one JSON value that a statement answers; refuses `command-failed` with what its SQLSTATE means. */
export type Asks = <T extends z.ZodType>(shape: T, sql: string, withinMs?: number) => Promise<z.infer<T>>

/** One server of the two, in the database of the live connection. */
export type Side = { readonly connection: string; readonly asks: Asks }
export type Sides = { readonly copy: Side; readonly live: Side }

/** The text of a value must be the same on both sides, and the same at the next attempt. */
const session = {
  client_encoding: 'UTF8',
  timezone: 'UTC',
  datestyle: 'ISO,YMD',
  intervalstyle: 'postgres',
  extra_float_digits: '3',
  bytea_output: 'hex',
  standard_conforming_strings: 'on',
  row_security: 'off',
  /** Many short expressions over few rows: to compile them takes seconds. */
  jit: 'off',
  statement_timeout: '0',
  /** Nobody who uses the table waits longer behind us; then it is tried again. */
  lock_timeout: '10s',
}

/** A plan has a minute in all; what is asked later may take its time. */
export const planMs = 15_000
const longMs = 24 * 3_600_000

export function sideOf(at: At, server: Server, database: string): Side {
  const { station, settings } = at
  const connection = connectionTo(settings, server, database, session)
  const asks: Asks = async (shape, sql, withinMs = longMs) => {
    const within = [`set statement_timeout = ${withinMs}`, sql].flatMap((statement) => ['-c', statement])
    const ended = await station.exec([...psqlWords(settings, connection), ...statesOnly, ...within], {
      withinMs: withinMs + 10_000,
    })
    if (ended.status !== 0) refuse('command-failed', { command: 'psql', reason: errorOf(ended) })
    return shape.parse(JSON.parse(ended.stdout))
  }
  return { connection, asks }
}

/** An expression of type jsonb. */
export function json(value: Json | object): string {
  return `convert_from(decode('${Buffer.from(JSON.stringify(value)).toString('base64')}', 'base64'), 'UTF8')::jsonb`
}
