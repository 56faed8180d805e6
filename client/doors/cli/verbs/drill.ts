import { expected } from '../../../../domain/expected.ts'
import { explain, failures, isFailure } from '../../../../domain/failures.ts'
import { present } from '../../../../domain/present.ts'
import { refused } from '../../../../edge/refused.ts'
import { exitAfter } from '../../../../edge/signals.ts'
import type { Drilled } from '../../../../wire/messages.ts'
import { drillsKept } from '../../../drills/reports.ts'
import { drillsScheduled } from '../../../drills/schedule.ts'
import { bookToDrill, drillEnded, startDrill } from '../../../drills/start.ts'
import { findDesk } from '../../../incidents/desks.ts'
import { findDesks } from '../../../incidents/directory.ts'
import type { Temporal } from '../../../temporal/connect.ts'
import { drilledText, keptColumns, noDrills } from '../../../words/drill.ts'
import { toldTable } from '../facts.ts'
import { patiently } from '../patience.ts'
import { isoOr, letComeByItself, takeBack, within } from '../practice.ts'
import type { Session } from '../session.ts'
import { clean, wrap } from '../terminal.ts'
import { type Options, textOf } from '../verb.ts'
import { waitLimit } from '../wait.ts'
import { usableZone } from '../zone.ts'

/** Begins a drill. With `--wait` the exit code is 0 when all is proved, that of the failure, or 1 when it was not proved. */
export async function drillRestore(session: Session, options: Options): Promise<number> {
  const limitMs = waitLimit(options.timeout)
  const temporal = await session.temporal()
  const runbook = await meant(temporal, options)
  const drill = await patiently(session, startDrill(temporal, runbook))
  if (options.wait !== true) {
    await session.print({
      data: { drill, runbook },
      text: () =>
        ({
          en: `Drill ${drill} has begun; its report: hikeshi drill list ${runbook}`,
          ja: `訓練 ${drill} を開始しました。結果: hikeshi drill list ${runbook}`,
        })[session.lang],
    })
    return 0
  }
  const found = await within(session, drillEnded(temporal, drill), limitMs)
  if (found === undefined) {
    if (session.around.signal.aborted) return exitAfter(session.around.signal)
    throw refused('drill-going-on', { seconds: Math.round(limitMs / 1_000), runbook })
  }
  await session.print({
    data: { drill, runbook, ok: found.every(isProved), drilled: found },
    text: ({ width }) =>
      found.flatMap((each) => wrap(clean(drilledText(each)[session.lang]), width)).join('\n'),
  })
  return Math.max(0, ...found.map(exitOf))
}

/** `--off` takes the times back. */
export async function drillSchedule(session: Session, runbook: string, options: Options): Promise<undefined> {
  const [cron, zone] = [textOf(options.cron), textOf(options.zone)]
  const off = options.off === true
  if (off === (cron !== undefined))
    throw refused('bad-input', {
      where: 'drill schedule',
      problem: expected('--cron or --off', '--cron か --off'),
    })
  const temporal = await session.temporal()
  if (cron === undefined) return void (await takeBack(session, temporal, 'drill', runbook))
  const book = await bookToDrill(temporal, runbook)
  await letComeByItself(session, temporal, 'drill', book, { cron, zone })
}

/** The newest reports of each restore of the runbook. */
export async function drillList(session: Session, runbook: string): Promise<undefined> {
  const temporal = await session.temporal()
  const book = await bookToDrill(temporal, runbook)
  const [kept, scheduled] = await patiently(
    session,
    Promise.all([drillsKept(temporal, runbook), drillsScheduled(temporal, runbook)]),
  )
  const all = Object.entries(kept).flatMap(([backups, reports]) =>
    isFailure(reports) ? [] : reports.map((report) => ({ ...report, backups })),
  )
  const unknown = Object.entries(kept).flatMap(([backups, told]) =>
    isFailure(told) ? [{ backups, failure: told }] : [],
  )
  for (const { backups, failure } of unknown) {
    const says = { en: explain(failure, 'en').what, ja: explain(failure, 'ja').what }
    session.say({
      en: `${backups}: ${failure.code} ${says.en}`,
      ja: `${backups}: ${failure.code} ${says.ja}`,
    })
  }
  const zone = usableZone(session, book.timezone)
  await session.print({
    data: {
      runbook,
      next: isoOr(scheduled?.nextMs),
      drills: all,
      ...present({ unknown: unknown.length > 0 ? unknown : undefined }),
    },
    text: (screen) =>
      all.length === 0 ? noDrills[session.lang] : toldTable(screen, session.lang, keptColumns(zone), all),
  })
}

/** The runbook that was named, the one of the service, or the only one. */
async function meant(temporal: Temporal, options: Options): Promise<string> {
  const [runbook, service] = [textOf(options.runbook), textOf(options.service)]
  if (runbook !== undefined) return runbook
  if (service !== undefined) return (await findDesk(temporal, { service })).desk
  const [only, ...others] = await findDesks(temporal)
  if (only === undefined) throw refused('no-runbook')
  if (others.length === 0) return only.desk
  throw refused('bad-input', {
    where: 'drill restore',
    problem: expected(
      '--runbook or --service: there are several runbooks',
      '--runbook か --service（Runbook が複数あります）',
    ),
  })
}

function isProved({ report }: Drilled): boolean {
  return report?.ok === true
}

function exitOf({ report, failure }: Drilled): number {
  if (failure !== undefined) return failures[failure.name].exit
  return report?.ok === true ? 0 : 1
}
