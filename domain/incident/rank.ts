import type { Runbook, RunbookStep } from '../runbook/runbook.ts'
import { kindOf } from '../steps/catalogue.ts'
import type { Finding } from '../steps/contract.ts'
import type { IncidentState } from './state.ts'

type Symptom = Runbook['symptoms'][number]

/** A symptom of the runbook and what was found that speaks for it. */
export type Ranked = { readonly symptom: Symptom; readonly findings: readonly Finding[] }

/**
 * The symptoms of the incident's service for which something speaks, the likeliest first. A finding that a repair answers (`when`)
 * weighs more than any number of signs, and a sign more than any number of what the symptom's reading steps could merely report; at a
 * tie the runbook's order stays.
 */
export function rankedSymptoms(
  state: Pick<IncidentState, 'runbook' | 'service' | 'findings'>,
): readonly Ranked[] {
  const own = state.findings.filter((f) => f.service === undefined || f.service === state.service)
  return state.runbook.book.symptoms
    .filter((symptom) => symptom.service === state.service)
    .map((symptom) => {
      const answered = own.filter(({ code }) => symptom.steps.some((step) => step.when?.includes(code)))
      const signs = own.filter(({ code }) => symptom.signs?.includes(code))
      const seen = own.filter(({ code }) => symptom.steps.some((step) => canFind(step, code)))
      const findings = [...new Set([...answered, ...signs, ...seen])]
      return { symptom, weights: [answered.length, signs.length, findings.length], findings }
    })
    .filter(({ findings }) => findings.length > 0)
    .sort(byWeight)
    .map(({ symptom, findings }) => ({ symptom, findings }))
}

function byWeight(
  a: { readonly weights: readonly number[] },
  b: { readonly weights: readonly number[] },
): number {
  const at = a.weights.findIndex((weight, i) => weight !== b.weights[i])
  return at === -1 ? 0 : (b.weights[at] ?? 0) - (a.weights[at] ?? 0)
}

function canFind({ kind }: RunbookStep, code: Finding['code']): boolean {
  return kindOf(kind)?.finds.includes(code) ?? false
}
