/** The checks of data that a runbook names, each on its own: one that fails, or takes too long, spoils none of the others. */
import { showDuration } from '../../domain/duration.ts'
import type { CheckResult, DataCheck } from '../../domain/restore/checks.ts'
import { said } from '../../domain/words.ts'
import { carriedBy } from '../../wire/carried.ts'
import { pulse } from '../pulse.ts'
import { isRefusal } from '../refusal.ts'
import { sqlStateIn } from './answer.ts'
import { failed, notRun, type Outcome } from './check-outcome.ts'
import { inSavepoint, readerOf } from './check-session.ts'
import { checkForeignKeys } from './foreign-key-check.ts'
import { checkIndexes } from './index-check.ts'
import type { Session } from './session.ts'
import { checkSql } from './sql-check.ts'
import { checkFresh, checkRows } from './table-checks.ts'

/** How long one check may take, and all of them together. */
export type ChecksWithin = { readonly eachMs: number; readonly allMs: number }

/** Of a reading, whose activity has a minute. */
export const usualWithin: ChecksWithin = { eachMs: 20_000, allMs: 50_000 }

/**
 * Runs every check, in their order, in the read-only transaction of the session; `at`, epoch ms, is the moment that freshness is measured
 * against. Throws only where the server can no longer be asked, or the work was cancelled.
 */
export async function runChecks(
  session: Session,
  checks: readonly DataCheck[],
  at: number,
  { eachMs, allMs }: ChecksWithin = usualWithin,
): Promise<readonly CheckResult[]> {
  const untilMs = performance.now() + allMs
  const reader = await readerOf(session)
  const results: CheckResult[] = []
  for (const [i, check] of checks.entries()) {
    pulse().signal.throwIfAborted()
    pulse().beat({ at: check.name, done: i, of: checks.length })
    const withinMs = Math.min(eachMs, Math.floor(untilMs - performance.now()))
    // amcheck's functions are granted to our own role; they run as the table's owner, and restricted.
    const role = 'indexes' in check ? undefined : reader
    const outcome =
      withinMs > 0
        ? await outcomeOf(withinMs, () =>
            inSavepoint(session, { withinMs, role }, (own) => run(own, check, at)),
          )
        : late(allMs)
    results.push({ name: check.name, ...outcome })
  }
  return results
}

function run(session: Session, check: DataCheck, at: number): Promise<Outcome> {
  if ('sql' in check) return checkSql(session, check)
  if ('rows' in check) return checkRows(session, check)
  if ('fresh' in check) return checkFresh(session, check, at)
  if ('indexes' in check) return checkIndexes(session, check.indexes)
  return checkForeignKeys(session, check.foreignKeys)
}

const queryCanceled = '57014'
/** What the server can no longer read, or what does not fit together: data_corrupted, index_corrupted. */
const corrupted: readonly (string | undefined)[] = ['XX001', 'XX002']

/** What the server refuses is the outcome of this check alone, in its own words. */
async function outcomeOf(withinMs: number, check: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await check()
  } catch (error) {
    pulse().signal.throwIfAborted()
    if (!isRefusal(error, 'database-refused') && !isRefusal(error, 'no-answer')) throw error
    const reason = said(carriedBy(error)?.params.reason)
    const sqlState = sqlStateIn(error)
    if (sqlState === undefined) throw error
    if (corrupted.includes(sqlState)) return failed(reason)
    if (sqlState !== queryCanceled) return notRun(reason)
    const limit = showDuration(withinMs)
    return notRun({
      en: `no answer within ${limit}; check less at once, or with a faster statement (${reason.en})`,
      ja: `${limit} 以内に応答がありません。対象を絞るか、速い SQL にしてください（${reason.ja}）`,
    })
  }
}

function late(allMs: number): Outcome {
  const limit = showDuration(allMs)
  return notRun({
    en: `no time left: all checks together have ${limit}`,
    ja: `時間切れです（全チェックで ${limit} まで）`,
  })
}
