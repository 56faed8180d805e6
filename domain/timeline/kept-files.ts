/** Files of an archive against what the timeline says was archived. */
import { canonicalJson } from './canonical.ts'
import type { TimelineEvent } from './chain.ts'
import type { RunEvidence } from './evidence.ts'
import { type Difference, difference } from './unlike.ts'
import { type Missing, numberOf, type Source } from './whole.ts'

export type KeptFile = {
  readonly name: string
  readonly runId: string
  readonly what: 'history' | 'events'
  readonly sha256: string
  /** Of a file of events: what stands in it; undefined where that cannot be read. */
  readonly events?: unknown
}

/** What the timeline says of the file of a run: its SHA-256, where it was put away. */
export function archivedSha256(
  timeline: readonly TimelineEvent[],
  runId: string,
  what: KeptFile['what'],
): string | undefined {
  for (const { type, data } of timeline) {
    if (type !== 'archived' || !isRecord(data) || data.runId !== runId || !isRecord(data.result)) continue
    const sha256 = data.result[what === 'history' ? 'historySha256' : 'eventsSha256']
    if (typeof sha256 === 'string') return sha256
  }
  return undefined
}

/** The first file that is not what was archived, or not what the re-execution gives. */
export function changedFiles(
  runs: readonly RunEvidence[],
  files: readonly KeptFile[],
): Difference | undefined {
  const timeline = runs.flatMap(({ events }) => events)
  for (const file of files) {
    const evidence = runs.find(({ runId }) => runId === file.runId)
    const run = evidence === undefined ? 0 : numberOf(evidence)
    const archived = archivedSha256(timeline, file.runId, file.what)
    if (archived !== undefined && archived !== file.sha256)
      return difference(run, file.name, {
        en: `its SHA-256 is ${file.sha256.slice(0, 12)}; it was ${archived.slice(0, 12)} when archived`,
        ja: `SHA-256 は ${file.sha256.slice(0, 12)}、保管時は ${archived.slice(0, 12)} でした`,
      })
    if (file.what === 'events' && evidence !== undefined && !isBeginning(file.events, evidence.events))
      return difference(run, file.name, {
        en: 'its events are not those of the re-execution',
        ja: '記載されたイベントが再実行の結果と異なります',
      })
  }
  return undefined
}

/**
 * Files of events that were put away and are not there, of runs whose history is. A last run that comes from the archive was put away too,
 * though no event of it can say so.
 */
export function missingFiles(
  runs: readonly RunEvidence[],
  files: readonly KeptFile[],
  source: Source,
): readonly Missing[] {
  const timeline = runs.flatMap(({ events }) => events)
  return runs.flatMap((evidence) => {
    const { runId, events } = evidence
    const here = files.filter((file) => file.runId === runId).map(({ what }) => what)
    const isPutAway = archivedSha256(timeline, runId, 'events') !== undefined || source === 'archive'
    if (!here.includes('history') || here.includes('events') || !isPutAway) return []
    return [absentEvents(numberOf(evidence), events)]
  })
}

function absentEvents(run: number, events: readonly TimelineEvent[]): Missing {
  const [from, to] = [events[0]?.seq, events.at(-1)?.seq]
  return {
    what: 'file',
    run,
    says: {
      en: `the file with the events of run ${run} (${from} to ${to}) is missing; restore it from a copy of the archive`,
      ja: `実行 ${run} のイベント（${from}〜${to}）のファイルがありません。保管先のコピーから戻してください`,
    },
  }
}

/** The last run goes on after its events were put away. */
function isBeginning(events: unknown, made: readonly TimelineEvent[]): boolean {
  return Array.isArray(events) && canonicalJson(events) === canonicalJson(made.slice(0, events.length))
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
