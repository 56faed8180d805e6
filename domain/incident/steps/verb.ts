/** Each step has its own word. */
import { type Failure, failure } from '../../failures.ts'
import { isPeoples, kindOf } from '../../steps/catalogue.ts'
import { optionsOf } from '../../steps/person.ts'
import type { IncidentState, StepRun } from '../fold/state.ts'

type Verb = 'run' | 'done' | 'decide'

/** What people carry out is done, what they choose between is decided, everything else runs. */
export function verbRefusal(
  { id: incident }: IncidentState,
  step: string,
  command: Verb,
  { kind: name, params }: Pick<StepRun, 'kind' | 'params'>,
): Failure | undefined {
  const kind = kindOf(name)
  const isTheirs = kind !== undefined && isPeoples(kind)
  const right: Verb = !isTheirs ? 'run' : optionsOf({ kind: name, params }).length > 0 ? 'decide' : 'done'
  return right === command ? undefined : failure('other-verb', { incident, step, command, right })
}
