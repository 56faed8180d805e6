/** How dangerous one exact plan is: its kind says it, and the share of a workload's Ready pods that goes down. */
import type { IncidentState, StepRun } from '../incident/state.ts'
import type { ChangeKind, Plan } from '../steps/contract.ts'
import { type Risk, risks } from '../words.ts'

/** What an incident took down within this time counts together: twice a half is all. */
const blastWindowMs = 600_000

/** `mostPercent` of the Ready pods may go without being disruptive; `beforePercent` went already. */
export function riskOfPlan(
  kind: ChangeKind,
  plan: Plan,
  mostPercent: number,
  beforePercent = 0,
): { readonly risk: Exclude<Risk, 'read'>; readonly tooWide: boolean } {
  const own = kind.riskOf?.(plan) ?? kind.risk
  const share = shareOf(plan)
  const tooWide = share > 0 && share + beforePercent > mostPercent
  return { risk: tooWide && own === 'reversible' ? 'disruptive' : own, tooWide }
}

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

export function isWorse(a: Risk, b: Risk): boolean {
  return risks.indexOf(a) > risks.indexOf(b)
}

function shareOf({ pods: { ready, ofReady } }: Pick<Plan, 'pods'>): number {
  return ofReady === 0 ? 0 : (ready * 100) / ofReady
}
