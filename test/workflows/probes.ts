/** Workflows that show how a part of the machinery behaves inside one. */
import { condition, defineSignal, proxyActivities, setHandler, sleep } from '@temporalio/workflow'
import { decide } from '../../domain/incident/decide.ts'
import type { IncidentFact } from '../../domain/incident/fold/events.ts'
import { evolve } from '../../domain/incident/fold/evolve.ts'
import type { IncidentState } from '../../domain/incident/fold/state.ts'
import { type Opening, open } from '../../domain/incident/open.ts'
import { genesis } from '../../domain/timeline/chain.ts'
import { system } from '../../domain/words.ts'
import { Following } from '../../workflows/incident/following.ts'
import { incidentPump } from '../../workflows/incident/pump.ts'
import { Ledger } from '../../workflows/machine/ledger.ts'
import { UnderWay } from '../../workflows/machine/under-way.ts'

/** What is said of work that came to its own end, and of work that was cancelled: `[runs, has ended]` each. */
export async function underWay(): Promise<readonly (readonly [number, boolean])[]> {
  let runs = 0
  const work = new UnderWay(() => undefined)
  const ends = { done: () => undefined, broke: () => undefined, cancelled: () => undefined }
  const start = (key: string, forMs: number) =>
    work.start(
      key,
      async () => {
        runs += 1
        await sleep(forMs)
      },
      ends,
    )
  start('own', 1)
  await condition(() => !work.has('own'))
  const own = [runs, work.hasEnded('own')] as const
  start('left', 3_600_000)
  await sleep(1)
  work.cancel('left')
  await condition(() => !work.has('left'))
  const left = [runs, work.hasEnded('left')] as const
  return [own, left]
}

/** The activity of a long step, as an incident names it; what fails is tried again in an hour. */
export async function longStep(): Promise<void> {
  const { restore } = proxyActivities<{ restore: () => Promise<void> }>({
    activityId: 'step/restore/run',
    startToCloseTimeout: '1 day',
    heartbeatTimeout: '30s',
    retry: { initialInterval: '1h' },
  })
  await restore?.()
}

/** What a run says of logs that cannot be kept, and how often it asked for them: at once again, and once more when five minutes are over. */
export async function logsAgain(opening: Opening): Promise<readonly [asked: number, told: number]> {
  const story = open(opening, Date.now())
  const from = { state: story.blank, head: genesis }
  const ledger = new Ledger<IncidentState, IncidentFact>(from, 'a secret', evolve, story.now)
  ledger.write(story.facts, story.now)
  const pump = incidentPump({ decide }, ledger)
  const following = new Following(pump)
  let asked = 0
  const look = async () => {
    following.reconcile(false)
    asked += following.size
    await condition(() => following.size === 0)
  }
  const noteAt = (atMs: number) => pump.happened({ type: 'note', v: 1, by: system, text: 'x' }, atMs)
  for (const laterMs of [0, 0, 299_000, 2_000]) {
    noteAt(ledger.nowMs + laterMs)
    await look()
  }
  return [asked, ledger.events.filter(({ type }) => type === 'logs-kept').length]
}

/** Ends by `end`; `spin` keeps its thread for ever, and so would a promise's reaction after `react`. */
export async function spins(): Promise<string> {
  let ended = false
  let reacts = false
  const spin = () => {
    for (;;);
  }
  setHandler(defineSignal('spin'), spin)
  setHandler(defineSignal('react'), () => {
    reacts = true
  })
  setHandler(defineSignal('end'), () => {
    ended = true
  })
  await condition(() => ended || reacts)
  if (reacts) spin()
  return 'ended'
}
