/**
 * One incident, from its declaration to its end. The rules are in domain/: this file lets commands in, starts what the state wants
 * done, cancels what it does not want any more, and wakes when something is due. Nothing that is thrown leaves the pump.
 */

import { condition, continueAsNew, defineQuery, setHandler, workflowInfo } from '@temporalio/workflow'
import { decide } from '../domain/incident/decide.ts'
import type { IncidentFact } from '../domain/incident/fold/events.ts'
import { evolve } from '../domain/incident/fold/evolve.ts'
import { type IncidentState, isDone, toWorkOff } from '../domain/incident/fold/state.ts'
import { type Opening, open } from '../domain/incident/open.ts'
import { levelsDue } from '../domain/incident/pages/escalate.ts'
import { iso } from '../domain/iso.ts'
import { present } from '../domain/present.ts'
import type { PublishedRunbook } from '../domain/runbook/runbook.ts'
import { genesis } from '../domain/timeline/chain.ts'
import {
  type IncidentInput,
  type IncidentResult,
  type IncidentView,
  queries,
  type TimelinePage,
} from '../wire/messages.ts'
import { Alarms } from './incident/alarms.ts'
import { type Receipts, takeCommands } from './incident/commands.ts'
import { Following } from './incident/following.ts'
import { InFlight } from './incident/in-flight.ts'
import { News, outlineOf, type Told } from './incident/news.ts'
import { type IncidentLedger, incidentPump, type Rules } from './incident/pump.ts'
import { fitting } from './machine/carry.ts'
import { heldOnce } from './machine/held-once.ts'
import { Ledger, sent } from './machine/ledger.ts'
import { refuseNewer } from './machine/newer-rules.ts'
import { sealWith } from './machine/seal.ts'
import { uncancelled } from './machine/uncancelled.ts'

/** Events of history after which to continue as new: a worker that takes an incident over reads so many in about a second. */
const longHistory = 1_000
/** Where all of them do not fit into the next run. */
const receiptsAtLeast = 100

/** The workflow over given rules; `workflows/index.ts` binds the real ones, tests bind rules that fail. */
export function incidentOver(rules: Rules) {
  return uncancelled<IncidentInput, IncidentResult>(async (input, tried) => {
    const { runId } = workflowInfo()
    refuseNewer('opening' in input ? input.opening.rules : input.carried.state.rules)
    const { ledger, receipts, earlierRuns } = begin(input)
    sealWith(
      () => ledger.head,
      () => outlineOf(ledger.state),
    )
    const pump = incidentPump(rules, ledger)
    const news = new News(pump, input.desk, 'opening' in input ? openedAs(input.opening) : ledger.state)
    const inFlight = new InFlight(pump, (run) => earlierRuns[run - 1]?.runId ?? runId)
    const following = new Following(pump)
    const alarms = new Alarms(pump)

    tried.catch(() => pump.happened({ type: 'cancel-refused' }))
    takeCommands(pump, news, receipts)
    setHandler(defineQuery<IncidentView>(queries.state), () => view(ledger, earlierRuns))
    setHandler(
      defineQuery<TimelinePage, [number]>(queries.timeline),
      (from) => ledger.page(from) as TimelinePage,
    )

    for (;;) {
      await condition(() => pump.changed)
      pump.changed = false
      alarms.fireWhatIsDue()
      const historyAtMost = input.continueAfterEvents ?? longHistory
      const isLong = (ledger.isLong(historyAtMost) && !isDone(ledger.state)) || wasJustClosed(ledger.state)
      // A long run is left at the next quiet moment. What takes its time keeps nothing else from starting meanwhile, but not for ever.
      inFlight.reconcile(isLong && ledger.isTooLong(historyAtMost), following.size > 0)
      news.tell()
      news.screen()
      const isResting = inFlight.size + news.onTheWay === 0
      // What lasts is begun again by the next run.
      following.reconcile(isLong && isResting)
      const quiet = isResting && following.size === 0
      if (isDone(ledger.state) && quiet && ledger.state.archivedRun >= ledger.state.run) break
      // An answer given in the very task that continues as new can be lost (temporal#6375): the command then comes again, under the
      // same id and to the next run, which knows its receipt.
      if (isLong && quiet) {
        alarms.stop()
        const { state, head } = ledger
        const runs = [...earlierRuns, { runId, firstSeq: ledger.events[0]?.seq ?? head.seq }]
        const carried = fitting(
          { state, head, receipts, earlierRuns: runs },
          (whole) => ({ ...whole, receipts: receipts.slice(-receiptsAtLeast) }),
          (whole) => ({ ...whole, state: withoutReadings(state) }),
        )
        const { continueAfterEvents, desk, secret } = input
        const next = {
          desk,
          secret,
          ...present({ continueAfterEvents }),
          carried,
        }
        await continueAsNew<(input: IncidentInput) => Promise<IncidentResult>>(
          sent('continue-as-new', '', next),
        )
      }
      alarms.set()
    }
    alarms.stop()
    return sent('result', '', { incident: ledger.state.id, phase: ledger.state.phase, receipt: ledger.head })
  })
}

/** As its desk started it: what the opening's own rules made of it is news. */
function openedAs({ declaration: { severity, symptom } }: Opening): Told {
  return { phase: 'investigating', severity, ...present({ symptom }) }
}

/** What led to the end is laid into the archive now, and what people do afterwards is a run of its own. */
function wasJustClosed(state: IncidentState): boolean {
  return toWorkOff(state).length > 0 && state.closed?.later?.sinceRun === state.run
}

/** They stand in the timeline of the run that read them. */
function withoutReadings(state: IncidentState): IncidentState {
  const { taken, ...situation } = state.situation
  return {
    ...state,
    situation: taken === undefined ? situation : { ...situation, taken: { ...taken, parts: {} } },
  }
}

type Begun = {
  readonly ledger: IncidentLedger
  readonly receipts: Receipts
  readonly earlierRuns: IncidentView['earlierRuns']
}

function begin(input: IncidentInput): Begun {
  const holder: { runbook: PublishedRunbook } = 'opening' in input ? input.opening : input.carried.state
  // In its place, or the SDK would hold the one that came over Temporal as long as the workflow runs.
  holder.runbook = heldOnce(holder.runbook)
  if ('opening' in input) {
    const story = open(input.opening, Date.now())
    // `open` has folded its facts already; the ledger folds them again from the same beginning.
    const ledger = new Ledger<IncidentState, IncidentFact>(
      { state: story.blank, head: genesis },
      input.secret,
      evolve,
      story.now,
    )
    ledger.write(story.facts, story.now)
    return { ledger, receipts: [], earlierRuns: [] }
  }
  const { state, receipts, earlierRuns } = input.carried
  const ledger = new Ledger<IncidentState, IncidentFact>(input.carried, input.secret, evolve, Date.now())
  const decision = decide(state, { type: 'continued', run: state.run + 1 }, Date.now())
  if ('facts' in decision) ledger.write(decision.facts, Date.now())
  return { ledger, receipts: [...receipts], earlierRuns }
}

function view(ledger: IncidentLedger, earlierRuns: IncidentView['earlierRuns']): IncidentView {
  const [next] = levelsDue(ledger.state)
  const { state, head } = ledger
  return {
    state,
    head,
    earlierRuns,
    ...present({ next: next && { level: next.level, at: iso(next.dueMs) } }),
  }
}
