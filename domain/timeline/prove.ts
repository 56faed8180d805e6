/**
 * Holds a re-execution against what was recorded at the time. A query only re-executes the same history, so it proves nothing; the
 * receipts do: every update outcome, activity input, continue-as-new input and result carries the chain's head of its moment. And what
 * is proven must be whole: runs that follow each other from the opening to an end (whole.ts).
 */
import { present } from '../present.ts'
import type { Receipt } from '../words.ts'
import { firstBreak, genesis, type TimelineEvent } from './chain.ts'
import type { Reset, RunEvidence } from './evidence.ts'
import { changedFiles, type KeptFile, missingFiles } from './kept-files.ts'
import { type Difference, difference, type Sent, unlike } from './unlike.ts'
import {
  byNumber,
  type Ending,
  endingOf,
  handedOver,
  type Missing,
  misplaced,
  missingFrom,
  missingHead,
  numberOf,
  type Source,
  unchained,
  unreadableFile,
} from './whole.ts'

/** A run of before a reset, re-executed. */
export type FormerRun = { readonly runId: string; readonly events: readonly TimelineEvent[] }

export type Proof = {
  readonly runs: readonly RunEvidence[]
  readonly source: Source
  readonly formerRuns?: readonly FormerRun[]
  readonly files?: readonly KeptFile[]
  /** Names of files that should hold a run and cannot be read. */
  readonly unreadable?: readonly string[]
  /** A head that stands elsewhere: in a page, in an annotation of Kubernetes. */
  readonly head?: Receipt
}

export type Verdict = {
  readonly verdict: 'identical' | 'different' | 'incomplete'
  readonly identical: boolean
  readonly runs: number
  readonly events: number
  readonly receipts: number
  /** Head of the re-executed chain. */
  readonly sha256: string
  /** Events after the newest receipt: true to the history, but nothing outside of it vouches for them yet. */
  readonly unsealed: number
  readonly ends: Ending
  readonly resets: readonly Reset[]
  readonly difference?: Difference
  /** What is not there; the first of it says the most. */
  readonly missing: readonly Missing[]
}

export function prove(proof: Proof): Verdict {
  const { source, formerRuns = [], files = [], unreadable = [], head: asked } = proof
  const runs = byNumber(proof.runs)
  const chain = new Map<number, string>()
  /** Up to here nothing is known of the chain but its head: runs before it are missing. */
  let unknownTo = genesis.seq
  let receipts = 0
  let head = genesis
  let sealed = 0
  let found: Difference | undefined
  let before: RunEvidence | undefined
  for (const evidence of runs) {
    // What cannot be followed is missing, not different.
    if (evidence.gap !== undefined) continue
    const run = numberOf(evidence)
    found = misplaced(evidence, before)
    if (found !== undefined) break
    const start = handedOver(evidence.input)?.head ?? genesis
    if (before === undefined || numberOf(before) + 1 !== run) {
      unknownTo = start.seq
      chain.set(start.seq, start.hash)
    } else {
      found = unchained(before, evidence)
      if (found !== undefined) break
    }
    before = evidence
    const broken = firstBreak(evidence.events, start)
    if (broken !== undefined) {
      found = difference(run, 'chain', {
        en: `event ${broken.seq} does not follow from the one before it`,
        ja: `イベント ${broken.seq} が直前のイベントとつながっていません`,
      })
      break
    }
    for (const event of evidence.events) chain.set(event.seq, event.hash)
    head = chainEnd(evidence, start)
    for (const entry of evidence.recorded) {
      const receipt = receiptIn(entry)
      if (receipt === undefined || receipt.seq < unknownTo) continue
      const actual = receipt.seq === 0 ? genesis.hash : chain.get(receipt.seq)
      if (actual !== receipt.hash) {
        found = wrongReceipt(run, entry, receipt, actual, sealed)
        break
      }
      receipts += 1
      sealed = Math.max(sealed, receipt.seq)
    }
    found ??= unlike(run, evidence)
    if (found !== undefined) break
  }
  found ??= wrongHead(asked, chain) ?? changedFiles(runs, files)
  const resets = runs.flatMap(({ resets }) => resets).map((reset) => withLoss(reset, formerRuns, chain))
  const ends = endingOf(runs, source, head)
  const missing = [
    ...unreadable.map(unreadableFile),
    ...missingFiles(runs, files, source),
    ...missingFrom(runs, ends, resets),
    ...missingHead(asked, head, chain),
  ]
  const verdict = found !== undefined ? 'different' : missing.length > 0 ? 'incomplete' : 'identical'
  return {
    verdict,
    identical: verdict === 'identical',
    runs: runs.length,
    events: runs.reduce((sum, { events }) => sum + events.length, 0),
    receipts,
    sha256: head.hash,
    unsealed: Math.max(0, head.seq - sealed),
    ends,
    resets,
    ...present({ difference: found }),
    missing,
  }
}

function chainEnd({ events }: RunEvidence, start: Receipt): Receipt {
  const last = events.at(-1)
  return last === undefined ? start : { seq: last.seq, hash: last.hash }
}

function wrongReceipt(
  run: number,
  entry: Sent,
  receipt: Receipt,
  actual: string | undefined,
  sealed: number,
): Difference {
  if (actual === undefined) {
    return difference(run, entry, {
      en: `its receipt names event ${receipt.seq}, which the re-execution lacks`,
      ja: `受領記録にあるイベント ${receipt.seq} が再実行にはありません`,
    })
  }
  const [then, now] = [receipt.hash.slice(0, 12), actual.slice(0, 12)]
  return {
    ...difference(run, entry, {
      en: `for event ${receipt.seq} its receipt says ${then}, the re-execution ${now}`,
      ja: `イベント ${receipt.seq} の受領記録は ${then}、再実行では ${now} です`,
    }),
    events: [Math.min(sealed + 1, receipt.seq), receipt.seq],
  }
}

function wrongHead(asked: Receipt | undefined, chain: ReadonlyMap<number, string>): Difference | undefined {
  const actual = asked && chain.get(asked.seq)
  if (asked === undefined || actual === undefined || actual === asked.hash) return undefined
  const [then, now] = [asked.hash.slice(0, 12), actual.slice(0, 12)]
  return difference(0, 'head', {
    en: `event ${asked.seq} was ${then} when its head was issued, and is ${now} here`,
    ja: `イベント ${asked.seq} は発行時 ${then}、ここでは ${now} です`,
  })
}

/** How many events of the former run are not in the story that goes on. */
function withLoss(reset: Reset, former: readonly FormerRun[], chain: ReadonlyMap<number, string>): Reset {
  const events = former.find(({ runId }) => runId === reset.formerRunId)?.events
  if (events === undefined) return reset
  return { ...reset, lost: events.filter(({ seq, hash }) => chain.get(seq) !== hash).length }
}

/** The receipt that a payload carries, wherever its kind keeps it. */
function receiptIn({ payload }: Sent): Receipt | undefined {
  for (const path of [[], ['receipt'], ['head'], ['context', 'head'], ['carried', 'head']]) {
    const found = path.reduce<unknown>((value, key) => member(value, key), payload)
    if (isReceipt(found)) return found
  }
  return undefined
}

function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && key in value
    ? (value as Record<string, unknown>)[key]
    : undefined
}

function isReceipt(value: unknown): value is Receipt {
  return typeof member(value, 'seq') === 'number' && typeof member(value, 'hash') === 'string'
}
