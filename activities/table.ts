import { showDuration } from '../domain/duration.ts'

/** Columns as kubectl prints them: two blanks between, the last one not padded. Cells are ASCII names and figures. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  )
  return rows
    .map((row) =>
      row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0))).join('  '),
    )
    .join('\n')
}

/** `3m20s`, at most two units. */
export function age(ms: number): string {
  return /^(?:\d+[a-z]+){1,2}/.exec(showDuration(Math.max(0, Math.floor(ms / 1_000) * 1_000)))?.[0] ?? '0s'
}
