/** Figures as rows for spreadsheets: one kind of row for each table, told apart by the first column. */
import type { Grouping, Spread, Stats } from '../../domain/figures/stats.ts'

const head = ['table', 'name', 'measure', 'value']

/** Times in seconds; quoted as RFC 4180 says, with a head. */
export function statsCsv({ all, groups, people, steps, neverSeen }: Stats, by: Grouping): string {
  const rows = [
    ...[{ ...all, name: 'all' }, ...groups].flatMap(
      ({ name, incidents, open, cancelled, pages, ...times }) => [
        [by, name, 'incidents', incidents],
        [by, name, 'open', open],
        [by, name, 'cancelled', cancelled],
        [by, name, 'pages', pages],
        ...(['mtta', 'mttm', 'mttr'] as const).flatMap((measure) =>
          timeRows(by, name, measure, times[measure]),
        ),
      ],
    ),
    ...people.flatMap(({ person, pages, atNight, nights }) => [
      ['person', person, 'pages', pages],
      ['person', person, 'pages at night', atNight],
      ...nights.map(({ night, pages }) => ['person', person, `night ${night}`, pages]),
    ]),
    ...steps.flatMap(({ runbook, step, runs, verified, healed, failed, undone, dropped }) =>
      Object.entries({ runs, verified, healed, failed, undone, dropped }).map(([measure, value]) => [
        'step',
        `${runbook}/${step}`,
        measure,
        value,
      ]),
    ),
    ...neverSeen.map(({ runbook, service, id }) => ['symptom', `${runbook}/${service}/${id}`, 'seen', 0]),
  ]
  return [head, ...rows].map((row) => row.map((cell) => cellOf(String(cell))).join(',')).join('\n')
}

function timeRows(
  by: string,
  name: string,
  measure: string,
  spread: Spread | undefined,
): readonly (string | number)[][] {
  if (spread === undefined) return []
  return [
    [by, name, `${measure} median`, spread.medianMs / 1_000],
    [by, name, `${measure} mean`, spread.meanMs / 1_000],
    [by, name, `${measure} of`, spread.of],
  ]
}

/** A name that a spreadsheet would take for a formula is text. */
function cellOf(value: string): string {
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
