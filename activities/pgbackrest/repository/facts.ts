/** What choosing a backup needs to know beyond the repository's listing: times of commits, looked up in the log. */
import { type Choice, chooseFor, type Need } from '../../../domain/restore/choose.ts'
import { type Path, pathTo, reachFrom } from '../../../domain/restore/path.ts'
import type { Repository } from '../../../domain/restore/repository.ts'
import { positionOf, segmentAt, segmentNamed } from '../../../domain/restore/segment.ts'
import type { Facts, ForkTimes } from '../../../domain/restore/window.ts'
import { type Ended, endedOn, type Log, mostSegments } from './waldump.ts'

/** Both ends of a repository that is asked for a target; what is known so far goes in, and with all that was looked up out. */
type Asked = {
  readonly repository: Repository
  readonly targetMs: number
  readonly facts: Facts
  readonly timeline?: number | undefined
}

/** The choice for a target, with every fact that it turned on; it is never `needs`. */
export async function chooseByLog(
  log: Log,
  { repository, targetMs, facts, timeline }: Asked,
): Promise<{ readonly choice: Exclude<Choice, { kind: 'needs' }>; readonly facts: Facts }> {
  let known = facts
  for (;;) {
    const choice = chooseFor(repository, targetMs, known, timeline)
    if (choice.kind !== 'needs') return { choice, facts: known }
    for (const need of choice.needs) known = await withFact(log, repository, known, need)
  }
}

/** The facts with one more, looked up in the log. */
export async function withFact(log: Log, repository: Repository, facts: Facts, need: Need): Promise<Facts> {
  if (need.kind === 'fork') {
    const forks = { ...facts.forks, [need.timeline]: await forkTimes(log, repository, need.timeline) }
    return { ...facts, forks }
  }
  const lastCommits = {
    ...facts.lastCommits,
    [need.segment]: await lastEndedMs(log, repository, need.segment),
  }
  return { ...facts, lastCommits }
}

async function lastEndedMs(log: Log, repository: Repository, name: string): Promise<number | null> {
  const named = segmentNamed(name, repository.segmentBytes)
  if (named === undefined) return null
  return latestBefore(log, repository, pathTo(repository, named.timeline), named.segment, () => true)
}

async function forkTimes(log: Log, repository: Repository, timeline: number): Promise<ForkTimes> {
  const path = pathTo(repository, timeline)
  const fork = path.at(-1)?.fork
  if (fork === undefined) return { sharedMs: null, leftMs: null, newMs: null }
  const at = positionOf(fork.lsn) ?? 0
  const segment = segmentAt(at, repository.segmentBytes)
  const parent = pathTo(repository, fork.timeline)
  const isShared = ({ lsn }: Ended) => (positionOf(lsn) ?? 0) < at
  const hasOwn = reachFrom(path, repository.runs, segment) >= segment
  return {
    sharedMs: await latestBefore(log, repository, hasOwn ? path : parent, segment, isShared),
    leftMs: await firstAfter(log, repository, parent, segment, (one) => !isShared(one)),
    newMs: await firstAfter(log, repository, path, segment, (one) => !isShared(one)),
  }
}

/** This far back nobody committed anything: what was before has no say any more. */
const mostRounds = 8

/** Clocks are not strict in the order of the log, so the latest of the last segments counts, not the last. */
async function latestBefore(
  log: Log,
  { runs }: Repository,
  path: Path,
  last: number,
  counts: (one: Ended) => boolean,
): Promise<number | null> {
  let end = reachFrom(path, runs, last) < last ? last - 1 : last
  let first = wholeFrom(path, runs, end - 1, end)
  for (let round = 0; round < mostRounds && first <= end; round++) {
    const ended = (await endedOn(log, path, first, end)).filter(counts)
    if (ended.length > 0) return Math.max(...ended.map(({ atMs }) => atMs))
    const before = wholeFrom(path, runs, first - mostSegments + 1, first)
    if (before === first) return null
    // Its first segment again: what begins in the one before may end there.
    end = first
    first = before
  }
  return null
}

/** As far as the log leads from there: a timeline on which nobody committed anything is read to its end. */
async function firstAfter(
  log: Log,
  { runs }: Repository,
  path: Path,
  from: number,
  counts: (one: Ended) => boolean,
): Promise<number | null> {
  const reach = reachFrom(path, runs, from)
  for (let first = from; first <= reach; first += mostSegments - 1) {
    const found = (await endedOn(log, path, first, reach)).find(counts)
    if (found !== undefined) return found.atMs
  }
  return null
}

/** The lowest segment, not below `least`, from which none is missing up to the last; above the last when that one is. */
function wholeFrom(path: Path, runs: Repository['runs'], least: number, last: number): number {
  let first = last + 1
  while (first > Math.max(0, least) && reachFrom(path, runs, first - 1) >= last) first -= 1
  return first
}
