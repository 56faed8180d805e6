/** How dangerous one exact plan is: its kind says it, and the share of a workload's Ready pods that goes down. */
import type { ChangeKind, Plan } from '../steps/contract.ts'
import { type Risk, risks } from '../words.ts'

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

export function isWorse(a: Risk, b: Risk): boolean {
  return risks.indexOf(a) > risks.indexOf(b)
}

/** Of its target's Ready pods, in percent, so much goes down. */
export function shareOf({ pods: { ready, ofReady } }: Pick<Plan, 'pods'>): number {
  return ofReady === 0 ? 0 : (ready * 100) / ofReady
}
