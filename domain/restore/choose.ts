/** Which backup and which timeline a target needs. Asks for the times of commits only where the answer turns on them. */
import { backupsOn, pathTo, timelinesOf } from './path.ts'
import type { Backup, Repository } from './repository.ts'
import { positionOf } from './segment.ts'
import { type Facts, firstTargetMs, type Window, windowsOf } from './window.ts'

/** A fact that has to be looked up in the log (activities/pgbackrest/repository/waldump.ts). */
export type Need =
  | { readonly kind: 'last-commit'; readonly segment: string }
  | { readonly kind: 'fork'; readonly timeline: number }

/** One of several states that the database had, or would have had, at the target. */
export type History = {
  readonly timeline: number
  /** The primary writes it: what was done after the fork is in it. Otherwise it was left, with all that was done on it since. */
  readonly live: boolean
  /** Which one it left, and the latest commit that both have; missing of the first. */
  readonly from?: { readonly timeline: number; readonly sharedMs: number | null }
  readonly window: Window
}

export type NoTarget =
  | { readonly reason: 'in-future'; readonly nowMs: number }
  | { readonly reason: 'no-backups' }
  | { readonly reason: 'unknown-timeline'; readonly known: readonly number[] }
  | { readonly reason: 'before-oldest'; readonly window: Window }
  /** Without `after` no backup was made since. */
  | { readonly reason: 'in-gap'; readonly before: Window; readonly after?: Window }
  /** Later than what is archived of a timeline that nobody writes any more, as far as is known. */
  | { readonly reason: 'not-archived'; readonly window: Window }
  | { readonly reason: 'on-two-histories'; readonly histories: readonly History[] }

export type Choice =
  | {
      readonly kind: 'found'
      readonly backup: Backup
      readonly timeline: number
      readonly window: Window
    }
  | { readonly kind: 'needs'; readonly needs: readonly Need[] }
  | ({ readonly kind: 'refused' } & NoTarget)

/** How far the clock of the repository may be behind the one that stamps commits. */
const clocksDifferMs = 60_000

/** The newest backup that leads to the target; without `timeline` on the one that the primary writes, unless others differ at that time. */
export function chooseFor(repository: Repository, targetMs: number, facts: Facts, timeline?: number): Choice {
  if (targetMs > facts.nowMs) return refused({ reason: 'in-future', nowMs: facts.nowMs })
  if (!repository.backups.some(({ error }) => !error)) return refused({ reason: 'no-backups' })
  const known = timelinesOf(repository, facts.live)
  if (timeline !== undefined && !known.includes(timeline))
    return refused({ reason: 'unknown-timeline', known })
  const asked = timeline === undefined ? known : [timeline]
  const all = asked.flatMap((id) => windowsOf(repository, facts, id))
  const unsure = all.filter((window) => isUnsure(window, targetMs))
  if (unsure.length > 0) return { kind: 'needs', needs: lastCommits(unsure) }
  const hits = all.filter((window) => isIn(window, targetMs))
  if (hits.length === 0) return refused(whyNone(facts, targetMs, all, timeline))
  return among(repository, facts, targetMs, hits)
}

function refused(why: NoTarget): Choice {
  return { kind: 'refused', ...why }
}

function isIn({ fromMs, beforeMs }: Window, targetMs: number): boolean {
  return fromMs <= targetMs && targetMs < beforeMs
}

function isUnsure({ fromMs, beforeMs, end }: Window, targetMs: number): boolean {
  return end === 'archived' && fromMs <= targetMs && targetMs < beforeMs + clocksDifferMs
}

function lastCommits(windows: readonly Window[]): readonly Need[] {
  const segments = new Set(windows.flatMap(({ lastSegment = [] }) => lastSegment))
  return [...segments].map((segment) => ({ kind: 'last-commit', segment }))
}

