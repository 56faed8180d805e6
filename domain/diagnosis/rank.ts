import type { IncidentState } from '../incident/fold/state.ts'
import { answers, isRecent, ownFindings } from '../incident/fold/whose.ts'
import type { Runbook, RunbookStep } from '../runbook/runbook.ts'
import { kindOf } from '../steps/catalogue.ts'
import type { Finding } from '../steps/contract.ts'
import { type FindingCode, weightOf } from '../steps/finding-codes.ts'

type Symptom = Runbook['symptoms'][number]

/** A symptom of the runbook and what was found that speaks for it. */
export type Ranked = { readonly symptom: Symptom; readonly findings: readonly Finding[] }

type Known = Pick<IncidentState, 'runbook' | 'service'> & {
  readonly findings: readonly Finding[]
  readonly situation?: IncidentState['situation']
}

/**
 * The symptoms of the incident's service for which something speaks, the likeliest first. What happens now weighs more than what
 * happened, a finding that a repair answers (`when`) more than any number of signs, and a cause more than what comes of it; at a tie the
 * runbook's order stays. Under a symptom stand its own signs, the causes first.
 */
export function rankedSymptoms(state: Known): readonly Ranked[] {
  const at = Date.parse(state.situation?.taken?.at ?? '')
  const isNow = (finding: Finding) => Number.isNaN(at) || isRecent(finding, at)
  const all = ownFindings(state)
  const own = places.flatMap((its) => all.filter((finding) => place(finding, isNow) === its))
  return state.runbook.book.symptoms
    .filter((symptom) => symptom.service === state.service)
    .map((symptom) => {
      const answered = own.filter((finding) => symptom.steps.some((step) => answers(state, step, finding)))
      const signs = signsOf(symptom)
      const findings = own.filter((finding) => answered.includes(finding) || signs.includes(finding.code))
      const causes = (of: readonly Finding[]) =>
        of.filter((finding) => place(finding, isNow) === 'cause').length
      const now = (of: readonly Finding[]) => of.filter(isNow).length
      const weights = [causes(answered), now(answered), causes(findings), now(findings), findings.length]
      return { symptom, weights, findings }
    })
    .filter(({ findings }) => findings.length > 0)
    .sort(byWeight)
    .map(({ symptom, findings }) => ({ symptom, findings }))
}

/** What is shown first stands first. */
const places = ['cause', 'consequence', 'over'] as const

function place(finding: Finding, isNow: (finding: Finding) => boolean): (typeof places)[number] {
  if (!isNow(finding)) return 'over'
  return weightOf(finding.code).is
}

/** Where the runbook names none it is what the symptom's reading steps can find. */
function signsOf({ signs, steps }: Symptom): readonly string[] {
  return signs ?? steps.flatMap(findsOf)
}

function byWeight(
  a: { readonly weights: readonly number[] },
  b: { readonly weights: readonly number[] },
): number {
  const at = a.weights.findIndex((weight, i) => weight !== b.weights[i])
  // Where all weigh the same there is none at -1 either.
  return (b.weights[at] ?? 0) - (a.weights[at] ?? 0)
}

function findsOf({ kind }: RunbookStep): readonly FindingCode[] {
  return kindOf(kind)?.finds ?? []
}
