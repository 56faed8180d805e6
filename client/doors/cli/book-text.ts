import type { Runbook } from '../../../domain/runbook/runbook.ts'
import type { Lang } from '../../../domain/words.ts'
import { bookFacts, bookSections } from '../../words/book.ts'
import { factLines, sectionLines } from './facts.ts'
import { oneLine, type Screen } from './terminal.ts'

const at = 24

/** A published runbook for people. */
export function bookText(book: Runbook, version: number, lang: Lang, screen: Screen): string {
  const sections = bookSections(book).flatMap(({ title, facts }) => {
    const lines = facts.flatMap((fact) => [
      ...factLines([fact], lang, screen, { at }),
      ...factLines(fact.under ?? [], lang, screen, { at, indent: '    ' }),
    ])
    const section = sectionLines({ title }, lines, lang, screen)
    return section.length === 0 ? [] : ['', ...section]
  })
  return [
    `${screen.paint('bold', `${book.runbook} v${version}`)}  ${oneLine(book.title[lang])}`,
    ...factLines(bookFacts(book), lang, screen, { at }),
    ...sections,
  ].join('\n')
}
