import { columnsOf, cut, oneLine, pad, type Screen, type Style } from './terminal.ts'

export type Column<Row> = {
  readonly title: string
  readonly value: (row: Row) => string
  readonly style?: (row: Row) => Style | undefined
  /** Gives way when the table is too wide. */
  readonly flexible?: boolean
}

const gap = 2
const narrowest = 8

/** Rows below their titles, within the screen's width; cells are cleaned, and cut where they do not fit. */
export function table<Row>(screen: Screen, columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const cells = rows.map((row) => columns.map((column) => oneLine(column.value(row))))
  const natural = columns.map((column, i) =>
    Math.max(columnsOf(column.title), ...cells.map((row) => columnsOf(row[i] ?? ''))),
  )
  const widths = narrowed(columns, natural, screen.width)
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

/** Takes from the flexible columns first, then from the widest. */
function narrowed<Row>(columns: readonly Column<Row>[], natural: readonly number[], width: number): number[] {
  const widths = [...natural]
  const total = () => widths.reduce((sum, w) => sum + w, 0) + gap * (widths.length - 1)
  const shrink = (which: (i: number) => boolean) => {
    while (total() > width) {
      const widest = widths.reduce(
        (best, w, i) => (which(i) && w > narrowest && (best < 0 || w > (widths[best] ?? 0)) ? i : best),
        -1,
      )
      if (widest < 0) return
      widths[widest] = Math.max(narrowest, (widths[widest] ?? 0) - Math.max(1, total() - width > 20 ? 5 : 1))
    }
  }
  shrink((i) => columns[i]?.flexible === true)
  shrink(() => true)
  return widths
}
