import { timelinesOf } from '../../../domain/restore/path.ts'
import { abandonedIn, type Facts, headsOf, windowsOf } from '../../../domain/restore/window.ts'
import type { ReadHand, Reading, StepContext } from '../../../domain/steps/contract.ts'
import { serverName } from '../../../domain/steps/subject.ts'
import type { Postgres } from '../../postgres/client.ts'
import { withDeadline } from '../../pulse.ts'
import { isRefusal } from '../../refusal.ts'
import type { At, Place } from '../place.ts'
import { type Near, readNear } from '../repository/commits-near.ts'
import { withFact } from '../repository/facts.ts'
import type { Stored } from '../repository/repository.ts'
import type { Unarchived } from '../repository/unarchived.ts'
import type { Log } from '../repository/waldump.ts'
import { findingsOf, noBackups } from './restore-findings.ts'
import { factsOf, textOf } from './restore-words.ts'
import { factsNow, type Params, readNow, seenOf } from './seen.ts'

/** The call may take a minute; our own sentence has to arrive. */
const withinMs = 50_000
/** Ends of windows that are looked up in the log, each a segment or two. */
const mostEnds = 8

/** The times that one can return to, and how much is not safe yet. A primary that is gone hides only its own part. */
export function restorePointsHand({ of, postgres }: Pick<Place, 'of' | 'postgres'>): ReadHand<Params> {
  return (params, context) => {
    const at = of(params.backups, context)
    const where = `pgbackrest --stanza=${at.settings.stanza} info`
    return withDeadline(withinMs, where, () => readRestorePoints(postgres, at, params, context))
  }
}

async function readRestorePoints(
  postgres: Postgres,
  at: At,
  params: Params,
  context: StepContext,
): Promise<Reading> {
  const { settings } = at
  const now = await readNow(postgres, at, params.backups, context).catch((error: unknown) => {
    if (!isRefusal(error, 'stanza-missing')) throw error
    return noBackups(serverName('postgres', settings.primary), error)
  })
  if ('findings' in now) return now
  const facts = await withEnds(now.log, now.stored, factsNow(now))
  const near = await nearTo(now.log, now.stored, facts, params, now.unarchived)
  const seen = seenOf(now, facts, { settings, near, backups: params.backups, zone: params.zone })
  const isPartial =
    now.primary === undefined || now.unarchived?.ended === undefined || near?.complete === false
  return {
    facts: factsOf(seen),
    findings: findingsOf(seen, params),
    text: textOf(seen),
    ...(isPartial ? { partial: true } : {}),
  }
}

/** With the last commit of each window that does not end by now, and of the newest archived log. */
async function withEnds(log: Log, { repository }: Stored, facts: Facts): Promise<Facts> {
  const ends = [...abandonedIn(repository, facts.live), ...headsOf(repository, facts.live)]
    .flatMap((id) => windowsOf(repository, facts, id))
    .flatMap(({ lastSegment }) => lastSegment ?? [])
  let known = facts
  for (const segment of [...new Set(ends)].slice(-mostEnds))
    known = await withFact(log, repository, known, { kind: 'last-commit', segment })
  return known
}

async function nearTo(
  log: Log,
  stored: Stored,
  { live }: Facts,
  { near, around }: Params,
  unarchived: Unarchived | undefined,
): Promise<Near | undefined> {
  const head = live ?? timelinesOf(stored.repository).at(-1)
  if (near === undefined || head === undefined) return undefined
  const asked = { nearMs: near, aroundMs: around }
  return readNear(log, stored, head, asked, unarchived?.ended ?? [])
}
