/** What drills and rehearsals have in common for whoever asks for them: they are waited for so long, and come by themselves until they are taken back. */
import type { Runbook } from '../../../domain/runbook/runbook.ts'
import { localTime } from '../../../edge/local-time.ts'
import type { Practice } from '../../drills/practice.ts'
import { scheduleDrills, unscheduleDrills } from '../../drills/schedule.ts'
import type { Temporal } from '../../temporal/connect.ts'
import type { Session } from './session.ts'
import { usableZone } from './zone.ts'

/** Undefined where the time is over first, or the caller was told to end. */
export async function within<T>(session: Session, work: Promise<T>, limitMs: number): Promise<T | undefined> {
  const over = AbortSignal.any([session.around.signal, AbortSignal.timeout(limitMs)])
  return Promise.race([
    work,
    new Promise<undefined>((resolve) =>
      over.addEventListener('abort', () => resolve(undefined), { once: true }),
    ),
  ])
}

const called = {
  drill: { en: 'Drills', ja: '訓練' },
  rehearse: { en: 'Rehearsals', ja: 'リハーサル' },
} as const

/** Without a zone the times are the team's. */
export async function letComeByItself(
  session: Session,
  temporal: Temporal,
  practice: Practice,
  { runbook, timezone }: Runbook,
  { cron, zone }: { readonly cron: string; readonly zone: string | undefined },
): Promise<void> {
  const inZone = zone ?? usableZone(session, timezone)
  const nextMs = await scheduleDrills(temporal, runbook, { cron, zone: inZone }, practice)
  const next = nextMs === null ? '-' : localTime(nextMs, inZone)
  const { en, ja } = called[practice]
  const says = {
    en: `${en} of ${runbook} are scheduled; the next one: ${next}`,
    ja: `${runbook} の${ja}を予定しました。次回: ${next}`,
  }
  await session.print({
    data: { runbook, scheduled: true, cron, zone: inZone, next: isoOr(nextMs) },
    text: () => says[session.lang],
  })
}

export async function takeBack(
  session: Session,
  temporal: Temporal,
  practice: Practice,
  runbook: string,
): Promise<void> {
  const removed = await unscheduleDrills(temporal, runbook, practice)
  const { en, ja } = called[practice]
  const says = removed
    ? {
        en: `${en} of ${runbook} are no longer scheduled.`,
        ja: `${runbook} の${ja}の予定を取り消しました。`,
      }
    : {
        en: `No ${en.toLowerCase()} of ${runbook} were scheduled.`,
        ja: `${runbook} の${ja}は予定されていません。`,
      }
  await session.print({ data: { runbook, scheduled: false, removed }, text: () => says[session.lang] })
}

/** The time of the next one, null where none follows. */
export function isoOr(nextMs: number | null | undefined): string | null {
  return nextMs === null || nextMs === undefined ? null : new Date(nextMs).toISOString()
}
