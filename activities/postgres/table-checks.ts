/** Checks of a table by its name: how many rows it has, and how new the newest is. */
import { escapeIdentifier } from 'pg'
import { z } from 'zod'
import { roughly, showDuration } from '../../domain/duration.ts'
import { iso } from '../../domain/iso.ts'
import type { DataCheck } from '../../domain/restore/checks.ts'
import { meets, showExpectation } from '../../domain/restore/expectation.ts'
import { failed, held, type Outcome, otherThan, shownValue } from './check-outcome.ts'
import type { Session } from './session.ts'

/** `schema` and `table` as PostgreSQL has them, `sql` as a statement names it. */
export type Table = {
  readonly oid: number
  readonly schema: string
  readonly table: string
  readonly sql: string
}

/** Does the work on the table; one that does not exist is seen, and holds nothing that is expected of it. */
export async function onTable(
  session: Session,
  name: string,
  work: (table: Table) => Promise<Outcome>,
): Promise<Outcome> {
  const [first = '', second] = name.split('.')
  const [schema, table] = second === undefined ? ['public', first] : [first, second]
  const [found] = await session.rows(
    z.object({ oid: z.number() }),
    `select c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1 and c.relname = $2 and c.relkind in ('r', 'p', 'v', 'm', 'f')`,
    [schema, table],
  )
  if (found === undefined)
    return failed({
      en: `the table ${schema}.${table} does not exist`,
      ja: `テーブル ${schema}.${table} がありません`,
    })
  return work({ oid: found.oid, schema, table, sql: qualified(schema, table) })
}

export function qualified(schema: string, name: string): string {
  return `${escapeIdentifier(schema)}.${escapeIdentifier(name)}`
}

export function checkRows(session: Session, check: Extract<DataCheck, { rows: string }>): Promise<Outcome> {
  return onTable(session, check.rows, async ({ sql }) => {
    const { count } = await session.row(
      z.object({ count: z.string() }),
      `select count(*)::text as count from ${sql}`,
    )
    const rows = { en: `${count} row${count === '1' ? '' : 's'}`, ja: `${count} 行` }
    if (meets(check, count)) return held(rows)
    const wanted = showExpectation(check)
    return otherThan({ en: wanted.en, ja: `${wanted.ja}の行数` }, rows)
  })
}

/** Clocks of those who write differ from ours. What is later than that is no age, or was written in another zone. */
const mostAheadMs = 300_000

/**
 * The newest value against `at`, epoch ms. A `timestamp` without a zone is taken as PostgreSQL itself takes it, in the database's
 * `TimeZone`.
 */
export function checkFresh(
  session: Session,
  check: Extract<DataCheck, { fresh: string }>,
  at: number,
): Promise<Outcome> {
  return onTable(session, check.fresh, async ({ sql }) => {
    const { ms } = await session.row(
      z.object({ ms: z.string().nullable() }),
      `select (extract(epoch from max(${escapeIdentifier(check.column)})::timestamptz) * 1000)::text as ms from ${sql}`,
    )
    const within = showDuration(check.within)
    const wanted = { en: `a newest value at most ${within} old`, ja: `最新の値が ${within} 以内` }
    const newest = Number(ms ?? Number.NaN)
    // The years 0 to 9999: beyond them JavaScript has no time, and PostgreSQL has infinity.
    if (!(Math.abs(newest) < 253_402_300_800_000)) return otherThan(wanted, shownValue(ms))
    const ageMs = at - newest
    const time = iso(newest)
    if (ageMs > check.within)
      return otherThan(wanted, {
        en: `${time}, ${roughly(ageMs)} old`,
        ja: `${time}（${roughly(ageMs)} 前）`,
      })
    if (-ageMs > Math.min(check.within, mostAheadMs))
      return otherThan(wanted, {
        en: `${time}, ${roughly(-ageMs)} ahead: a time to come, or of another time zone`,
        ja: `${time}（${roughly(-ageMs)} 先。未来の時刻か、タイムゾーンの違い）`,
      })
    return held({ en: `newest ${time}`, ja: `最新 ${time}` })
  })
}
