/**
 * Looks every few seconds for workflows whose task fails again and again, in every process that works on `incidents`. Such a workflow
 * can call nobody, so this does: a line in the log, a metric, and the alarm of the channels file. See docs/stuck-workflow.md.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Channels } from '../channels/channel.ts'
import type { Alarmed } from '../channels/channels-file.ts'
import {
  type Asked,
  lookAt,
  type Run,
  reportedRuns,
  runningRuns,
  type Seen,
  type Stuck,
  troubleOf,
  type Unread,
} from '../wire/server/stuck.ts'
import { openAlarm } from './alarm.ts'
import { logLine } from './logs.ts'
import { stuckMetrics } from './metrics.ts'

/** Seen twice in a row counts: a task that fails once by chance is tried again at once and goes well. */
const askEveryMs = 2_000
/**
 * Temporal allows ten questions to visibility a second for a whole namespace, whoever asks. A worker's two lists take a third of one,
 * and less while questions stay unanswered: it goes on with what it was told before, and says that this is not all.
 */
const reportedEveryMs = 4_000
const runningEveryMs = 10_000
const unansweredEveryMs = 30_000
/** Runs looked at in each turn whatever the server reports: some report late, some not at all. */
const describedEachTurn = 20
/** An answer or two that do not come are no news. */
const looksBeforeWords = 6

export type Watch = { readonly stop: () => Promise<void> }

export function startWatch(
  asked: Asked,
  { channels, alarm }: { readonly channels: Channels; readonly alarm: readonly Alarmed[] },
): Watch {
  const stopped = new AbortController()
  const { signal } = stopped
  const look = lookOver(asked)
  const metrics = stuckMetrics()
  const called = openAlarm({ channels, alarm, signal })
  const over = (async () => {
    let notWhole = 0
    while (!signal.aborted) {
      const seen = await look()
      metrics.seen(seen)
      called.told(seen.stuck)
      const [unread] = seen.unread
      if (unread === undefined) {
        if (notWhole >= looksBeforeWords)
          logLine('WARN', 'Temporal can be asked for all stuck workflows again')
        notWhole = 0
      } else {
        notWhole += 1
        if (notWhole === looksBeforeWords && !signal.aborted)
          logLine('ERROR', 'Temporal cannot list all stuck workflows: some may go unnoticed', {
            error: unread.error,
          })
      }
      await sleep(soonerOrLater(askEveryMs), undefined, { signal }).catch(() => undefined)
    }
    await called.settled()
  })()
  return {
    stop: () => {
      stopped.abort()
      return over
    },
  }
}

/** Each call looks once and answers what it saw now and the time before. */
export function lookOver(asked: Asked, clock: () => number = () => performance.now()): () => Promise<Seen> {
  let before: ReadonlyMap<string, Stuck> = new Map()
  /** Each is looked at again until it is read. */
  let missed: readonly Run[] = []
  const reported = sparingly(() => reportedRuns(asked), reportedEveryMs, clock)
  const running = sparingly(() => runningRuns(asked), runningEveryMs, clock)
  const inTurn = eachInTurn()
  return async () => {
    const [marked, all] = await Promise.all([reported(), running()])
    const { stuck, unread } = await lookAt(asked, marked.runs, [
      ...inTurn(all.runs),
      ...missed,
      ...before.values(),
    ])
    const still = stuck.filter((one) => before.has(troubleOf(one)))
    before = new Map(stuck.map((one) => [troubleOf(one), one]))
    missed = unread.flatMap(({ run }) => run ?? [])
    return { stuck: still, unread: [...marked.unread, ...all.unread, ...unread] }
  }
}

type Listed = { readonly runs: readonly Run[]; readonly unread: readonly Unread[] }

/** The list as it was told last; asked for again no more often than this, and ever less often while no answer comes. */
function sparingly(
  list: () => Promise<readonly Run[]>,
  everyMs: number,
  clock: () => number,
): () => Promise<Listed> {
  let listed: Listed = { runs: [], unread: [] }
  let pauseMs = everyMs
  let dueAtMs = Number.NEGATIVE_INFINITY
  return async () => {
    if (clock() < dueAtMs) return listed
    try {
      listed = { runs: await list(), unread: [] }
      pauseMs = everyMs
    } catch (error) {
      listed = { runs: listed.runs, unread: [{ error }] }
      pauseMs = Math.min(2 * pauseMs, unansweredEveryMs)
    }
    dueAtMs = clock() + soonerOrLater(pauseMs)
    return listed
  }
}

/** So many of the list with each call, and from its beginning again after its end. */
function eachInTurn(): (all: readonly Run[]) => readonly Run[] {
  let left: readonly Run[] = []
  return (all) => {
    if (left.length === 0) left = all
    const turn = left.slice(0, describedEachTurn)
    left = left.slice(describedEachTurn)
    return turn
  }
}

/** Workers that were started together shall not ask together. */
function soonerOrLater(ms: number): number {
  return ms * (0.75 + Math.random() / 4)
}
