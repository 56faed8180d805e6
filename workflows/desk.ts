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
import { type DeskState, emptyDesk } from '../domain/desk/state.ts'
import { jsonBytes } from '../domain/timeline/canonical.ts'
import { genesis } from '../domain/timeline/chain.ts'
import type { Receipt } from '../domain/words.ts'
import { servicesKey } from './attribute-keys.ts'
import { fitting } from './carry.ts'
import { type Answers, type Batches, takeDeskCommands } from './desk/commands.ts'
import { Errands } from './desk/errands.ts'
import { DeskPump } from './desk/pump.ts'
import { Ledger } from './ledger.ts'
import { type DeskInput, type DeskView, queries } from './messages.ts'
import { sealWith } from './seal.ts'
import { uncancelled } from './uncancelled.ts'

/** Where the run before left off; DeskInput is the first run's. */
export type DeskCarried = DeskInput & {
  readonly carried?: {
    readonly state: DeskState
    readonly head: Receipt
    readonly answers: Answers
    readonly batches: Batches
  }
}

/** Events of history after which to continue as new: a worker that takes the desk over has read so many within its task. */
const longHistory = 1_500

/** What waits to be started or told must fit into one payload beside the runbook and the alerts. */
const carriedBytes = 800_000
/** Where all answers, or all keys, do not fit into the next run. */
const answersAtLeast = 100

const cancelledOutside = 'somebody asked Temporal to cancel this workflow; it goes on'

export const desk = uncancelled<DeskCarried, void>(async (input, tried) => {
  const start = input.carried
  const ledger = new Ledger<DeskState, DeskFact>(
    start?.state ?? emptyDesk(input.desk, input.lab, input.lastNumber),
    start?.head ?? genesis,
    evolveDesk,
    Date.now(),
  )
  sealWith(() => ledger.head)
  const pump = new DeskPump(ledger)
  const errands = new Errands(pump, input)
  const answers: Answers = [...(start?.answers ?? [])]
  const batches: Batches = [...(start?.batches ?? [])]
  tried.catch(() => pump.happened({ type: 'internal-error', where: 'Temporal', reason: cancelledOutside }))

  const isLong = () => ledger.isLong(input.continueAfterEvents ?? longHistory)
  // Else a run that has more to tell than it can hand over takes in as much as it tells, and never ends.
  const isFull = () => isLong() && weight(ledger.state) > 2 * carriedBytes
  takeDeskCommands(pump, { answers, batches, isFull })
  setHandler(defineQuery<DeskView>(queries.desk), () => view(ledger))

  let services = ''
  for (;;) {
    await condition(() => pump.changed)
    pump.changed = false
    const long = isLong()
    // A child that has not started yet would be dropped by continue-as-new. So a long run begins nothing more, and its successor does
    // what is left: also a desk that never rests gets there. Only what is too much to be handed over is done before.
    const heavy = long && weight(ledger.state) > carriedBytes
    if (!long || heavy) errands.run()
    const { state } = ledger
    const names = Object.keys(state.runbook?.book.services ?? {})
    if (names.length > 0 && services !== names.join()) {
      services = names.join()
      upsertSearchAttributes([{ key: servicesKey, value: names }])
    }
    // An answer given in this very task can be lost (temporal#6375): what was asked then comes again, to the next run, which knows it.
    if (long && !heavy && errands.size === 0) {
      const lost = batches.filter(({ task }) => task === workflowInfo().historyLength)
      const carried = fitting<DeskCarried['carried'] & object>(
        { state, head: ledger.head, answers, batches: lost },
        (whole) => ({ ...whole, batches: [] }),
        (whole) => ({ ...whole, answers: answers.slice(-answersAtLeast) }),
        (whole) => ({ ...whole, state: { ...state, keys: state.keys.slice(-answersAtLeast) } }),
      )
      await continueAsNew<(input: DeskCarried) => Promise<void>>({ ...input, carried })
    }
  }
})

function weight({ unstarted, deliveries }: DeskState): number {
  return jsonBytes([unstarted, deliveries])
}

function view(ledger: Ledger<DeskState, DeskFact>): DeskView {
  const { keys: _, alertGroups: __, outdated: ___, unstarted, deliveries, ...state } = ledger.state
  const starting = unstarted.map((o) => o.incident)
  return { state: { ...state, starting, untold: deliveries.length }, head: ledger.head }
}
