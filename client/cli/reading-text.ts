/** What a step has read, for people: what it found and by what, then its own text as it was. */
import type { Finding, Reading } from '../../domain/steps/contract.ts'
import type { Lang } from '../../domain/words.ts'
import { clean, cut, hanging, oneLine, type Screen } from './terminal.ts'

/** Empty where nothing was found and there is nothing to see. */
export function readingText({ findings, text = '' }: Reading, lang: Lang, screen: Screen): string {
  const found = findings.flatMap((finding) => findingLines(finding, lang, screen)).join('\n')
  // Whole lines, as long as they are: people search and copy them.
  return [found, clean(text)].filter((block) => block !== '').join('\n\n')
}

/** The sentence, and below it the newest line that it goes by. */
export function findingLines(
  { says, evidence }: Finding,
  lang: Lang,
  { width, paint }: Screen,
  indent = 2,
): readonly string[] {
  const newest = evidence?.at(-1)
  return [
    ...hanging(`${' '.repeat(indent)}- `, oneLine(says[lang]), indent + 2, width),
    ...(newest === undefined
      ? []
      : [paint('dim', `${' '.repeat(indent + 4)}${cut(oneLine(newest), width - indent - 4)}`)]),
  ]
}
