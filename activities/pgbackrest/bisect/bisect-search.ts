/** The search itself: the log is counted, both ends are proved, then each look halves what is left. */
import { z } from 'zod'
import { present } from '../../../domain/present.ts'
import { nextProbe, probesFor, type Seen, totalOf } from '../../../domain/restore/bisect.ts'
import type { CheckResult, CheckStatus, DataCheck } from '../../../domain/restore/checks.ts'
import { positionOf } from '../../../domain/restore/segment.ts'
import type { Done, StepContext } from '../../../domain/steps/contract.ts'
import { digest } from '../../../domain/timeline/canonical.ts'
import type { Text } from '../../../domain/words.ts'
import { pulse, withPulse } from '../../pulse.ts'
import { refuse } from '../../refusal.ts'
import { askCopy } from '../check-copy.ts'
import {
  type Copy,
  type CopyRecord,
  copyOf,
  type Paused,
  readRecord,
  type Stop,
  settingsHash,
  writeRecord,
} from '../copy.ts'
import { look, utcOf } from '../copy-server.ts'
import { claimOver } from '../drill/drill-claim.ts'
import type { At, Place } from '../place.ts'
import { pastOf } from '../repository/past.ts'
import { behindLast, type Stopping, stopFor } from '../stop-for.ts'
import { sweep } from '../sweep.ts'
import { type Copies, copiesOf } from './bisect-copies.ts'
import { giveUp, noCommits, wrongEnd } from './bisect-ended.ts'
import { commitsOf, countCommits, positionIn } from './bisect-log.ts'
import { conclude, doneOf, type Search } from './bisect-result.ts'
import { type Asked, isSame, type Journal, journalOf, readState, type Span } from './bisect-state.ts'

type Wanted = {
  readonly backups: string
  readonly checks: readonly DataCheck[]
  readonly asked: Asked
  readonly bytes: number
  readonly context: StepContext
}

const seenBy = { ok: 'holds', failed: 'fails', 'not-run': 'unknown' } as const satisfies {
  readonly [S in CheckStatus]: Seen
}
/** A server that is killed under a check, or does not answer in time, is asked again; the check tells nothing then. */
const mostTries = 3

export async function search(place: Place, at: At, wanted: Wanted): Promise<Done> {
  const { station, settings } = at
  const { backups, asked, bytes, context } = wanted
  const copy = copyOf(settings, context.stepRun)
  const earlier = await readState(station, copy)
  if (earlier !== undefined && !isSame(earlier.asked, asked))
    refuse('copy-exists', { stanza: settings.stanza, by: context.stepRun })
  if (earlier === undefined) await sweep(at)
  await claimOver(at, context.stepRun)
  // Of an attempt that was killed while it read the log.
  await station.exec([
    'find',
    copy.folder,
    '-maxdepth',
    '1',
    '-name',
    '.log-*',
    '-exec',
    'rm',
    '-rf',
    '{}',
    '+',
  ])
  const journal = await journalOf(station, copy, asked)
  const { ended } = journal.now()
  if (ended !== undefined) return giveUp(at, copy, context.stepRun, journal, ended)
  const found = await readRecord(station, copy)
  const record = found ?? newRecord(asked, context)
  if (found === undefined) await writeRecord(station, copy, record)

  const span = journal.now().span ?? (await spanFor(at, backups, record, copy, asked))
  await journal.save({ span })
  const past = await pastOf(at, backups, asked, { scratch: copy.folder })
  const counts = await countCommits(past, span, journal)
  const total = totalOf(counts)
  if (total === 0) return giveUp(at, copy, context.stepRun, journal, noCommits(asked))
  const copies = await copiesOf(at, copy, journal, { backup: asked.backup, timeline: asked.timeline, bytes })
  const all: Search = {
    at,
    backups,
    copy,
    journal,
    asked,
    span,
    past,
    counts,
    total,
    commits: commitsOf(past, span, counts),
  }
  if (record.verifiedAt !== undefined) {
    await copies.dropBase()
    return doneOf(journal, copy, record, true)
  }
  return bisecting(journal, total, () => halve(place, wanted, all, copies, record))
}

