import type { StepParams } from '../steps/contract.ts'
import type { Actor, Text } from '../words.ts'
import { nextRunId } from './find-step.ts'
import { ended, type IncidentState, type StepRun } from './state.ts'
import { type Story, tell } from './story.ts'

type Wanted = {
  readonly step: string
  readonly kind: string
  readonly title: Text
  readonly params: StepParams
  readonly origin: StepRun['origin']
  readonly because?: readonly string[]
  readonly undoes?: string
}

/** Starts a run of a step; the caller has checked that it may. Returns its id. */
export function request(story: Story, by: Actor, wanted: Wanted): string {
  const { because = [], undoes, ...rest } = wanted
  const run = nextRunId(story.state, wanted.step)
  tell(story, 'step-requested', by, { run, ...rest, because, ...(undoes === undefined ? {} : { undoes }) })
  return run
}

export function isUnderWay(state: IncidentState, step: string): StepRun | undefined {
  return Object.values(state.steps).find((s) => s.step === step && !ended.includes(s.status))
}
