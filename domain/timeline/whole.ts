/**
 * Whether a story is all there: runs from the opening on, each handed over to the next, and an end. What is right and not whole proves
 * nothing about what is not there.
 */
import { counted, verbFor } from '../counted.ts'
import type { Receipt, Text } from '../words.ts'
import { isSame } from './canonical.ts'
import type { Reset, RunEvidence } from './evidence.ts'
import { type Difference, difference, isTorn } from './unlike.ts'

/**
 * Who says how it stands: Temporal, of a workflow that is `running` or `over`; or an `archive` alone, whose copy of the last run was made
 * in that run and so ends with the call that made it.
 */
export type Source = 'running' | 'over' | 'archive'

export type Ending = {
  /** `cut`: it has none. `continued`: in a run that is not here. `outside`: Temporal ended it, not the workflow. */
  readonly how: 'closed' | 'open' | 'archived' | 'outside' | 'continued' | 'cut'
  /** The last event of the timeline that is here. */
  readonly seq: number
}

export type Missing = {
  readonly what: 'file' | 'run' | 'events' | 'end' | 'reset' | 'head'
  readonly run?: number
  readonly says: Text
}

/** Of an incident all runs before it; of a desk those that are not in the archive yet, and the one before it in any case. */
type EarlierRuns = readonly { readonly runId: string; readonly run?: number }[]
type HandedOver = { readonly head?: Receipt; readonly earlierRuns?: EarlierRuns }

/** What a run got from the one before it; undefined for the first. */
export function handedOver(input: unknown): HandedOver | undefined {
  if (typeof input !== 'object' || input === null || !('carried' in input)) return undefined
  const { carried } = input
  return typeof carried === 'object' && carried !== null ? carried : undefined
}

/** Which run of its workflow it is, as its own input says. */
export function numberOf({ input }: Pick<RunEvidence, 'input'>): number {
  const earlier = handedOver(input)?.earlierRuns
  return Array.isArray(earlier) ? (earlier.at(-1)?.run ?? earlier.length) + 1 : 1
}

export function byNumber(runs: readonly RunEvidence[]): readonly RunEvidence[] {
  return runs.toSorted((a, b) => numberOf(a) - numberOf(b))
}

/** Why a run is not what stands in its place. */
export function misplaced(evidence: RunEvidence, before: RunEvidence | undefined): Difference | undefined {
  const run = numberOf(evidence)
  const { named = run } = evidence
  if (named !== run)
    return difference(run, 'file name', {
      en: `the file says run ${named}, its input says run ${run}`,
      ja: `ファイル名は実行 ${named}、入力は実行 ${run} を示しています`,
    })
  if (before === undefined || numberOf(before) !== run) return undefined
  return difference(run, 'run', {
    en: `two histories are run ${run}: ${before.runId} and ${evidence.runId}`,
    ja: `実行 ${run} の履歴が 2 つあります: ${before.runId} と ${evidence.runId}`,
  })
}

/** Why a run does not go on from the one before it. */
export function unchained(before: RunEvidence, evidence: RunEvidence): Difference | undefined {
  const run = numberOf(evidence)
  const carried = before.sent.find(({ kind }) => kind === 'continue-as-new')?.payload
  if (carried !== undefined && !isSame(carried, evidence.input))
    return difference(run, 'input', {
      en: `the input of run ${run} is not what run ${run - 1} handed over`,
      ja: `実行 ${run} の入力が実行 ${run - 1} の引き継ぎと異なります`,
    })
  const isChained =
    evidence.follows === before.runId &&
    before.next === evidence.startedAs &&
    handedOver(evidence.input)?.earlierRuns?.at(-1)?.runId === before.runId
  if (isChained) return undefined
  return difference(run, 'run', {
    en: `run ${run} (${evidence.runId}) does not follow from run ${run - 1} (${before.runId})`,
    ja: `実行 ${run}（${evidence.runId}）が実行 ${run - 1}（${before.runId}）の続きではありません`,
  })
}

export function endingOf(runs: readonly RunEvidence[], source: Source, { seq }: Receipt): Ending {
  const last = runs.at(-1)
  if (last === undefined) return { how: 'cut', seq }
  if (last.end !== 'none') return { how: last.end, seq }
  if (isTorn(last)) return { how: 'cut', seq }
  if (source === 'running') return { how: 'open', seq }
  return { how: source === 'archive' && isPuttingItselfAway(last) ? 'archived' : 'cut', seq }
}

