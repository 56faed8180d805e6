import type { StepContext } from '../domain/steps/contract.ts'
import type { Text } from '../domain/words.ts'
import { runOf } from '../wire/step-run.ts'
import { refuse } from './refusal.ts'

/** Ends the work because the target is not what the step was planned for. */
export function refuseChanged(target: string, difference: Text, context: StepContext): never {
  refuse('target-changed', { target, difference, incident: context.incident, step: runOf(context) })
}