async function halve(
  place: Place,
  { backups, checks, context }: Wanted,
  all: Search,
  copies: Copies,
  record: CopyRecord,
): Promise<Done> {
  const { at, copy, journal, asked, span, total, commits } = all
  const placeOf = async (index: number) => {
    const commit = index === 0 ? undefined : await commits.commit(index)
    const stop: Stop = commit === undefined ? span.good : { at: 'position', lsn: commit.lsn, inclusive: true }
    return { commit, stop, atMs: commit?.atMs ?? Date.parse(asked.good) }
  }
  const checkedAt = async (index: number, which: readonly DataCheck[]) => {
    const { commit, stop, atMs } = await placeOf(index)
    for (let tries = 1; ; tries += 1) {
      const paused = await copies.moveTo(index, stop)
      if (!(await isRightBehind(index, paused))) {
        if (tries >= mostTries) refuse('restore-failed', { reason: elsewhere(paused.lsn, commit?.lsn) })
        copies.doubt()
        continue
      }
      const { results, wasAsked } = await askCopy(place, { backups, checks: which }, atMs, context)
      const hasRun = results.every(({ status }) => status !== 'not-run')
      if (hasRun || tries >= mostTries || (wasAsked && (await stands(at, copy, paused))))
        return { commit, stop, paused, results }
    }
  }
  /** Between this commit and the next one: nothing is said of a place where the copy is not. */
  const isRightBehind = async (index: number, { lsn }: Paused) => {
    const from = index === 0 ? span.from : positionIn(await commits.commit(index))
    const to = index === total ? Number.POSITIVE_INFINITY : positionIn(await commits.commit(index + 1))
    const position = positionOf(lsn) ?? 0
    return from < position && position <= to
  }
  for (;;) {
    const { probes, copies: now } = journal.now()
    const next = nextProbe(total, probes)
    const last = Math.max(...probes.filter(({ seen }) => seen === 'holds').map(({ index }) => index))
    if (next.kind === 'wrong-end') {
      const says = probes.find(({ index }) => index === (next.end === 'good' ? 0 : total))?.says
      return giveUp(at, copy, context.stepRun, journal, wrongEnd(next, asked, says))
    }
    if (next.kind === 'found') {
      const { commit, stop, paused, results } = await checkedAt(next.holds, checks)
      const done = await conclude(all, next)
      const lastAt = commit === undefined ? span.goodAt : timeOf(commit)
      const kept: CopyRecord = {
        ...record,
        target: lastAt ?? record.target,
        stop,
        paused: { ...paused, lastCommitAt: lastAt ?? paused.lastCommitAt },
        checks: [...results],
        checked: digest(checks),
        ...present({ settings: await settingsHash(at.station, copy) }),
        verifiedAt: new Date().toISOString(),
      }
      await journal.save({ result: done })
      await writeRecord(at.station, copy, kept)
      await copies.dropBase()
      return doneOf(journal, copy, kept, false)
    }
    // Going back needs a base where the check held; and the later it lies, the less is replayed each time.
    const isBetter = now.at === last && now.base !== null && now.base < last && copies.isFar()
    if (probes.length > 0 && (now.base === null || isBetter)) {
      await copies.moveTo(last, (await placeOf(last)).stop)
      await copies.keep()
    }
    const { commit, results } = await checkedAt(next.index, only(checks, asked.check))
    const result: CheckResult | undefined = results[0]
    if (result === undefined) throw new Error(`no check ${asked.check}`)
    const probe = {
      index: next.index,
      seen: seenBy[result.status],
      says: result.says,
      xid: commit?.xid ?? null,
      lsn: commit?.lsn ?? null,
      at: commit === undefined ? span.goodAt : timeOf(commit),
    }
    await journal.save({ probes: [...probes, probe] })
  }
}

function elsewhere(lsn: string, wanted = '-'): Text {
  return {
    en: `it is paused at ${lsn}, not right behind ${wanted}`,
    ja: `${wanted} の直後ではなく ${lsn} で停止しています`,
  }
}

/** UTC, to the microsecond. */
function timeOf({ at }: { readonly at: string }): string {
  return at.replace(' ', 'T').replace('+00', 'Z')
}

function only(checks: readonly DataCheck[], wanted: string): readonly DataCheck[] {
  return checks.filter(({ name }) => name === wanted)
}

/** Whether the server was there all the time, so that it is the check itself that could not be run. */
async function stands({ station, settings }: At, copy: Copy, { lsn }: Paused): Promise<boolean> {
  const seen = await look(station, settings, copy).catch(() => undefined)
  pulse().signal.throwIfAborted()
  return seen?.pause === 'paused' && positionOf(seen.lsn) === positionOf(lsn)
}

/** Each sign of life tells how far the search is. */
function bisecting<T>({ now }: Journal, total: number, work: () => Promise<T>): Promise<T> {
  const { signal, beat } = pulse()
  const ofProbes = probesFor(total)
  return withPulse(
    {
      signal,
      beat: (detail) => {
        const probe = now().probes.length + 1
        const percent = Math.min(99, Math.floor((100 * (probe - 1)) / ofProbes))
        const doing = z.looseObject({ at: z.string() }).safeParse(detail).data?.at
        beat({ at: 'bisecting', probe, ofProbes, percent, ...present({ doing }) })
      },
    },
    work,
  )
}

function newRecord({ system, backup, timeline, good }: Asked, { stepRun }: StepContext): CopyRecord {
  return { v: 1, stepRun, system, backup, timeline, target: good, startedAt: new Date().toISOString() }
}

/** The bad time first: what leads there is archived then. */
async function spanFor(
  at: At,
  backups: string,
  record: CopyRecord,
  { folder }: Copy,
  asked: Asked,
): Promise<Span> {
  const end = await stopFor(at, backups, { ...record, target: asked.bad })
  const start: Stopping = (await behindLast(at, backups, record, asked.good)) ?? {
    stop: { at: 'time', utc: utcOf(asked.good) },
  }
  const { backup } = await pastOf(at, backups, asked, { scratch: folder })
  const of = (lsn: string) => positionOf(lsn) ?? 0
  return {
    from: start.stop.at === 'position' ? of(start.stop.lsn) : of(backup.stopLsn) - 1,
    to: end.stop.at === 'position' ? of(end.stop.lsn) : 0,
    good: start.stop,
    goodAt: start.lastAt ?? null,
  }
}
