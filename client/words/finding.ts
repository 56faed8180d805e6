/** What a look has found: the sentence, and under it the newest line that it goes by. */
import type { Finding } from '../../domain/steps/contract.ts'
import { said, verbatim } from '../../domain/words.ts'
import type { Fact } from './fact.ts'

const seenBy = { en: 'Seen by', ja: '根拠' }

export function findingFact({ subject, says, evidence }: Finding): Fact {
  const newest = evidence?.at(-1)
  return {
    label: verbatim(subject),
    value: says,
    under: newest === undefined ? [] : [{ label: seenBy, value: said(newest), tone: 'quiet' }],
  }
}
