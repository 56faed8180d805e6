/** Facts as lines of a terminal. */
import type { Lang } from '../../../domain/words.ts'
import type { Fact, Section, Column as Told, Tone } from '../../words/fact.ts'
import { type Column, table } from './table.ts'
import { clean, cut, hanging, oneLine, type Screen, type Style } from './terminal.ts'

const styles: { readonly [T in Tone]: Style } = {
  strong: 'bold',
  quiet: 'dim',
  good: 'green',
  notable: 'blue',
  active: 'cyan',
  warning: 'yellow',
  bad: 'red',
}

export function toned(text: string, tone: Tone | undefined, { paint }: Screen): string {
  return tone === undefined ? text : paint(styles[tone], text)
}

/** The label, which may end in blanks of an indent, and the value hanging beside it from column `at` on. */
export function factLines(
  facts: readonly Fact[],
  lang: Lang,
  { width }: Screen,
  { at, indent = '  ' }: { readonly at: number; readonly indent?: string },
): readonly string[] {
  return facts.flatMap(({ label, value }) =>
    hanging(`${indent}${labelled(label[lang])}`, oneLine(value[lang]), at, width),
  )
}

/** A label may be a name that others gave. The blanks around it are its indent. */
function labelled(label: string): string {
  return clean(label).replace(/\s*\n\s*/g, ' ')
}

/** The values alone, each behind a dash; below it, cut to one line, what stands under it. */
export function bulletLines(
  facts: readonly Fact[],
  lang: Lang,
  screen: Screen,
  indent = 2,
): readonly string[] {
  const { width } = screen
  const below = ' '.repeat(indent + 4)
  return facts.flatMap(({ value, under = [] }) => [
    ...hanging(`${' '.repeat(indent)}- `, oneLine(value[lang]), indent + 2, width),
    ...under.map((fact) =>
      toned(`${below}${cut(oneLine(fact.value[lang]), width - below.length)}`, fact.tone, screen),
    ),
  ])
}

/** The heading and the lines below it; nothing where there are none. */
export function sectionLines(
  { title }: Pick<Section, 'title'>,
  lines: readonly string[],
  lang: Lang,
  { paint }: Screen,
): readonly string[] {
  return lines.length === 0 ? [] : [paint('bold', oneLine(title[lang])), ...lines]
}

/** A table whose titles are the labels in capitals. */
export function toldTable<Row>(
  screen: Screen,
  lang: Lang,
  columns: readonly Told<Row>[],
  rows: readonly Row[],
): string {
  return table(
    screen,
    columns.map((column) => columnIn(column, lang)),
    rows,
  )
}

function columnIn<Row>({ label, value, tone, ...gives }: Told<Row>, lang: Lang): Column<Row> {
  return {
    ...gives,
    title: oneLine(label[lang]).toUpperCase(),
    value: (row) => value(row)[lang],
    style: (row) => {
      const meant = tone?.(row)
      return meant && styles[meant]
    },
  }
}

/** Blocks of lines with an empty line between them; empty ones are left out. */
export function blocksOf(blocks: readonly (readonly string[])[]): string {
  return blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')
}
