import { columnsOf, cut, hanging, oneLine, pad, type Screen, type Style } from './terminal.ts'

export type Column<Row> = {
  readonly title: string
  readonly value: (row: Row) => string
  readonly style?: (row: Row) => Style | undefined
  /** Gives way when the table is too wide. */
  readonly flexible?: boolean
  /** A name that people type: never cut. */
  readonly whole?: boolean
}

const gap = 2
const narrowest = 8

/**
 * Rows below their titles, within the screen's width; cells are cleaned, and cut where they do not fit. Where the screen is too narrow
 * even for that, each row stands as a few lines.
 */
export function table<Row>(screen: Screen, columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const cells = rows.map((row) => columns.map((column) => oneLine(column.value(row))))
  const natural = columns.map((column, i) =>
    Math.max(columnsOf(column.title), ...cells.map((row) => columnsOf(row[i] ?? ''))),
  )
  const widths = narrowed(columns, natural, screen.width)
  if (totalOf(widths) > screen.width) return stacked(screen, columns, cells, rows)
  const line = (texts: readonly string[], styleOf: (i: number) => Style | undefined) =>
    texts
      .map((text, i) => {
        const width = widths[i] ?? 0
        const padded = i === texts.length - 1 ? cut(text, width) : pad(cut(text, width), width + gap)
        const style = styleOf(i)
        return style === undefined ? padded : screen.paint(style, padded)
      })
      .join('')
      .trimEnd()
  const head = line(
    columns.map((column) => column.title),
    () => 'dim',
  )
  const body = rows.map((row, r) => line(cells[r] ?? [], (i) => columns[i]?.style?.(row)))
  return [head, ...body].join('\n')
}

function totalOf(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, 0) + gap * (widths.length - 1)
}

/** Takes from the flexible columns first, then from the widest. */
function narrowed<Row>(columns: readonly Column<Row>[], natural: readonly number[], width: number): number[] {
  const widths = [...natural]
  const shrink = (which: (i: number) => boolean) => {
    while (totalOf(widths) > width) {
      const widest = widths.reduce(
        (best, w, i) => (which(i) && w > narrowest && (best < 0 || w > (widths[best] ?? 0)) ? i : best),
        -1,
      )
      if (widest < 0) return
      widths[widest] = Math.max(
        narrowest,
        (widths[widest] ?? 0) - Math.max(1, totalOf(widths) - width > 20 ? 5 : 1),
      )
    }
  }
  shrink((i) => columns[i]?.flexible === true && columns[i]?.whole !== true)
  shrink((i) => columns[i]?.whole !== true)
  return widths
}

/** The first cell alone, the others below it with their titles. */
function stacked<Row>(
  { width, paint }: Screen,
  columns: readonly Column<Row>[],
  cells: readonly (readonly string[])[],
  rows: readonly Row[],
): string {
  const label = 2 + gap + Math.max(...columns.slice(1).map(({ title }) => columnsOf(title)))
  return rows
    .map((row, r) =>
      columns
        .flatMap((column, i) => {
          const text = cells[r]?.[i] ?? ''
          const style = column.style?.(row)
          const lines = i === 0 ? [text] : text === '' ? [] : hanging(`  ${column.title}`, text, label, width)
          return style === undefined ? lines : lines.map((line) => paint(style, line))
        })
        .join('\n'),
    )
    .join('\n')
}