/** The last run is put away by its own workflow, and only when that is over. */
function isPuttingItselfAway(evidence: RunEvidence): boolean {
  const own = `archive/${numberOf(evidence)}`
  return evidence.recorded.some(({ kind, id }) => kind === 'activity' && id === own)
}

export function missingFrom(
  runs: readonly RunEvidence[],
  { how, seq }: Ending,
  resets: readonly Reset[],
): readonly Missing[] {
  const last = runs.at(-1)
  if (last === undefined) return [absentRun(1, undefined)]
  const number = numberOf(last)
  const here = new Set(runs.map(numberOf))
  const earlier = handedOver(last.input)?.earlierRuns ?? []
  const idOf = (run: number) => earlier.find((one, index) => (one.run ?? index + 1) === run)?.runId
  const absent = Array.from({ length: number }, (_, i) => i + 1).filter((run) => !here.has(run))
  return [
    ...runs.flatMap(({ gap, ...evidence }) => (gap === undefined ? [] : [gapIn(numberOf(evidence), gap)])),
    ...absent.map((run) => absentRun(run, idOf(run))),
    ...(how === 'continued' ? [absentRun(number + 1, last.next)] : []),
    ...(how === 'cut' ? [noEnd(number, seq)] : []),
    ...(how === 'outside' ? [endedOutside(number, seq)] : []),
    ...resets.flatMap((reset) => (reset.lost === 0 ? [] : [lostBy(reset)])),
  ]
}

export function unreadableFile(name: string): Missing {
  return { what: 'file', says: { en: `${name} cannot be read`, ja: `${name} を読み取れません` } }
}

function gapIn(run: number, event: number): Missing {
  return {
    what: 'events',
    run,
    says: {
      en: `the history of run ${run} lacks Temporal's event ${event} but has later ones`,
      ja: `実行 ${run} の履歴に Temporal のイベント ${event} がありません（後続はあります）`,
    },
  }
}

function absentRun(run: number, runId: string | undefined): Missing {
  const id = runId === undefined ? '' : ` (${runId})`
  return {
    what: 'run',
    run,
    says: { en: `run ${run}${id} is missing`, ja: `実行 ${run}${id} の履歴がありません` },
  }
}

function noEnd(run: number, seq: number): Missing {
  return {
    what: 'end',
    run,
    says: {
      en: `run ${run} has no end: nothing after event ${seq}`,
      ja: `実行 ${run} に終わりがありません。イベント ${seq} より後の記録がありません`,
    },
  }
}

function endedOutside(run: number, seq: number): Missing {
  return {
    what: 'end',
    run,
    says: {
      en: `run ${run} was ended from outside after event ${seq}, not by its own rules`,
      ja: `実行 ${run} はイベント ${seq} の後、外部から終了させられました`,
    },
  }
}

function lostBy({ run, event, at, reason, formerRunId, lost }: Reset): Missing {
  const why = reason === '' ? '' : `: ${reason}`
  const en =
    lost === undefined
      ? `what ${formerRunId} held after that is missing`
      : `${counted(lost, 'event')} of ${formerRunId} ${verbFor(lost)} not included`
  const ja =
    lost === undefined
      ? `${formerRunId} のその後の記録がありません`
      : `${formerRunId} のイベント ${lost} 件が含まれていません`
  return {
    what: 'reset',
    run,
    says: {
      en: `run ${run} was reset at ${at}, before Temporal's event ${event}${why}; ${en}`,
      ja: `実行 ${run} は ${at} に Temporal のイベント ${event} の前までリセットされました${why}。${ja}`,
    },
  }
}

/** A head that was given out elsewhere, of an event that is not here. */
export function missingHead(
  asked: Receipt | undefined,
  { seq }: Receipt,
  chain: ReadonlyMap<number, string>,
): readonly Missing[] {
  if (asked === undefined || chain.has(asked.seq)) return []
  return [
    {
      what: 'head',
      says: {
        en: `event ${asked.seq} of the given head is missing; the last one is ${seq}`,
        ja: `指定された先頭のイベント ${asked.seq} がありません（最後は ${seq}）`,
      },
    },
  ]
}
