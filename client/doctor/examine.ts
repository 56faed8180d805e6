/** What works, what does not, and what to do about it. Each check stands alone: where one breaks, the others go on. */
import { failure } from '../../domain/failures.ts'
import { reviewWarning } from '../../domain/runbook/check.ts'
import type { Runbook } from '../../domain/runbook/runbook.ts'
import { isZone, localDate } from '../../edge/local-time.ts'
import { Refused } from '../../edge/refused.ts'
import { deskView } from '../incidents/desks.ts'
import { findDesks } from '../incidents/directory.ts'
import type { Temporal } from '../temporal/connect.ts'
import { checkChannels } from './channels.ts'
import { type Check, refusedCheck } from './check.ts'
import { checkConnections } from './connections.ts'
import { checkDrills } from './drills.ts'
import { kubernetesUnknown } from './kubernetes.ts'
import { checkRehearsals } from './rehearsals.ts'
import { checkStuckWorkflows } from './stuck.ts'
import { checkClock, checkRetention, checkSearchAttributes, checkServer } from './temporal.ts'
import { checkTrust } from './trust.ts'
import { checkWorkers } from './workers.ts'

type Env = Readonly<Record<string, string | undefined>>

/** Runs every check that is possible, side by side. `temporal` is the refusal where it could not be reached. */
export async function examine(temporal: Temporal | Refused, env: Env): Promise<readonly Check[]> {
  if (temporal instanceof Refused) {
    const local = await safely('channels', () => checkChannels(env, []))
    return [refusedCheck('temporal', temporal.failure), ...local, kubernetesUnknown]
  }
  const books = await publishedBooks(temporal, env)
  const checks = await Promise.all([
    safely('temporal', () => checkServer(temporal)),
    safely('retention', () => checkRetention(temporal)),
    safely('search attributes', () => checkSearchAttributes(temporal)),
    safely('clock', () => checkClock(temporal)),
    safely('workers', () => checkWorkers(temporal, books.found)),
    safely('stuck workflows', () => checkStuckWorkflows(temporal)),
    books.checks,
    safely('connections', () => checkConnections(temporal, books.found)),
    safely('drills', () => checkDrills(temporal, books.found)),
    safely('rehearsals', () => checkRehearsals(temporal, books.found)),
    safely('trust', () => checkTrust(temporal, books.found)),
    safely('channels', () => checkChannels(env, books.found)),
  ])
  return checks.flat()
}

async function publishedBooks(
  temporal: Temporal,
  env: Env,
): Promise<{ readonly found: readonly Runbook[]; readonly checks: readonly Check[] }> {
  const found: Runbook[] = []
  const checks = await safely('runbooks', async () => {
    const desks = await findDesks(temporal)
    if (desks.length === 0) return [refusedCheck('runbooks', failure('no-runbook'), 'warn')]
    const views = await Promise.all(
      desks.map(({ desk }) =>
        deskView(temporal, desk, 3_000).catch((error: unknown) =>
          error instanceof Refused ? error : Promise.reject(error),
        ),
      ),
    )
    return views.flatMap((view, i): readonly Check[] => {
      const desk = desks[i]?.desk ?? '?'
      if (view instanceof Refused) return [refusedCheck(`runbook ${desk}`, view.failure)]
      const { runbook, withdrawn, frozen, lab } = view.state
      if (runbook === undefined) return [refusedCheck(`runbook ${desk}`, failure('no-runbook'))]
      // Nothing is asked of what nobody uses.
      if (withdrawn !== undefined) return [withdrawnCheck(desk, withdrawn.by.id)]
      found.push(runbook.book)
      return [
        reviewCheck(runbook.book, runbook.version),
        ...(frozen === undefined ? [] : [frozenCheck(desk, frozen.by.id)]),
        ...(lab ? [labCheck(desk, env)] : []),
      ]
    })
  })
  return { found, checks }
}

function reviewCheck(book: Runbook, version: number): Check {
  const today = localDate(Date.now(), book.timezone)
  const warning = reviewWarning(book, today)
  const check = `runbook ${book.runbook}`
  if (!isZone(book.timezone)) return zoneCheck(check, book.timezone)
  if (warning !== undefined) return { check, status: 'warn', says: warning.says }
  return {
    check,
    status: 'ok',
    says: {
      en: `version ${version}, next review ${book.nextReview}`,
      ja: `版 ${version}、次回レビュー ${book.nextReview}`,
    },
  }
}

function zoneCheck(check: string, zone: string): Check {
  return {
    check,
    status: 'warn',
    says: {
      en: `its time zone "${zone}" does not exist: times are in UTC`,
      ja: `タイムゾーン「${zone}」は存在しません。時刻は UTC で表示されます`,
    },
    next: { en: 'Fix it and publish the runbook again.', ja: '修正して再公開してください。' },
  }
}

/** The desk took it from whoever published first, for ever. */
function labCheck(desk: string, { HIKESHI_LAB: lab }: Env): Check {
  return {
    check: `runbook ${desk}`,
    // Only who says that this is a lab is not alarmed.
    status: lab === '1' ? 'warn' : 'fail',
    says: {
      en: 'its desk is in lab mode: anybody can approve anything, unverified',
      ja: 'デスクがラボモードです。本人確認なしで誰でも承認できます',
    },
    next: {
      en: 'For production, publish it under another name without HIKESHI_LAB; a desk never leaves lab mode.',
      ja: '本番では HIKESHI_LAB なしで別名で公開してください。デスクのラボモードは解除できません。',
    },
  }
}

function withdrawnCheck(desk: string, by: string): Check {
  return {
    check: `runbook ${desk}`,
    status: 'ok',
    says: { en: `withdrawn by ${by}`, ja: `${by} が取り下げ済み` },
  }
}

function frozenCheck(desk: string, by: string): Check {
  return {
    check: `runbook ${desk}`,
    status: 'warn',
    says: { en: `all automation is frozen by ${by}`, ja: `${by} が自動化を凍結中です` },
    next: { en: 'Lift the freeze with "hikeshi freeze off".', ja: '「hikeshi freeze off」で解除できます。' },
  }
}

async function safely(check: string, work: () => Promise<readonly Check[]>): Promise<readonly Check[]> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Refused) return [refusedCheck(check, error.failure)]
    const reason = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error)
    return [{ check, status: 'fail', says: { en: reason, ja: reason } }]
  }
}
