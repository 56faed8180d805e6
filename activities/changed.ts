import type { StepContext } from '../domain/steps/contract.ts'
import { refuse } from './refusal.ts'

/** Ends the work because the target is not what the step was planned for. */
export function refuseChanged(target: string, difference: string, context: StepContext): never {
  refuse('target-changed', { target, difference, incident: context.incident, step: stepOf(context) })
}

/** `shodo-42/rollback` → `rollback` */
export function stepOf(context: StepContext): string {
  return context.stepRun.slice(context.stepRun.indexOf('/') + 1)
}
