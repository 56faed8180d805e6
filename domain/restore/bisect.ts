/**
 * Where a check goes from holding to failing, by halving the commits between a time at which it holds and one at which it does not. Everything
 * is worked out from what was looked at, so that another worker continues where one died.
 */

/** `unknown`: the check could not be run there, which is neither. */
export type Seen = 'holds' | 'fails' | 'unknown'

/** 0 is the good time, `n` the state right behind the n-th commit since. */
export type Probe = { readonly index: number; readonly seen: Seen }

export type Next =
  | { readonly kind: 'probe'; readonly index: number }
  /** The check does not hold at the good time, does not fail at the bad one, or could not be run there. */
  | { readonly kind: 'wrong-end'; readonly end: 'good' | 'bad'; readonly seen: Seen }
  | Found

/** Both sides were looked at, and nothing that is known lies between them. */
export type Found = {
  readonly kind: 'found'
  readonly holds: number
  readonly fails: number
  /** Between the two, where the check could not be run. */
  readonly unknown: readonly number[]
  /** Between the two, and given up after too many that are unknown. */
  readonly unseen: number
}

/** With so many in vain, the next ones would be too. */
export const mostUnknown = 12

/** What to look at next. A check that changes more than once is found at one of the places where it goes from holding to failing. */
export function nextProbe(commits: number, probes: readonly Probe[]): Next {
  const seenAt = (index: number) => probes.find((probe) => probe.index === index)?.seen
  const ends = [
    { end: 'good', index: 0, wants: 'holds' },
    { end: 'bad', index: commits, wants: 'fails' },
  ] as const
  for (const { end, index, wants } of ends) {
    const seen = seenAt(index)
    if (seen === undefined) return { kind: 'probe', index }
    if (seen !== wants) return { kind: 'wrong-end', end, seen }
  }
  let [holds, fails] = [0, commits]
  for (const { index, seen } of probes) {
    if (index <= holds || index >= fails) continue
    if (seen === 'holds') holds = index
    if (seen === 'fails') fails = index
  }
  const all = probes.filter(({ seen }) => seen === 'unknown').map(({ index }) => index)
  const unknown = [...new Set(all)].filter((index) => holds < index && index < fails).sort((a, b) => a - b)
  const unseen = fails - holds - 1 - unknown.length
  if (unseen === 0 || all.length >= mostUnknown) return { kind: 'found', holds, fails, unknown, unseen }
  return { kind: 'probe', index: middleOf([holds, ...unknown, fails]) }
}

/** Of the widest gap between these. */
function middleOf(borders: readonly number[]): number {
  let [from, width] = [0, 0]
  for (const [i, border] of borders.entries()) {
    const wide = (borders[i + 1] ?? border) - border
    if (wide > width) [from, width] = [border, wide]
  }
  return from + Math.floor(width / 2)
}

/** How many looks it takes where each of them tells: the two ends, and one for each halving. */
export function probesFor(commits: number): number {
  return commits < 1 ? 1 : 2 + Math.ceil(Math.log2(commits))
}

/** Commits by segment, in the order of the log; a segment without one is left out. */
export type Counts = readonly (readonly [segment: number, commits: number])[]

export function totalOf(counts: Counts): number {
  return counts.reduce((sum, [, commits]) => sum + commits, 0)
}

/** The segment of the n-th commit, and the how manieth it is there; both counted from 1 for the commit, from 0 within. */
export function placeIn(
  counts: Counts,
  index: number,
): { readonly segment: number; readonly nth: number } | undefined {
  let before = 0
  for (const [segment, commits] of counts) {
    if (index > before && index <= before + commits) return { segment, nth: index - before - 1 }
    before += commits
  }
  return undefined
}

/** How many commits lie in segments before this one. */
export function countBefore(counts: Counts, segment: number): number {
  return totalOf(counts.filter(([each]) => each < segment))
}
