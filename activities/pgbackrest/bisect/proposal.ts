/** What to ask `postgres.restore` for so that it leads to a state that was found here: a target is a millisecond, and commits can share one. */

import { positionOf, segmentNamed } from '../../../domain/restore/segment.ts'
import type { Text } from '../../../domain/words.ts'
import { said } from '../../../domain/words.ts'
import { carriedBy } from '../../../wire/carried.ts'
import { reasonIn } from '../../refusal.ts'
import type { At } from '../place.ts'
import { around } from '../repository/around.ts'
import type { Past } from '../repository/past.ts'
import { choose } from '../target.ts'
import { type Commits, latestBetween, positionIn } from './bisect-log.ts'
import type { Asked } from './bisect-state.ts'

export type Proposal = {
  /** UTC; null: no target leads to it or before it. */
  readonly target: string | null
  readonly timeline: number
  /** The target leads to exactly the commits that are in the copy. */
  readonly exact: boolean
  /** How many commits that are in the copy it leaves out. */
  readonly leavesOut: number
  readonly says: Text
}

type Sides = { readonly holds: number; readonly holdsAt: number; readonly failsAt: number }

/**
 * The latest millisecond that does not bring the commit at `failsAt` back: recovery stops before the first transaction that ended later, so it
 * lies before the latest one that ended after the last good commit and up to that one.
 */
export async function proposalFor(
  at: At,
  backups: string,
  { timeline }: Asked,
  { past, commits }: { readonly past: Past; readonly commits: Commits },
  { holds, holdsAt, failsAt }: Sides,
): Promise<Proposal> {
  const latest = await latestBetween(past, holdsAt, failsAt)
  const ms = Number((latest - 1n) / 1_000n)
  const target = new Date(ms).toISOString()
  const stored = past.stored.repository
  try {
    const { backup: label } = await choose(at, { backups, target, timeline, zone: 'UTC' })
    const backup = stored.backups.find((one) => one.label === label) ?? past.backup
    const first = segmentNamed(backup.firstSegment, stored.segmentBytes)?.segment ?? past.first
    const { last } = await around({ ...past, first }, ms)
    const reached = Math.max(last === undefined ? 0 : positionIn(last), positionOf(backup.stopLsn) ?? 0)
    const exact = reached >= holdsAt && reached < failsAt
    const leavesOut = exact ? 0 : holds - (await commits.countUpTo(reached))
    return { target, timeline, exact, leavesOut, says: exact ? exactly(target) : before(target, leavesOut) }
  } catch (error) {
    // A program that does not answer says nothing of the log: the next attempt asks again.
    const why = carriedBy(error)
    if (why?.name !== 'restore-refused') throw error
    return { target: null, timeline, exact: false, leavesOut: 0, says: nowhere(said(reasonIn(why))) }
  }
}

function exactly(target: string): Text {
  return {
    en: `A restore to ${target} leads to exactly this state`,
    ja: `${target} への復元で、ちょうどこの状態になります`,
  }
}

function before(target: string, leavesOut: number): Text {
  const [are, commits] = leavesOut === 1 ? ['is', 'commit'] : ['are', 'commits']
  return {
    en: `No time leads to exactly this state; a restore to ${target} stops before it, and ${leavesOut} good ${commits} ${are} missing there. This copy has them`,
    ja: `ちょうどこの状態になる時刻はありません。${target} への復元はその手前で止まり、正常なコミット ${leavesOut} 件が欠けます（このコピーには含まれます）`,
  }
}

function nowhere(why: Text): Text {
  return {
    en: `No time leads to this state, only this copy has it: ${why.en}`,
    ja: `この状態になる時刻はなく、このコピーだけにあります: ${why.ja}`,
  }
}
