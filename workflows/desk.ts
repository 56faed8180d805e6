/**
 * The desk of one runbook: takes declarations and alerts, numbers what they open, starts those incidents. Its handlers number and
 * return; the loop starts what is numbered and delivers what an open incident has to be told.
 */

import {
  condition,
  continueAsNew,
  defineQuery,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow'
import type { DeskFact } from '../domain/desk/events.ts'
import { evolveDesk } from '../domain/desk/evolve.ts'
import { type DeskState, emptyDesk, withoutPublisher } from '../domain/desk/state.ts'
import { newestRules } from '../domain/incident/state.ts'
import { jsonBytes } from '../domain/timeline/canonical.ts'
import { genesis } from '../domain/timeline/chain.ts'
import type { Receipt } from '../domain/words.ts'
import { servicesKey } from './attribute-keys.ts'
import { fitting } from './carry.ts'
import { type Answers, type Batches, takeDeskCommands } from './desk/commands.ts'
import { type EarlierRun, Errands } from './desk/errands.ts'
import { DeskPump } from './desk/pump.ts'
import { Ledger, sent } from './ledger.ts'
import { type DeskInput, type DeskView, queries, type RunbookView } from './messages.ts'
import { refuseNewer } from './newer-rules.ts'
import { sealWith } from './seal.ts'
import { uncancelled } from './uncancelled.ts'

type DeskTimelinePage = ReturnType<Ledger<DeskState, DeskFact>['page']>

/** Where the run before left off; DeskInput is the first run's. */
export type DeskCarried = DeskInput & {
  readonly carried?: {
    readonly state: DeskState
    readonly head: Receipt
    readonly answers: Answers
    readonly batches: Batches
    /** Of the worker that handed over. */
    readonly rules: number
    /** Those that are not in the archive yet, and the newest one, oldest first. */
    readonly earlierRuns: readonly EarlierRun[]
  }
}

/** Events of history after which to continue as new: a worker that takes the desk over has read so many within its task. */
const longHistory = 1_500

/** What waits to be started or told must fit into one payload beside the runbook and the alerts. */
const carriedBytes = 800_000
/** Of a desk whose archive cannot be written for so long that Temporal forgets its runs. */
const unarchivedAtMost = 200
/** Where all answers, or all keys, do not fit into the next run. */
const answersAtLeast = 100

export const desk = uncancelled<DeskCarried, void>(async (input, tried) => {
  const start = input.carried
  refuseNewer(start?.rules ?? newestRules)
  const ledger = new Ledger<DeskState, DeskFact>(
    start?.state ?? emptyDesk(input.desk, input.lab, input.lastNumber, input.open),
    start?.head ?? genesis,
    evolveDesk,
    Date.now(),
  )
  sealWith(() => ledger.head)
  const { runId } = workflowInfo()
  const pump = new DeskPump(ledger)
  const earlierRuns = start?.earlierRuns ?? []
  const errands = new Errands(pump, input, earlierRuns)
  const answers: Answers = [...(start?.answers ?? [])]
  const batches: Batches = [...(start?.batches ?? [])]
  tried.catch(() => pump.happened({ type: 'cancel-refused' }))

  const isLong = () => ledger.isLong(input.continueAfterEvents ?? longHistory)
  // Else a run that has more to tell than it can hand over takes in as much as it tells, and never ends.
  const isFull = () => isLong() && weight(ledger.state) > 2 * carriedBytes
  takeDeskCommands(pump, { answers, batches, isFull })
  setHandler(defineQuery<DeskView>(queries.desk), () => view(ledger))
  setHandler(defineQuery<RunbookView>(queries.runbook), () => runbookView(ledger))
  setHandler(defineQuery<DeskTimelinePage, [number]>(queries.timeline), (from) => ledger.page(from))

  // A run that begins with a runbook says for what it cares, once.
  let services = ledger.state.runbook === undefined ? '' : undefined
  for (;;) {
    await condition(() => pump.changed)
    pump.changed = false
    const long = isLong()
    // A child that has not started yet would be dropped by continue-as-new. So a long run begins nothing more, and its successor does
    // what is left: also a desk that never rests gets there. Only what is too much to be handed over is done before.
    const heavy = long && weight(ledger.state) > carriedBytes
    if (!long || heavy) errands.run()
    else errands.leaveArchive()
    const { state } = ledger
    // What was withdrawn cares for nothing: its services stand in nobody's way who has one of the same name.
    const names = state.withdrawn === undefined ? Object.keys(state.runbook?.book.services ?? {}) : []
    if (services !== names.join()) {
      services = names.join()
      upsertSearchAttributes([{ key: servicesKey, value: names.length === 0 ? null : names }])
    }
    // An answer given in this very task can be lost (temporal#6375): what was asked then comes again, to the next run, which knows it.
    if (long && !heavy && errands.size === 0) {
      const lost = batches.filter(({ task }) => task === workflowInfo().historyLength)
      const carried = fitting<DeskCarried['carried'] & object>(
        {
          state,
          head: ledger.head,
          answers,
          batches: lost,
          rules: newestRules,
          earlierRuns: withThisRun(earlierRuns, state, { runId, firstSeq: ledger.events[0]?.seq ?? 0 }),
        },
        (whole) => ({ ...whole, batches: [] }),
        (whole) => ({ ...whole, answers: answers.slice(-answersAtLeast) }),
        (whole) => ({ ...whole, state: { ...state, keys: state.keys.slice(-answersAtLeast) } }),
      )
      // What was open at its very first start stands in its state.
      const { open: _, ...rest } = input
      await continueAsNew<(input: DeskCarried) => Promise<void>>(
        sent('continue-as-new', '', { ...rest, carried }),
      )
    }
  }
})

/** A desk lives for years: what lies in the archive is not carried on. */
function withThisRun(
  earlier: readonly EarlierRun[],
  { archivedRun = 0 }: DeskState,
  { runId, firstSeq }: Omit<EarlierRun, 'run'>,
): readonly EarlierRun[] {
  const run = (earlier.at(-1)?.run ?? 0) + 1
  return [
    ...earlier.filter((one) => one.run > archivedRun).slice(-unarchivedAtMost),
    { run, runId, firstSeq },
  ]
}

function weight({ unstarted, deliveries }: DeskState): number {
  return jsonBytes([unstarted, deliveries])
}

function view(ledger: Ledger<DeskState, DeskFact>): DeskView {
  const { keys: _, alertGroups: __, outdated: ___, unstarted, deliveries, proposed, ...state } = ledger.state
  const starting = unstarted.map((o) => o.incident)
  const waiting = proposed === undefined ? {} : { proposed: withoutBook(proposed) }
  return { state: { ...state, ...waiting, starting, untold: deliveries.length }, head: ledger.head }
}

function withoutBook({ book: _, ...rest }: NonNullable<DeskState['proposed']>) {
  return rest
}

function runbookView({ state: { runbook, lab } }: Ledger<DeskState, DeskFact>): RunbookView {
  return { ...(runbook === undefined ? {} : { runbook: withoutPublisher(runbook) }), lab }
}
