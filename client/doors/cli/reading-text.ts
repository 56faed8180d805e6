/** What a step has read, for people: what it found and by what, then its own text as it was. */
import type { Reading } from '../../../domain/steps/contract.ts'
import { type Lang, said } from '../../../domain/words.ts'
import { findingFact } from '../../words/finding.ts'
import { bulletLines } from './facts.ts'
import { clean, type Screen } from './terminal.ts'

/** Empty where nothing was found and there is nothing to see. */
export function readingText({ findings, text = '' }: Reading, lang: Lang, screen: Screen): string {
  const found = bulletLines(findings.map(findingFact), lang, screen).join('\n')
  // Whole lines, as long as they are: people search and copy them.
  return [found, clean(said(text)[lang])].filter((block) => block !== '').join('\n\n')
}
