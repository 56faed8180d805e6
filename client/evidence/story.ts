/** The story of an incident as files of a bundle: its runs, its timeline, its reports, its steps. */
import { maskerOf } from '../../domain/evidence/mask.ts'
import { maskValue } from '../../domain/evidence/mask-value.ts'
import { asOf } from '../../domain/incident/as-of.ts'
import type { IncidentEvent } from '../../domain/incident/fold/events.ts'
import type { IncidentState } from '../../domain/incident/fold/state.ts'
import { wholePicture } from '../../domain/runbook/parts.ts'
import { report } from '../../domain/telling/report.ts'
import { canonicalJson } from '../../domain/timeline/canonical.ts'
import { numberOf } from '../../domain/timeline/whole.ts'
import { localTime } from '../../edge/local-time.ts'
import { eventsFile, historyFile, runName } from '../../wire/archive.ts'
import type { Evidence } from '../replay/histories.ts'
import { outlineOf } from '../replay/outline.ts'
import { type HistoryEvent, inputOf } from '../replay/recorded.ts'
import type { Replayed } from '../replay/replay.ts'
import { changesIn, databasesIn } from './changes.ts'
import { type Piece, textPiece } from './piece.ts'

/** Where a bundle holds the runs. */
export const runsFolder = 'runs'

/** As it was after its last event; undefined where the first run is missing. */
export function stateOf({
  opening,
  timeline,
}: Pick<Replayed, 'opening' | 'timeline'>): IncidentState | undefined {
  return opening === undefined ? undefined : asOf(opening, timeline as readonly IncidentEvent[])
}

export function storyPieces(
  { histories }: Evidence,
  replayed: Replayed,
  state: IncidentState | undefined,
  madeMs: number,
): readonly Piece[] {
  const timeline = replayed.timeline as readonly IncidentEvent[]
  return [
    ...histories.flatMap((history) => runPieces(history, timeline)),
    textPiece('timeline.json', json(timeline)),
    ...stepPieces(timeline),
    ...changePieces(timeline),
    ...(state === undefined ? [] : [...databasePieces(timeline, state), ...statePieces(state, madeMs)]),
  ]
}

/** As the archive has them, byte for byte: what the timeline says of their SHA-256 holds here too. */
function runPieces(history: unknown, timeline: readonly IncidentEvent[]): readonly Piece[] {
  const { runId } = outlineOf(history) ?? {}
  if (runId === undefined) return []
  const run = numberOf({ input: inputOf((history as { readonly events: readonly HistoryEvent[] }).events) })
  const stem = `${runsFolder}/${runName(run)}`
  const events = eventsOfRun(run, timeline)
  return [
    textPiece(historyFile(stem), `${canonicalJson(history)}\n`),
    textPiece(eventsFile(stem), `${JSON.stringify(putAway(runId, events, timeline))}\n`),
  ]
}

function eventsOfRun(run: number, timeline: readonly IncidentEvent[]): readonly IncidentEvent[] {
  let current = 1
  return timeline.filter((event) => {
    if (event.type === 'continued') current = event.data.run
    return current === run
  })
}

/** The beginning that was put away: of the last run what came after it is not in its file. */
function putAway(
  runId: string,
  events: readonly IncidentEvent[],
  timeline: readonly IncidentEvent[],
): readonly IncidentEvent[] {
  for (const { type, data } of timeline) {
    if (type !== 'archived' || data.runId !== runId) continue
    const { events: count } = Object(data.result) as { readonly events?: unknown }
    if (typeof count === 'number') return events.slice(0, count)
  }
  return events
}

/** What each run of a step read, planned and did, as the timeline has it. */
function stepPieces(timeline: readonly IncidentEvent[]): readonly Piece[] {
  const byRun = new Map<string, IncidentEvent[]>()
  for (const event of timeline) {
    const { run } = event.data as { readonly run?: unknown }
    if (typeof run !== 'string') continue
    byRun.set(run, [...(byRun.get(run) ?? []), event])
  }
  return [...byRun].map(([run, events]) => textPiece(`steps/${run}.json`, json(events)))
}

/** What stood there before each change and after it. */
function changePieces(timeline: readonly IncidentEvent[]): readonly Piece[] {
  return changesIn(timeline).map((changed) =>
    textPiece(`changes/${changed.run}.json`, json(maskValue(changed, maskerOf()))),
  )
}

/** What databases said of themselves while it was open, one look a line. */
function databasePieces(timeline: readonly IncidentEvent[], { runbook }: IncidentState): readonly Piece[] {
  const kinds = new Map(wholePicture(runbook).map(({ id, kind }) => [id, kind]))
  const seen = databasesIn(timeline, (part) => kinds.get(part))
  const lines = seen.map((look) => `${JSON.stringify(maskValue(look, maskerOf()))}\n`)
  return lines.length === 0 ? [] : [textPiece('databases/seen.jsonl', lines.join(''))]
}

function statePieces(state: IncidentState, madeMs: number): readonly Piece[] {
  const { findings, situation, runbook, ...rest } = state
  const times = { localTime: (ms: number) => localTime(ms, runbook.book.timezone), now: madeMs }
  return [
    textPiece('situation.json', json({ findings, situation })),
    textPiece('state.json', json(rest)),
    textPiece('runbook.json', json(runbook)),
    textPiece('report.ja.txt', `${report(state, 'ja', times)}\n`),
    textPiece('report.en.txt', `${report(state, 'en', times)}\n`),
  ]
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 1)}\n`
}
