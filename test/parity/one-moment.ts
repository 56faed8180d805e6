/** How two looks at one thing that moves can be compared. */
import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import { until } from '../../lab/waiting.ts'

/**
 * Reads ours, theirs and ours again, until both of ours are the same: then nothing has moved between them, and theirs is of the same
 * moment. Give only what stands still for long enough; an age never does.
 */
export async function inOneMoment<O, T>(
  read: { readonly ours: () => Promise<O>; readonly theirs: () => Promise<T> },
  isOne: (seen: { readonly ours: O; readonly theirs: T }) => boolean = () => true,
): Promise<{ readonly ours: O; readonly theirs: T }> {
  return until(
    async () => {
      const before = await read.ours()
      const theirs = await read.theirs()
      const ours = await read.ours()
      return isDeepStrictEqual(before, ours) && isOne({ ours, theirs }) && { ours, theirs }
    },
    { what: 'a moment in which nothing moves', withinMs: 40_000 },
  )
}

/** For figures that move by themselves: at most so far apart, or so many percent of theirs where that is more. */
export function assertNear(
  ours: unknown,
  theirs: number,
  { by, percent = 0 }: { readonly by: number; readonly percent?: number },
  what: string,
): void {
  assert.ok(typeof ours === 'number' && Number.isFinite(theirs), `${what}: ours ${ours}, theirs ${theirs}`)
  const allowed = Math.max(by, (Math.abs(theirs) * percent) / 100)
  assert.ok(Math.abs(ours - theirs) <= allowed, `${what}: ours ${ours}, theirs ${theirs}`)
}
