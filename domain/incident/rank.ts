import type { Runbook, RunbookStep } from '../runbook/runbook.ts'
import { kindOf } from '../steps/catalogue.ts'
import type { Finding } from '../steps/contract.ts'
import type { IncidentState } from './state.ts'

type Symptom = Runbook['symptoms'][number]

/** A symptom of the runbook and what was found that speaks for it. */
export type Ranked = { readonly symptom: Symptom; readonly findings: readonly Finding[] }

/**
 * The symptoms of the incident's service for which something speaks, the likeliest first. A finding that the runbook names as a sign,
 * or that a repair answers (`when`), weighs more than any number that the symptom's reading steps could merely report; at a tie the
 * runbook's order stays.
 */
export function rankedSymptoms(
  state: Pick<IncidentState, 'runbook' | 'service' | 'findings'>,
): readonly Ranked[] {
  const own = state.findings.filter((f) => f.service === undefined || f.service === state.service)
  return state.runbook.book.symptoms
    .filter((symptom) => symptom.service === state.service)
    .map((symptom) => {
      const meant = own.filter(({ code }) => isSign(symptom, code))
      const seen = own.filter(({ code }) => symptom.steps.some((step) => canFind(step, code)))
      return { symptom, meant: meant.length, findings: [...new Set([...meant, ...seen])] }
    })
    .filter(({ findings }) => findings.length > 0)
    .sort((a, b) => b.meant - a.meant || b.findings.length - a.findings.length)
    .map(({ symptom, findings }) => ({ symptom, findings }))
}

function isSign({ signs, steps }: Symptom, code: Finding['code']): boolean {
  return signs?.includes(code) === true || steps.some((step) => step.when?.includes(code))
}

function canFind({ kind }: RunbookStep, code: Finding['code']): boolean {
  return kindOf(kind)?.finds.includes(code) ?? false
}
