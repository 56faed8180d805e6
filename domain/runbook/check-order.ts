/** Rules for the order of steps: what a step comes after stands before it in its symptom, so that no two can wait for each other. */
import { isPeoples, kindOf } from '../steps/catalogue.ts'
import { optionsOf } from '../steps/person.ts'
import { severities, verbatim } from '../words.ts'
import { unknownName } from './check-steps.ts'
import { type Problem, quote } from './problem.ts'
import type { Runbook, RunbookStep } from './runbook.ts'

export function orderProblems(book: Pick<Runbook, 'severities' | 'symptoms'>): readonly Problem[] {
  return [
    ...book.symptoms.flatMap(({ steps }, i) =>
      steps.flatMap(({ after = [] }, j) => {
        const known = steps.slice(0, j).flatMap(wordsOf)
        return after.flatMap((word, k) =>
          known.includes(word) ? [] : [unknownName(word, known, ['symptoms', i, 'steps', j, 'after', k])],
        )
      }),
    ),
    ...severities.flatMap((severity) =>
      book.severities[severity].quick.flatMap((step, i) =>
        step.when !== undefined && isTheirs(step) ? [unasked(step.kind, severity, i)] : [],
      ),
    ),
  ]
}

/** What may stand in the `after` of later steps. */
function wordsOf(step: RunbookStep): readonly string[] {
  return [
    step.id,
    ...optionsOf({ kind: step.kind, params: step.with }).map((option) => `${step.id}/${option}`),
  ]
}

function isTheirs({ kind: name }: Pick<RunbookStep, 'kind'>): boolean {
  const kind = kindOf(name)
  return kind !== undefined && isPeoples(kind)
}

/** Of the quick references people are asked for nothing by themselves. */
function unasked(kind: string, severity: string, index: number): Problem {
  return {
    path: ['severities', severity, 'quick', index, 'when'],
    at: 'key',
    expected: {
      en: 'no "when" on a quick step of people: put the step into a symptom',
      ja: 'quick にある人による手順には「when」なし（症状の手順として書いてください）',
    },
    got: verbatim(quote(kind)),
  }
}
