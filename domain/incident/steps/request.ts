import { type Failure, failure } from '../../failures.ts'
import type { StepParams } from '../../steps/contract.ts'
import { jsonBytes } from '../../timeline/canonical.ts'
import type { Actor, Text } from '../../words.ts'
import type { IncidentState, StepRun } from '../fold/state.ts'
import { type Story, tell } from '../fold/story.ts'
import { nextRunId } from './find-step.ts'

type Wanted = {
  readonly step: string
  readonly kind: string
  readonly title: Text
  readonly params: StepParams
  readonly origin: StepRun['origin']
  readonly because?: Text
  readonly finding?: string
  readonly undoes?: string
  readonly byHand?: readonly string[]
}

/** Starts a run of a step; the caller has checked that it may. Returns its id. */
export function request(story: Story, by: Actor, wanted: Wanted): string {
  const run = nextRunId(story.state, wanted.step)
  tell(story, 'step-requested', by, { run, ...wanted })
  return run
}

/** The state travels in every continue-as-new, so what it holds has to end somewhere. */
const mostRuns = 200
const mostBytes = 500_000

/** Why no further run of a step is taken; undefined when there is room. */
export function roomRefusal(state: IncidentState): Failure | undefined {
  const { id, steps } = state
  if (Object.keys(steps).length >= mostRuns)
    return failure('too-many-steps', { incident: id, limit: mostRuns })
  if (jsonBytes(steps) >= mostBytes)
    return failure('steps-too-large', { incident: id, limit: mostBytes / 1_000 })
  return undefined
}
