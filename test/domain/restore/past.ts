/** Pasts of a cluster, made up whole: every commit, backup, fork and segment, and what can be reached by trying each way. */
import fc from 'fast-check'
import type { Need } from '../../../domain/restore/choose.ts'
import { type Backup, type Repository, runsOf, type Timeline } from '../../../domain/restore/repository.ts'
import { lsnAt, segmentName } from '../../../domain/restore/segment.ts'
import type { Facts } from '../../../domain/restore/window.ts'

const segmentBytes = 2 ** 20
const startMs = Date.UTC(2026, 10, 30)

export const arbitraryLab = fc.record({
  seed: fc.array(fc.integer({ min: 0, max: 2 ** 20 }), { minLength: 80, maxLength: 80 }),
  /** Doubles would crowd around 0. */
  at: fc.integer({ min: 0, max: 1_000 }).map((share) => share / 1_000),
  isLiveKnown: fc.boolean(),
  losesSegments: fc.boolean(),
})

type Lab = {
  readonly seed: readonly number[]
  readonly isLiveKnown: boolean
  readonly losesSegments: boolean
}
type Commit = { readonly position: number; readonly atMs: number; readonly id: string }
type Grown = {
  readonly id: number
  readonly parent?: Grown
  readonly forkAt?: number
  /** Its own alone. */
  readonly commits: Commit[]
  readonly backups: Backup[]
  /** Numbers of its own segments, all that were ever full. */
  readonly segments: number[]
}

export type Past = {
  readonly startMs: number
  readonly nowMs: number
  readonly repository: Repository
  readonly timelines: readonly number[]
  readonly facts: Facts
  readonly withFact: (facts: Facts, need: Need) => Facts
  readonly isArchived: (segment: string) => boolean
  readonly reachable: (
    targetMs: number,
  ) => readonly { readonly timeline: number; readonly backup: Backup; readonly state: string }[]
}

export function pastOf({ seed, isLiveKnown, losesSegments }: Lab): Past {
  let at = 0
  const chance = (below: number) => (seed[at++ % seed.length] ?? 0) % below
  let clockMs = startMs
  const first: Grown = { id: 1, commits: [], backups: [], segments: [] }
  const all = [first]
  let begin = segmentBytes
  for (let id = 1; ; id++) {
    const own = all[id - 1] ?? first
    clockMs = grow(own, begin, clockMs, chance)
    if (id > chance(4)) break
    const parent = all[chance(all.length)] ?? first
    // Whoever leaves a timeline before its first commit has what its own parent has, under another name: asked back about, rightly or not.
    const least = parent.id === 1 ? 0 : 1
    const lost = parent.commits[least + chance(Math.max(1, parent.commits.length - least))]
    if (lost === undefined) break
    all.push({ id: id + 1, parent, forkAt: lost.position, commits: [], backups: [], segments: [] })
    begin = lost.position
    clockMs += 60_000 + chance(120_000)
  }
  const nowMs = clockMs + chance(60_000)
  const missing = new Set<string>()
  for (const { id, segments } of all)
    for (const segment of segments)
      if (losesSegments && chance(9) === 0) missing.add(segmentName(id, segment, segmentBytes))
  return told(all, missing, nowMs, isLiveKnown ? all.length : undefined)
}

/** Commits one after the other, several in a segment, with backups between. */
function grow(own: Grown, begin: number, fromMs: number, chance: (below: number) => number): number {
  let [position, atMs] = [begin, fromMs]
  const events = 3 + chance(9)
  for (let i = 0; i < events; i++) {
    atMs += 1_000 + chance(90_000)
    if (chance(4) === 0) {
      const segment = Math.floor(position / segmentBytes) + 1
      const name = segmentName(own.id, segment, segmentBytes)
      position = (segment + 1) * segmentBytes
      own.backups.push({
        label: `${own.id}-${i}`,
        type: 'full',
        startMs: atMs,
        stopMs: Math.floor((atMs + 900) / 1_000) * 1_000,
        startLsn: lsnAt(segment * segmentBytes + 40),
        stopLsn: lsnAt(segment * segmentBytes + 256),
        firstSegment: name,
        lastSegment: name,
        timeline: own.id,
        bytes: 1,
        repositoryBytes: 1,
        error: chance(12) === 0,
      })
      atMs += 2_000
    } else {
      position += 100
      own.commits.push({ position, atMs, id: `${own.id}.${i}` })
      if (chance(2) === 0) position = (Math.floor(position / segmentBytes) + 1) * segmentBytes
    }
  }
  const [from, to] = [Math.floor(begin / segmentBytes), Math.floor((position - 1) / segmentBytes)]
  for (let segment = from; segment <= to; segment++) own.segments.push(segment)
  return atMs
}

