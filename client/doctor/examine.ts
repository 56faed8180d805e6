/** What works, what does not, and what to do about it. Every check stands alone: one that breaks is a finding, not the end. */
import { failure } from '../../domain/failures.ts'
import { reviewWarning } from '../../domain/runbook/check.ts'
import type { Runbook } from '../../domain/runbook/runbook.ts'
import { isZone, localDate } from '../../edge/local-time.ts'
import type { Temporal } from '../connect.ts'
import { deskView } from '../desks.ts'
import { findDesks } from '../directory.ts'
import { Refused } from '../refused.ts'
import { checkChannels } from './channels.ts'
import { checkConnections } from './connections.ts'
import { type Finding, refusalFinding } from './finding.ts'
import { kubernetesUnknown } from './kubernetes.ts'
import { checkStuckWorkflows } from './stuck.ts'
import { checkClock, checkRetention, checkSearchAttributes, checkServer } from './temporal.ts'
import { checkTrust } from './trust.ts'
import { checkWorkers } from './workers.ts'

type Env = Readonly<Record<string, string | undefined>>

/** Runs every check that is possible, side by side. `temporal` is the refusal where it could not be reached. */
export async function examine(temporal: Temporal | Refused, env: Env): Promise<readonly Finding[]> {
  if (temporal instanceof Refused) {
    const local = await safely('channels', () => checkChannels(env, []))
    return [refusalFinding('temporal', temporal.failure), ...local, kubernetesUnknown]
  }
  const books = await publishedBooks(temporal, env)
  const checks = await Promise.all([
    safely('temporal', () => checkServer(temporal)),
    safely('retention', () => checkRetention(temporal)),
    safely('search attributes', () => checkSearchAttributes(temporal)),
    safely('clock', () => checkClock(temporal)),
    safely('workers', () => checkWorkers(temporal, books.found)),
    safely('stuck workflows', () => checkStuckWorkflows(temporal)),
    books.findings,
    safely('connections', () => checkConnections(temporal, books.found)),
    safely('trust', () => checkTrust(temporal, books.found)),
    safely('channels', () => checkChannels(env, books.found)),
  ])
  return checks.flat()
}

async function publishedBooks(
  temporal: Temporal,
  env: Env,
): Promise<{ readonly found: readonly Runbook[]; readonly findings: readonly Finding[] }> {
  const found: Runbook[] = []
  const findings = await safely('runbooks', async () => {
    const desks = await findDesks(temporal)
    if (desks.length === 0) return [refusalFinding('runbooks', failure('no-runbook'), 'warn')]
    const views = await Promise.all(
      desks.map(({ desk }) =>
        deskView(temporal, desk, 3_000).catch((error: unknown) =>
          error instanceof Refused ? error : Promise.reject(error),
        ),
      ),
    )
    return views.flatMap((view, i): readonly Finding[] => {
      const desk = desks[i]?.desk ?? '?'
      if (view instanceof Refused) return [refusalFinding(`runbook ${desk}`, view.failure)]
      const { runbook, withdrawn, frozen, lab } = view.state
      if (runbook === undefined) return [refusalFinding(`runbook ${desk}`, failure('no-runbook'))]
      // Nothing is asked of what nobody uses.
      if (withdrawn !== undefined) return [withdrawnFinding(desk, withdrawn.by.id)]
      found.push(runbook.book)
      return [
        reviewFinding(runbook.book, runbook.version),
        ...(frozen === undefined ? [] : [frozenFinding(desk, frozen.by.id)]),
        ...(lab ? [labFinding(desk, env)] : []),
      ]
    })
  })
  return { found, findings }
}

function reviewFinding(book: Runbook, version: number): Finding {
  const today = localDate(Date.now(), book.timezone)
  const warning = reviewWarning(book, today)
  const check = `runbook ${book.runbook}`
  if (!isZone(book.timezone)) return zoneFinding(check, book.timezone)
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

function zoneFinding(check: string, zone: string): Finding {
  return {
    check,
    status: 'warn',
    says: {
      en: `its time zone "${zone}" does not exist: times are in UTC`,
      ja: `タイムゾーン「${zone}」は存在しません。時刻は UTC で表示されます`,
    },
    next: { en: 'Correct it and publish the runbook again.', ja: '修正して再公開してください。' },
  }
}

/** The desk took it from whoever published first, for ever. */
function labFinding(desk: string, { HIKESHI_LAB: lab }: Env): Finding {
  return {
    check: `runbook ${desk}`,
    // Only who says that this is a lab is not alarmed.
    status: lab === '1' ? 'warn' : 'fail',
    says: {
      en: 'its desk is in lab mode: anybody may approve anything, without being verified',
      ja: 'デスクがラボモードです。本人確認なしで誰でも承認できます',
    },
    next: {
      en: 'In production publish it under another name without HIKESHI_LAB; a desk never leaves lab mode.',
      ja: '本番では HIKESHI_LAB なしで別名で公開してください。デスクのラボモードは解除できません。',
    },
  }
}

function withdrawnFinding(desk: string, by: string): Finding {
  return {
    check: `runbook ${desk}`,
    status: 'ok',
    says: { en: `withdrawn by ${by}`, ja: `${by} が取り下げ済み` },
  }
}

function frozenFinding(desk: string, by: string): Finding {
  return {
    check: `runbook ${desk}`,
    status: 'warn',
    says: { en: `all automation is frozen by ${by}`, ja: `${by} が自動化を凍結中です` },
    next: { en: 'Lift it with "hikeshi freeze off".', ja: '「hikeshi freeze off」で解除できます。' },
  }
}

async function safely(check: string, work: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Refused) return [refusalFinding(check, error.failure)]
    const reason = error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error)
    return [{ check, status: 'fail', says: { en: reason, ja: reason } }]
  }
}
