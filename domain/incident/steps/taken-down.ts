/** What the steps of an incident take down of one workload, together. */
import { shareOf } from '../../approval/risk.ts'
import type { IncidentState, StepRun } from '../fold/state.ts'

/** What an incident took down within this time counts together: twice a half is all. */
const blastWindowMs = 600_000

/** In percent, of the target's Ready pods: what other runs of this incident took down lately. What an undo takes back is not another run. */
export function shareTakenDown(
  { steps }: Pick<IncidentState, 'steps'>,
  run: Pick<StepRun, 'id' | 'undoes'>,
  target: string,
  now: number,
): number {
  const own = firstOf(steps, run)
  return Object.values(steps)
    .filter((other) => firstOf(steps, other) !== own)
    .filter(({ startedAtMs = Number.NEGATIVE_INFINITY }) => startedAtMs > now - blastWindowMs)
    .reduce((sum, { plan }) => (plan?.target === target ? sum + shareOf(plan) : sum), 0)
}

/** What a chain of undos goes back to. */
function firstOf(steps: IncidentState['steps'], { id, undoes }: Pick<StepRun, 'id' | 'undoes'>): string {
  let first = id
  for (let back = undoes; back !== undefined && back !== id; back = steps[back]?.undoes) first = back
  return first
}