/** Timelines that are the same at the target are one history, and the one that leads furthest stands for it. */
function among(repository: Repository, facts: Facts, targetMs: number, hits: readonly Window[]): Choice {
  const inOrder = hits.toSorted((a, b) => rankOf(b, facts) - rankOf(a, facts))
  const states = inOrder.map((window) => ({
    window,
    ...(hits.length === 1 ? { on: '', needs: [] } : ownerAt(repository, facts, targetMs, window)),
  }))
  const needs = states.flatMap((state) => state.needs)
  if (needs.length > 0) return { kind: 'needs', needs: unique(needs) }
  const different = states.filter(({ on }, i) => states.findIndex((other) => other.on === on) === i)
  const [only, ...others] = different
  if (only === undefined || others.length > 0)
    return refused({
      reason: 'on-two-histories',
      histories: different.map(({ window }) => historyOf(repository, facts, window)),
    })
  const { window } = only
  const backup = backupsOn(pathTo(repository, window.timeline), repository.backups).findLast(
    (one) => window.backups.includes(one.label) && firstTargetMs(one) <= targetMs,
  )
  return backup === undefined
    ? refused({ reason: 'no-backups' })
    : { kind: 'found', backup, timeline: window.timeline, window }
}

function rankOf({ timeline }: Window, { live }: Facts): number {
  return timeline === live ? Number.POSITIVE_INFINITY : timeline
}

function unique(needs: readonly Need[]): readonly Need[] {
  return [...new Map(needs.map((need) => [JSON.stringify(need), need])).values()]
}

/**
 * What names the state at the target: the timeline that it comes from, on the way to the window's own, where before a fork it is the older
 * one's; or the fork itself, where nothing was done after it yet.
 */
function ownerAt(
  repository: Repository,
  facts: Facts,
  targetMs: number,
  { timeline }: Window,
): { readonly on: string; readonly needs: readonly Need[] } {
  let on = String(timeline)
  for (const { timeline: id, fork } of pathTo(repository, timeline).toReversed()) {
    if (fork === undefined) break
    const shared = isShared(repository, facts, targetMs, id)
    if (shared === undefined) return { on, needs: [{ kind: 'fork', timeline: id }] }
    const newMs = facts.forks[id]?.newMs ?? null
    if (!shared)
      return { on: newMs !== null && targetMs < newMs ? `${fork.timeline}@${fork.lsn}` : on, needs: [] }
    on = String(fork.timeline)
  }
  return { on, needs: [] }
}

/** Whether the timeline and the one that it left are the same at the target; undefined when that is not known yet. */
function isShared(
  repository: Repository,
  { forks }: Facts,
  targetMs: number,
  timeline: number,
): boolean | undefined {
  const path = pathTo(repository, timeline)
  const fork = path.at(-1)?.fork
  if (fork === undefined) return false
  const at = positionOf(fork.lsn) ?? 0
  const before = backupsOn(path, repository.backups).filter(
    (one) => one.timeline !== timeline && (positionOf(one.stopLsn) ?? 0) <= at,
  )
  if (before.some(({ stopMs }) => targetMs < stopMs)) return true
  const times = forks[timeline]
  if (times === undefined) return undefined
  const { sharedMs, leftMs, newMs } = times
  if (sharedMs !== null && targetMs < sharedMs) return true
  // Recovery that stopped before a commit had seen it: whatever the new timeline has is later.
  const isBeforeNew = newMs === null ? fork.beforeMs !== undefined : targetMs < newMs
  return leftMs !== null && targetMs < leftMs && isBeforeNew
}

function historyOf(repository: Repository, facts: Facts, window: Window): History {
  const { timeline } = window
  const fork = pathTo(repository, timeline).at(-1)?.fork
  const sharedMs = facts.forks[timeline]?.sharedMs ?? null
  return {
    timeline,
    live: timeline === facts.live,
    ...(fork === undefined ? {} : { from: { timeline: fork.timeline, sharedMs } }),
    window,
  }
}

function whyNone(
  facts: Facts,
  targetMs: number,
  all: readonly Window[],
  timeline: number | undefined,
): NoTarget {
  const byStart = all.toSorted((a, b) => a.fromMs - b.fromMs)
  const [oldest] = byStart
  if (oldest === undefined) return { reason: 'no-backups' }
  if (targetMs < oldest.fromMs) return { reason: 'before-oldest', window: oldest }
  const head = timeline ?? facts.live ?? Math.max(...all.map((window) => window.timeline))
  const own = byStart.filter((window) => window.timeline === head)
  const around = own.length === 0 ? byStart : own
  const after = around.find(({ fromMs }) => fromMs > targetMs)
  const before = around.findLast(({ fromMs }) => fromMs <= targetMs) ?? oldest
  if (after !== undefined) return { reason: 'in-gap', before, after }
  return before.cut ? { reason: 'in-gap', before } : { reason: 'not-archived', window: before }
}
