/** Whether a step that was read is one that our kinds accept: a number beyond their limits is for a person. */

import { fillStep, unknownPlaceholders } from '../../../domain/runbook/fill.ts'
import { problemText } from '../../../domain/runbook/problem.ts'
import { schemaProblems } from '../../../domain/runbook/schema-problems.ts'
import { kindOf } from '../../../domain/steps/catalogue.ts'
import { cutWords, type Text } from '../../../domain/words.ts'
import type { Reading } from './programs/reading.ts'

/** Any service that there is fills a parameter as well. */
const anyService = { deployment: 'any', selector: 'app=any', health: 'http://any/' }

/** A reason quotes the document, which may hold a word of any length. */
const longestReason = 300

/** The reading, or why one of its steps cannot be as it stands there. */
export function within(reading: Reading): Reading {
  if ('manual' in reading) return { manual: cutWords(reading.manual, longestReason) as Text }
  if (!('steps' in reading)) return reading
  for (const step of reading.steps) {
    const kind = kindOf(step.kind)
    const [problem] =
      kind === undefined ? [] : schemaProblems(kind.params, fillStep(step, anyService).with, ['with'])
    if (problem !== undefined) {
      const { en, ja } = problemText(problem)
      return {
        manual: { en: `${step.kind} does not take it: ${en}`, ja: `${step.kind} では扱えません（${ja}）` },
      }
    }
    if (unknownPlaceholders(JSON.stringify(step.with)).length > 0)
      return { manual: { en: 'it holds "$service." itself', ja: '「$service.」という文字列を含みます' } }
  }
  return reading
}
