/**
 * The parts of docs/ that are made from the code, each between two marks of its page: `npx tsx test/docs/write.ts` writes them,
 * made.test.ts holds them.
 */
import stringWidth from 'string-width'
import { verbsMarkdown } from '../../client/doors/cli/program.ts'
import { tablesOfRights } from '../../client/rights/tables.ts'
import { referenceMarkdown } from '../../client/runbook/reference.ts'
import { failuresMarkdown } from './failures.ts'

type Made = { readonly page: string; readonly mark: string; readonly markdown: () => string }

export const made: readonly Made[] = [
  { page: 'docs/command-line.md', mark: 'verbs', markdown: verbsMarkdown },
  { page: 'docs/failures.md', mark: 'failures', markdown: failuresMarkdown },
  { page: 'docs/runbook.md', mark: 'reference', markdown: referenceMarkdown },
  ...Object.entries(tablesOfRights).flatMap(([page, tables]) =>
    Object.entries(tables).map(([mark, markdown]) => ({ page, mark, markdown })),
  ),
]

/** The page as it is to be: what is between its marks written again, all else as it was. Throws where a mark is missing. */
export function rewritten(text: string, { page, mark, markdown }: Made): string {
  const [before, between, after] = text.split(new RegExp(`(?<=<!-- ${mark} -->)|(?=<!-- /${mark} -->)`))
  if (before === undefined || between === undefined || after === undefined)
    throw new Error(`${page} has no <!-- ${mark} --> … <!-- /${mark} -->`)
  return `${before}\n\n${aligned(markdown())}\n\n${after}`
}

/** Tables with cells as wide as their column, as they are in all of docs/. */
export function aligned(markdown: string): string {
  return markdown.replaceAll(/(?:^\|.*\|$\n?)+/gm, (table) => {
    const end = table.endsWith('\n') ? '\n' : ''
    const rows = table.trim().split('\n').map(cellsOf)
    const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => stringWidth(row[i] ?? ''))))
    const wide = (cell: string, i: number) =>
      cell + (/^-+$/.test(cell) ? '-' : ' ').repeat(Math.max(0, (widths[i] ?? 0) - stringWidth(cell)))
    return rows.map((row) => `| ${row.map(wide).join(' | ')} |`).join('\n') + end
  })
}

/** `\|` is a bar of the cell itself. */
function cellsOf(row: string): readonly string[] {
  return row
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim())
}
