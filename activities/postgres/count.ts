import { z } from 'zod'
import type { Reading, StepContext } from '../../domain/steps/contract.ts'
import type { Connections } from '../connections-file.ts'
import { type Counted, countedReading, countIn, spanOf } from '../counted-reading.ts'
import { refuse } from '../refusal.ts'
import { inSavepoint, readerOf, setLocal } from './check-session.ts'
import { type Limits, postgresAt } from './client.ts'
import type { Session } from './session.ts'
import { runbookPath } from './sql-check.ts'

type Params = Counted & { readonly connection: string; readonly sql: string }

/** An activity that reads has a minute. Nothing is changed here. */
const limits: Limits = { connectMs: 2_500, readMs: 55_000, changeMs: 1 }
const withinMs = 50_000

/** The one number that the runbook's SQL answers for a time, in a transaction that can only read. */
export async function readCount(
  connections: Connections,
  params: Params,
  context: StepContext,
): Promise<Reading> {
  const { connection, sql } = params
  const span = spanOf(params, context.nowMs)
  // SQL of a runbook goes by the connection's own login alone: the other ways in lead to a superuser.
  const { reserved: _, pod: __, ...own } = connections.postgres(connection)
  const value = await postgresAt({ ...connections, postgres: () => own }, limits).read({
    connection,
    context,
    ask: async (session) =>
      inSavepoint(session, { withinMs, role: await readerOf(session) }, (its) =>
        asked(its, sql, [span.since, span.until]),
      ),
  })
  const count = countIn(value)
  if (count === undefined)
    return refuse('database-refused', {
      connection,
      reason: {
        en: `the statement answers ${value ?? 'null'}, not a count`,
        ja: `SQL の結果が件数ではありません: ${value ?? 'null'}`,
      },
    })
  return countedReading({ connection, sql }, span, count)
}

/** As a subquery it is nothing but a SELECT, as with the checks of data; a comment may end it, so it has its own lines. */
async function asked(session: Session, sql: string, values: readonly string[]): Promise<string | null> {
  await setLocal(session, 'search_path', runbookPath)
  const { value } = await session.row(
    z.object({ value: z.string().nullable() }),
    `with incident(since, until) as (values ($1::pg_catalog.timestamptz, $2::pg_catalog.timestamptz))
     select pg_catalog.left((\n${sql}\n)::pg_catalog.text, 40) as value`,
    values,
  )
  return value
}