function told(
  all: readonly Grown[],
  missing: ReadonlySet<string>,
  nowMs: number,
  live: number | undefined,
): Past {
  const archived = new Set(
    all
      .flatMap(({ id, segments }) => segments.map((segment) => segmentName(id, segment, segmentBytes)))
      .filter((name) => !missing.has(name)),
  )
  const grown = (id: number) => all[id - 1] as Grown
  /** Oldest first; each commit of the way to a timeline, with the name of the segment from which recovery reads it. */
  const pathOf = (id: number): readonly Grown[] => {
    const { parent } = grown(id)
    return parent === undefined ? [grown(id)] : [...pathOf(parent.id), grown(id)]
  }
  const segmentOf = ({ position }: Pick<Commit, 'position'>) => Math.floor(position / segmentBytes)
  const ownerOf = (id: number, segment: number) => {
    const path = pathOf(id)
    const own = path.filter(({ forkAt = 0 }) => Math.floor(forkAt / segmentBytes) <= segment)
    return own.at(-1)?.id ?? 1
  }
  const commitsOf = (id: number): readonly Commit[] => {
    const path = pathOf(id)
    return path.flatMap(({ commits }, i) => {
      const forks = path.slice(i + 1).map(({ forkAt = 0 }) => forkAt)
      return commits.filter(({ position }) => forks.every((fork) => position < fork))
    })
  }
  const has = (id: number, segment: number) =>
    archived.has(segmentName(ownerOf(id, segment), segment, segmentBytes))
  /** The last that was archived for sure: it is there, or a backup of the way needed it. */
  const lastOf = (id: number) =>
    Math.max(
      -1,
      ...[...Array(400).keys()].filter((segment) => has(id, segment)),
      ...onPath(id).map(({ lastSegment }) => Number.parseInt(lastSegment.slice(16), 16)),
    )
  const onPath = (id: number): readonly Backup[] => {
    const path = pathOf(id)
    return path.flatMap(({ backups }, i) => {
      const forks = path.slice(i + 1).map(({ forkAt = 0 }) => forkAt)
      const stopOf = ({ lastSegment }: Backup) =>
        Number.parseInt(lastSegment.slice(16), 16) * segmentBytes + 256
      return backups.filter((backup) => !backup.error && forks.every((fork) => stopOf(backup) <= fork))
    })
  }

  const repository: Repository = {
    stanza: 'shodo',
    archive: '15-1',
    systemIdentifier: '7',
    segmentBytes,
    backups: all.flatMap(({ backups }) => backups).toSorted((a, b) => a.stopMs - b.stopMs),
    timelines: all.map(({ id, parent, forkAt = 0 }): Timeline => {
      if (parent === undefined) return { id }
      const lost = commitsOf(parent.id).find(({ position }) => position >= forkAt)
      return {
        id,
        parent: {
          timeline: parent.id,
          lsn: lsnAt(forkAt),
          reason: 'before',
          ...(lost === undefined ? {} : { beforeMs: lost.atMs }),
        },
      }
    }),
    runs: runsOf(
      all.flatMap(({ id, segments }) =>
        segments
          .filter((segment) => archived.has(segmentName(id, segment, segmentBytes)))
          .map((segment) => ({
            timeline: id,
            segment,
            archivedMs:
              1_000 +
              Math.max(
                startMs,
                ...commitsOf(id)
                  .filter((one) => segmentOf(one) <= segment)
                  .map((one) => one.atMs),
              ),
          })),
      ),
    ),
  }

  const lastEnded = (name: string): number | null => {
    const id = Number.parseInt(name.slice(0, 8), 16)
    const last = Number.parseInt(name.slice(16), 16)
    const times: number[] = []
    for (let segment = last; segment >= 0 && has(id, segment); segment--)
      times.push(
        ...commitsOf(id)
          .filter((one) => segmentOf(one) === segment)
          .map(({ atMs }) => atMs),
      )
    return times.length === 0 ? null : Math.max(...times)
  }
  const firstFrom = (id: number, position: number): number | null => {
    const found = commitsOf(id).find((one) => one.position >= position)
    if (found === undefined) return null
    for (let segment = Math.floor(position / segmentBytes); segment <= segmentOf(found); segment++)
      if (!has(id, segment)) return null
    return found.atMs
  }
  const forkTimes = (id: number) => {
    const { parent, forkAt = 0 } = grown(id)
    const shared = commitsOf(id).filter(({ position }) => position < forkAt)
    return {
      sharedMs: shared.at(-1)?.atMs ?? null,
      leftMs: parent === undefined ? null : firstFrom(parent.id, forkAt),
      newMs: firstFrom(id, forkAt),
    }
  }

  return {
    startMs,
    nowMs,
    repository,
    timelines: all.map(({ id }) => id),
    facts: { nowMs, ...(live === undefined ? {} : { live }), lastCommits: {}, forks: {} },
    withFact: (facts, need) =>
      need.kind === 'fork'
        ? { ...facts, forks: { ...facts.forks, [need.timeline]: forkTimes(need.timeline) } }
        : { ...facts, lastCommits: { ...facts.lastCommits, [need.segment]: lastEnded(need.segment) } },
    isArchived: (segment) => archived.has(segment),
    reachable: (targetMs) =>
      all.flatMap(({ id }) => {
        const commits = commitsOf(id)
        const stop = commits.find(({ atMs }) => atMs > targetMs)
        const before = stop === undefined ? commits : commits.slice(0, commits.indexOf(stop))
        return onPath(id).flatMap((backup) => {
          const first = Number.parseInt(backup.firstSegment.slice(16), 16)
          if (backup.stopMs + 1_000 > targetMs || targetMs > nowMs) return []
          const isWhole = (last: number) => {
            for (let segment = first; segment <= last; segment++) if (!has(id, segment)) return false
            return true
          }
          const byLog = stop !== undefined && isWhole(Math.max(first, segmentOf(stop)))
          const byNewCommit = id === live && isWhole(Math.max(first, lastOf(id)))
          if (!byLog && !byNewCommit) return []
          return [{ timeline: id, backup, state: before.map((one) => one.id).join(' ') }]
        })
      }),
  }
}
