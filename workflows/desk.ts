/**
 * The desk of one runbook: takes declarations and alerts, numbers what they open, starts those incidents. Its handlers number and
 * return; the loop starts what is numbered and delivers what an open incident has to be told.
 */
import { condition, continueAsNew } from '@temporalio/workflow'
import { evolveDesk } from '../domain/desk/evolve.ts'
import { emptyDesk } from '../domain/desk/state.ts'
import { newestRules } from '../domain/incident/fold/state.ts'
import { genesis } from '../domain/timeline/chain.ts'
import { takeDeskCommands } from './desk/commands.ts'
import { Errands } from './desk/errands.ts'
import { burden, type DeskCarried, handedOver } from './desk/hand-over.ts'
import { type DeskLedger, deskPump } from './desk/pump.ts'
import { answerQueries, Listed } from './desk/view.ts'
import { Ledger, sent } from './machine/ledger.ts'
import { refuseNewer } from './machine/newer-rules.ts'
import { sealWith } from './machine/seal.ts'
import { uncancelled } from './machine/uncancelled.ts'

export type { DeskCarried } from './desk/hand-over.ts'

/** Events of history after which to continue as new: a worker that takes the desk over has read so many within its task. */
const longHistory = 1_500

export const desk = uncancelled<DeskCarried, void>(async (input, tried) => {
  const { carried, continueAfterEvents = longHistory } = input
  refuseNewer(carried?.rules ?? newestRules)
  const ledger = begin(input)
  sealWith(() => ledger.head)
  const pump = deskPump(ledger)
  const errands = new Errands(pump, input, {
    earlierRuns: carried?.earlierRuns ?? [],
    rounds: carried?.rounds,
  })
  const mind = { answers: [...(carried?.answers ?? [])], batches: [...(carried?.batches ?? [])] }
  const listed = new Listed(ledger.state)
  const isLong = () => ledger.isLong(continueAfterEvents)

  tried.catch(() => pump.happened({ type: 'cancel-refused' }))
  // Else a run that has more to tell than it can hand over takes in as much as it tells, and never ends.
  takeDeskCommands(pump, { ...mind, isFull: () => isLong() && burden(ledger.state) === 'full' })
  answerQueries(ledger)

  for (;;) {
    await condition(() => pump.changed)
    pump.changed = false
    // A child that has not started yet would be dropped by continue-as-new. So a long run begins nothing more, and its successor does
    // what is left: also a desk that never rests gets there. Only what is too much to be handed over is done before.
    const isFull = isLong() && burden(ledger.state) !== 'light'
    const isEnding = isLong() && !isFull
    if (!isEnding) errands.run({ tellAll: isFull })
    else errands.leaveArchive()
    listed.update(ledger.state)
    if (isEnding && errands.size === 0)
      await continueAsNew<(input: DeskCarried) => Promise<void>>(
        sent('continue-as-new', '', handedOver(input, ledger, { ...mind, rounds: errands.rounds })),
      )
  }
})

function begin({ carried, desk, secret, lab, lastNumber, open }: DeskCarried): DeskLedger {
  const from = carried ?? { state: emptyDesk(desk, lab, lastNumber, open), head: genesis }
  return new Ledger(from, secret, evolveDesk, Date.now())
}
