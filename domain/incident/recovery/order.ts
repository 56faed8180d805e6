/** Which steps of an emergency recovery may start now: a backend that is down because its database is down is not restarted first. */
import { neededBy } from '../../runbook/dependencies.ts'
import { fillStep, missingIn } from '../../runbook/fill.ts'
import type { QuickStep } from '../../runbook/runbook.ts'
import { hasHands } from '../../steps/catalogue.ts'
import { ended } from '../../words.ts'
import type { IncidentState } from '../fold/state.ts'

type Order = {
  readonly ready: readonly QuickStep[]
  /** Something that they need was not repaired, so that they will not start. */
  readonly blocked: readonly QuickStep[]
}

type Recovery = Pick<NonNullable<IncidentState['recovery']>, 'severity' | 'steps'>

/** Steps that were not started yet and are neither ready nor blocked wait for others that are under way. */
export function recoveryOrder(state: IncidentState, recovery: Recovery): Order {
  const { book } = state.runbook
  const own = book.services[state.service]
  const quick = book.severities[recovery.severity].quick.flatMap((step) =>
    own === undefined || missingIn(step, own).length > 0 || !hasHands(step.kind)
      ? []
      : [{ ...step, ...fillStep(step, own) }],
  )
  const standing = new Map<string, 'well' | 'under way' | 'badly' | 'ready' | 'waiting' | 'blocked'>()
  const stand = (step: QuickStep): string => {
    const known = standing.get(step.id)
    if (known !== undefined) return known
    const run = recovery.steps.flatMap((id) => state.steps[id] ?? []).find((s) => s.step === step.id)
    if (run !== undefined) {
      const how = !ended.includes(run.status) ? 'under way' : isWell(run.status) ? 'well' : 'badly'
      standing.set(step.id, how)
      return how
    }
    const needed = step.service === undefined ? new Set() : neededBy(book, step.service)
    const first = quick.filter((other) => other.service !== undefined && needed.has(other.service)).map(stand)
    const how = first.some((s) => s === 'badly' || s === 'blocked')
      ? 'blocked'
      : first.every((s) => s === 'well')
        ? 'ready'
        : 'waiting'
    standing.set(step.id, how)
    return how
  }
  return {
    ready: quick.filter((step) => stand(step) === 'ready'),
    blocked: quick.filter((step) => stand(step) === 'blocked'),
  }
}

/** Done is also what found nothing to do. */
function isWell(status: string): boolean {
  return status === 'done' || status === 'verified'
}
