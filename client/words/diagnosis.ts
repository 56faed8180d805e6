/** What a look at a service tells: the symptoms that it speaks for, and what else was seen or could not be. */
import type { Diagnosis } from '../../domain/diagnosis/diagnosis.ts'
import { findingKey } from '../../domain/incident/fold/picture.ts'
import { type Text, verbatim } from '../../domain/words.ts'
import { explained, type Section } from './fact.ts'
import { findingFact } from './finding.ts'
import { likely } from './incident.ts'

/** Each symptom with the findings that speak for it, the likeliest first. */
export function symptomSection({ symptoms }: Diagnosis): Section {
  return {
    title: likely,
    facts: symptoms.map(({ id, title, findings }) => ({
      label: verbatim(id),
      value: title,
      under: findings.map(findingFact),
    })),
  }
}

export const noSymptom: Text = {
  en: 'No finding points to a symptom.',
  ja: '症状に当たる検出はありません。',
}

/** Findings that speak for none of the symptoms, and those of other services. */
export function otherSections({ symptoms, findings, elsewhere }: Diagnosis): readonly Section[] {
  const spoken = new Set(symptoms.flatMap((symptom) => symptom.findings.map(findingKey)))
  const others = findings.filter((finding) => !spoken.has(findingKey(finding)))
  return [
    { title: { en: 'Also found', ja: 'その他の検出' }, facts: others.map(findingFact) },
    {
      title: { en: 'Found in other services', ja: '他のサービスの検出' },
      facts: elsewhere.map(findingFact),
    },
  ]
}

export function unseenSection({ parts }: Diagnosis): Section {
  return {
    title: { en: 'Could not be checked', ja: '確認できなかったもの' },
    facts: Object.entries(parts).flatMap(([id, part]) =>
      part.ok ? [] : [{ label: verbatim(id), value: explained(part.failure).what }],
    ),
  }
}
