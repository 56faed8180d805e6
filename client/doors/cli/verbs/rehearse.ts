import { expected } from '../../../../domain/expected.ts'
import type { RehearsalReport } from '../../../../domain/rehearsal/rehearsal.ts'
import type { Runbook } from '../../../../domain/runbook/runbook.ts'
import { refused } from '../../../../edge/refused.ts'
import { exitAfter } from '../../../../edge/signals.ts'
import { practiceEnded, startPractice } from '../../../drills/practice.ts'
import { drillsScheduled } from '../../../drills/schedule.ts'
import { rehearsalsKept } from '../../../incidents/proofs.ts'
import { deskMeant, publishedAt } from '../../../incidents/read-step.ts'
import type { Temporal } from '../../../temporal/connect.ts'
import { noRehearsals, rehearsedColumns, reportSays } from '../../../words/rehearsal.ts'
import { toldTable } from '../facts.ts'
import { patiently } from '../patience.ts'
import { isoOr, letComeByItself, takeBack, within } from '../practice.ts'
import type { Session } from '../session.ts'
import { clean, wrap } from '../terminal.ts'
import { type Options, textOf } from '../verb.ts'
import { waitLimit } from '../wait.ts'

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
  if (options.off === true) {
    await takeBack(session, temporal, 'rehearse', runbook)
    return 0
  }
  const { book } = await publishedAt(temporal, runbook)
  if (every !== undefined) {
    const cron = (Object.hasOwn(named, every) ? named[every] : undefined) ?? every
    await letComeByItself(session, temporal, 'rehearse', book, { cron, zone: textOf(options.zone) })
    return 0
  }
  if (options.last === true) return showLast(session, temporal, book)
  const rehearsal = await patiently(session, startPractice(temporal, 'rehearse', runbook))
  const report = await within(session, practiceEnded<RehearsalReport>(temporal, rehearsal), limitMs)
  if (report === undefined) {
    if (session.around.signal.aborted) return exitAfter(session.around.signal)
    throw refused('rehearsal-going-on', { seconds: Math.round(limitMs / 1_000), runbook })
  }
  return printReport(session, report)
}

/** `night` is 3:00 of the team's day. */
const named: { readonly [word: string]: string } = { night: '0 3 * * *', week: '0 3 * * 0' }

async function showLast(session: Session, temporal: Temporal, { runbook }: Runbook): Promise<number> {
  const [[last], scheduled] = await patiently(
    session,
    Promise.all([rehearsalsKept(temporal, runbook, 1), drillsScheduled(temporal, runbook, 'rehearse')]),
  )
  if (last !== undefined) return printReport(session, last)
  await session.print({
    data: { runbook, next: isoOr(scheduled?.nextMs), steps: [] },
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
