import { expected } from '../../../../domain/expected.ts'
import type { RehearsalReport } from '../../../../domain/rehearsal/rehearsal.ts'
import type { Runbook } from '../../../../domain/runbook/runbook.ts'
import { localTime } from '../../../../edge/local-time.ts'
import { refused } from '../../../../edge/refused.ts'
import { exitAfter } from '../../../../edge/signals.ts'
import { drillsScheduled, scheduleDrills, unscheduleDrills } from '../../../drills/schedule.ts'
import { rehearsalsKept } from '../../../incidents/proofs.ts'
import { deskMeant, publishedAt } from '../../../incidents/read-step.ts'
import { rehearsalEnded, startRehearsal } from '../../../rehearsals/start.ts'
import type { Temporal } from '../../../temporal/connect.ts'
import { noRehearsals, rehearsedColumns, reportSays } from '../../../words/rehearsal.ts'
import { toldTable } from '../facts.ts'
import { patiently } from '../patience.ts'
import type { Session } from '../session.ts'
import { clean, wrap } from '../terminal.ts'
import { type Options, textOf } from '../verb.ts'
import { waitLimit } from '../wait.ts'
import { usableZone } from '../zone.ts'

/** Tries every step now: 0 where none failed, else 1. With `--every` it comes by itself, and `--last` shows what was found. */
export async function rehearse(
  session: Session,
  word: string | undefined,
  options: Options,
): Promise<number> {
  const every = textOf(options.every)
  const asked = [every !== undefined, options.off === true, options.last === true].filter(Boolean).length
  if (asked > 1)
    throw refused('bad-input', {
      where: 'rehearse',
      problem: expected('one of --every, --off and --last', '--every、--off、--last のいずれか 1 つ'),
    })
  const limitMs = waitLimit(options.timeout)
  const temporal = await session.temporal()
  const { desk: runbook } = await deskMeant(temporal, { runbook: word })
  if (options.off === true) return takeBack(session, temporal, runbook)
  const { book } = await publishedAt(temporal, runbook)
  if (every !== undefined) return schedule(session, temporal, book, { every, zone: textOf(options.zone) })
  if (options.last === true) return showLast(session, temporal, book)
  const rehearsal = await patiently(session, startRehearsal(temporal, runbook))
  const over = AbortSignal.any([session.around.signal, AbortSignal.timeout(limitMs)])
  const report = await Promise.race([
    rehearsalEnded(temporal, rehearsal),
    new Promise<undefined>((resolve) =>
      over.addEventListener('abort', () => resolve(undefined), { once: true }),
    ),
  ])
  if (report === undefined) {
    if (session.around.signal.aborted) return exitAfter(session.around.signal)
    throw refused('rehearsal-going-on', { seconds: Math.round(limitMs / 1_000), runbook })
  }
  return printReport(session, report)
}

/** `night` is 3:00 of the team's day. */
const named: { readonly [word: string]: string } = { night: '0 3 * * *', week: '0 3 * * 0' }

async function schedule(
  session: Session,
  temporal: Temporal,
  { runbook, timezone }: Runbook,
  { every, zone }: { readonly every: string; readonly zone: string | undefined },
): Promise<number> {
  const cron = (Object.hasOwn(named, every) ? named[every] : undefined) ?? every
  const inZone = zone ?? usableZone(session, timezone)
  const nextMs = await scheduleDrills(temporal, runbook, { cron, zone: inZone }, 'rehearse')
  const next = nextMs === null ? '-' : localTime(nextMs, inZone)
  await session.print({
    data: {
      runbook,
      scheduled: true,
      cron,
      zone: inZone,
      next: nextMs === null ? null : new Date(nextMs).toISOString(),
    },
    text: () =>
      ({
        en: `Rehearsals of ${runbook} are scheduled; the next one: ${next}`,
        ja: `${runbook} のリハーサルを予定しました。次回: ${next}`,
      })[session.lang],
  })
  return 0
}

async function takeBack(session: Session, temporal: Temporal, runbook: string): Promise<number> {
  const removed = await unscheduleDrills(temporal, runbook, 'rehearse')
  const says = removed
    ? {
        en: `Rehearsals of ${runbook} are no longer scheduled.`,
        ja: `${runbook} のリハーサルの予定を取り消しました。`,
      }
    : {
        en: `No rehearsals of ${runbook} were scheduled.`,
        ja: `${runbook} のリハーサルは予定されていません。`,
      }
  await session.print({ data: { runbook, scheduled: false, removed }, text: () => says[session.lang] })
  return 0
}

async function showLast(session: Session, temporal: Temporal, { runbook }: Runbook): Promise<number> {
  const [[last], scheduled] = await patiently(
    session,
    Promise.all([rehearsalsKept(temporal, runbook, 1), drillsScheduled(temporal, runbook, 'rehearse')]),
  )
  if (last !== undefined) return printReport(session, last)
  const next = scheduled?.nextMs ?? null
  await session.print({
    data: { runbook, next: next === null ? null : new Date(next).toISOString(), steps: [] },
    text: () => noRehearsals[session.lang],
  })
  return 0
}

async function printReport(session: Session, report: RehearsalReport): Promise<number> {
  const failed = report.steps.filter(({ ok }) => ok === false)
  await session.print({
    data: { ...report, ok: failed.length === 0 },
    text: (screen) =>
      [
        toldTable(screen, session.lang, rehearsedColumns, report.steps),
        ...wrap(clean(reportSays(report)[session.lang]), screen.width),
      ].join('\n'),
  })
  return failed.length === 0 ? 0 : 1
}
