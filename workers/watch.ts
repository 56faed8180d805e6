/**
 * Looks every few seconds for workflows whose task fails again and again, in every process that works on `incidents`. Such a workflow
 * can call nobody, so this does: a line in the log, a metric, and the alarm of the channels file. See docs/stuck-workflow.md.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Channels } from '../activities/notify/channel.ts'
import type { Alarmed } from '../activities/notify/channels.ts'
import {
  type Asked,
  type Run,
  reportedRuns,
  runningRuns,
  type Stuck,
  stuckAmong,
  troubleOf,
} from '../wire/stuck.ts'
import { openAlarm } from './alarm.ts'
import { logLine } from './logs.ts'
import { stuckMetrics } from './metrics.ts'

/** Seen twice in a row counts: a task that fails once by chance is tried again at once and goes well. */
const askEveryMs = 2_000
/** Temporal allows ten questions to visibility a second for a whole namespace; these two are two in three seconds. */
const listEveryMs = 6_000
const mostListed = 1_000
/** Runs looked at in each turn whatever the server reports: some report late, some not at all. */
const describedEachTurn = 20
/** One answer that does not come is no news. */
const failuresBeforeWords = 3

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
    let failures = 0
    while (!signal.aborted) {
      try {
        const stuck = await look()
        metrics.seen(stuck)
        called.told(stuck)
        if (failures >= failuresBeforeWords)
          logLine('WARN', 'Temporal can be asked for stuck workflows again')
        failures = 0
      } catch (error) {
        failures += 1
        if (failures === failuresBeforeWords && !signal.aborted)
          logLine('ERROR', 'Temporal cannot be asked for stuck workflows: nobody would hear of one', {
            error,
          })
      }
      await sleep(askEveryMs, undefined, { signal }).catch(() => undefined)
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
function lookOver(asked: Asked): () => Promise<readonly Stuck[]> {
  let before: ReadonlyMap<string, Run> = new Map()
  const inTurn = everyRunInTurn(asked)
  return async () => {
    const others = [...before.values(), ...(await inTurn())]
    const seen = await stuckAmong(asked, await reportedRuns(asked), others)
    const still = seen.filter((stuck) => before.has(troubleOf(stuck)))
    before = new Map(seen.map((stuck) => [troubleOf(stuck), stuck]))
    return still
  }
}

function everyRunInTurn(asked: Asked): () => Promise<readonly Run[]> {
  let left: readonly Run[] = []
  let listedAtMs = Number.NEGATIVE_INFINITY
  return async () => {
    if (left.length === 0 && performance.now() - listedAtMs >= listEveryMs) {
      left = await runningRuns(asked, mostListed)
      listedAtMs = performance.now()
    }
    const turn = left.slice(0, describedEachTurn)
    left = left.slice(describedEachTurn)
    return turn
  }
}
