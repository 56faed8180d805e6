import type { StepContext } from '../domain/steps/contract.ts'

/** Names a run of a step beyond its incident: `shodo-42/rollback`. */
export function stepRunId(incident: string, run: string): string {
  return `${incident}/${run}`
}

/** The run within its incident: `rollback`. What belongs to no such incident stays whole. */
export function runOf({ incident, stepRun }: Pick<StepContext, 'incident' | 'stepRun'>): string {
  return stepRun.startsWith(`${incident}/`) ? stepRun.slice(incident.length + 1) : stepRun
}
