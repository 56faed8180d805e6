/** What the doctor tells of one check; under it what to do. */
import { verbatim } from '../../domain/words.ts'
import type { Check } from '../doctor/check.ts'
import type { Fact, Tone } from './fact.ts'

const tones: { readonly [S in Check['status']]: Tone } = { ok: 'good', warn: 'warning', fail: 'bad' }

const whatToDo = { en: 'What to do', ja: '対処' }

export function checkFact({ check, status, says, next }: Check): Fact {
  return {
    label: verbatim(check),
    value: says,
    tone: tones[status],
    under: next === undefined ? [] : [{ label: whatToDo, value: next }],
  }
}
