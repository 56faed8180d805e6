/** What a run of a desk hands over to the next one. */
import { workflowInfo } from '@temporalio/workflow'
import type { DeskState } from '../../domain/desk/state.ts'
import { newestRules } from '../../domain/incident/fold/state.ts'
import { jsonBytes } from '../../domain/timeline/canonical.ts'
import type { Receipt } from '../../domain/words.ts'
import type { DeskInput } from '../../wire/messages.ts'
import { fitting } from '../machine/carry.ts'
import type { Answers, Batches } from './commands.ts'
import type { EarlierRun } from './errands.ts'
import type { DeskLedger } from './pump.ts'
import type { RoundsCarried } from './rounds.ts'

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
    readonly rounds?: RoundsCarried
  }
}

/** What waits to be started or told must fit into one payload beside the runbook and the alerts. */
const carriedBytes = 800_000
/** Of a desk whose archive cannot be written for so long that Temporal forgets its runs. */
const unarchivedAtMost = 200
/** Where all answers, or all keys, do not fit into the next run. */
const answersAtLeast = 100

/** How much a desk has yet to do: `heavy` is too much to be handed over, `full` too much to take in more. */
export function burden({ unstarted, deliveries }: DeskState): 'light' | 'heavy' | 'full' {
  const bytes = jsonBytes([unstarted, deliveries])
  if (bytes <= carriedBytes) return 'light'
  return bytes <= 2 * carriedBytes ? 'heavy' : 'full'
}

export type Mind = { readonly answers: Answers; readonly batches: Batches; readonly rounds: RoundsCarried }

/** The input of the next run. */
export function handedOver(
  input: DeskCarried,
  { state, head, events }: DeskLedger,
  { answers, batches, rounds }: Mind,
): DeskCarried {
  const { historyLength, runId } = workflowInfo()
  // An answer given in this very task can be lost (temporal#6375): what was asked then comes again, to the next run, which knows it.
  const lost = batches.filter(({ task }) => task === historyLength)
  const earlierRuns = withThisRun(input.carried?.earlierRuns ?? [], state, {
    runId,
    firstSeq: events[0]?.seq ?? 0,
  })
  const carried = fitting<NonNullable<DeskCarried['carried']>>(
    { state, head, answers, batches: lost, rules: newestRules, earlierRuns, rounds },
    (whole) => ({ ...whole, batches: [] }),
    (whole) => ({ ...whole, answers: answers.slice(-answersAtLeast) }),
    (whole) => ({ ...whole, state: { ...state, keys: state.keys.slice(-answersAtLeast) } }),
  )
  // What was open at its very first start stands in its state.
  const { open: _, ...rest } = input
  return { ...rest, carried }
}

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
