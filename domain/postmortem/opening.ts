/** What an incident was opened with, worked out again from its first event and the snapshot of the runbook that it carries. */
import type { IncidentEvent } from '../incident/fold/events.ts'
import type { IncidentState } from '../incident/fold/state.ts'
import type { Opening } from '../incident/open.ts'
import { present } from '../present.ts'

/** Undefined where the first event is no declaration. Who had frozen automation before is not known any more. */
export function openingFrom(
  first: IncidentEvent | undefined,
  { runbook, declaredAtMs }: Pick<IncidentState, 'runbook' | 'declaredAtMs'>,
): Opening | undefined {
  if (first?.type !== 'declared') return undefined
  const { incident, rules, lab, service, severity, symptom, description, impact, dataLoss, breach } =
    first.data
  return {
    incident,
    rules,
    declaration: { service, severity, ...present({ symptom, impact }), description, dataLoss, breach },
    by: first.by,
    atMs: declaredAtMs,
    runbook,
    lab,
  }
}
