import { expected } from '../../../../domain/expected.ts'
import type { IncidentState } from '../../../../domain/incident/fold/state.ts'
import { offeredSteps } from '../../../../domain/incident/steps/find-step.ts'
import { refused } from '../../../../edge/refused.ts'

/** The name of the one step of a kind that the incident can run; of several the one that was named. */
export function stepOfKind(state: IncidentState, kind: string, named?: string): string {
  const known = offeredOfKind(state, kind)
  const [first, ...others] = known
  if (first === undefined) throw refused('no-step-of-kind', { where: state.id, kind })
  if (named === undefined && others.length === 0) return first
  if (named !== undefined && known.includes(named)) return named
  throw refused('bad-input', {
    where: '--step',
    problem: expected(`one of ${known.join(', ')}`, `${known.join('、')} のいずれか`),
  })
}

/** The nearest first. */
export function offeredOfKind(state: IncidentState, kind: string): readonly string[] {
  return offeredSteps(state)
    .filter((step) => step.kind === kind)
    .map(({ id }) => id)
}
