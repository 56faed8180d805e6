/**
 * Holds a re-execution against what was recorded at the time. A query only re-executes the same history, so it proves nothing; the
 * receipts do: every update outcome, activity input, continue-as-new input and result carries the chain's head of its moment.
 */
import type { Receipt } from '../words.ts'
import { canonicalJson } from './canonical.ts'
import { genesis, type TimelineEvent } from './chain.ts'

/** Something that left the workflow: as the history has it, or as the re-execution makes it. */
export type Sent = { readonly kind: string; readonly id: string; readonly payload: unknown }

/** One run of a workflow: what its history holds, and what re-executing it gave. */
export type RunEvidence = {
  readonly run: number
  readonly input: unknown
  readonly recorded: readonly Sent[]
  readonly events: readonly TimelineEvent[]
  readonly sent: readonly Sent[]
  /** Set where the re-execution could not follow the history to its end. */
  readonly broke?: string
}

export type Verdict = {
  readonly identical: boolean
  readonly events: number
  readonly receipts: number
  /** Head of the re-executed chain. */
  readonly sha256: string
  /** Events after the newest receipt: true to the history, but nothing outside of it vouches for them yet. */
  readonly unsealed: number
  readonly difference?: Difference
}

export type Difference = {
  readonly run: number
  /** The receipt or payload that differs first, such as `activity step/rollback/run`. */
  readonly at: string
  /** The first event that can differ, and the last one. */
  readonly events?: readonly [number, number]
  readonly says: string
}

export function prove(runs: readonly RunEvidence[]): Verdict {
  const chain = new Map<number, string>()
  let receipts = 0
  let head = genesis
  let sealed = 0
  let carried: unknown
  let difference: Difference | undefined
  for (const evidence of runs) {
    if (difference !== undefined) break
    const { run } = evidence
    if (carried !== undefined && canonicalJson(carried) !== canonicalJson(evidence.input)) {
      difference = {
        run,
        at: 'input',
        says: `run ${run} was not started with what run ${run - 1} handed over`,
      }
      break
    }
    for (const event of evidence.events) {
      chain.set(event.seq, event.hash)
      head = { seq: event.seq, hash: event.hash }
    }
    for (const entry of evidence.recorded) {
      const receipt = receiptIn(entry)
      if (receipt === undefined) continue
      const actual = receipt.seq === 0 ? genesis.hash : chain.get(receipt.seq)
      if (actual !== receipt.hash) {
        difference = wrongReceipt(run, entry, receipt, actual, sealed)
        break
      }
      receipts += 1
      sealed = Math.max(sealed, receipt.seq)
    }
    difference ??= wrongPayload(run, evidence)
    if (difference === undefined && evidence.broke !== undefined) {
      difference = {
        run,
        at: 'history',
        says: `the re-execution took another course after event ${head.seq}: ${evidence.broke}`,
      }
    }
    carried = evidence.sent.find((entry) => entry.kind === 'continue-as-new')?.payload
  }
  return {
    identical: difference === undefined,
    events: chain.size,
    receipts,
    sha256: head.hash,
    unsealed: Math.max(0, head.seq - sealed),
    ...(difference === undefined ? {} : { difference }),
  }
}

function wrongReceipt(
  run: number,
  entry: Sent,
  receipt: Receipt,
  actual: string | undefined,
  sealed: number,
): Difference {
  const at = name(entry)
  if (actual === undefined) {
    return { run, at, says: `its receipt names event ${receipt.seq}, which the re-execution does not have` }
  }
  const range = [Math.min(sealed + 1, receipt.seq), receipt.seq] as const
  return {
    run,
    at,
    events: range,
    says: `its receipt says ${receipt.hash.slice(0, 12)} for event ${receipt.seq}, the re-execution gives ${actual.slice(0, 12)}`,
  }
}

/** Every payload that left, byte for byte as canonical JSON, in the order of its kind. */
function wrongPayload(run: number, evidence: RunEvidence): Difference | undefined {
  const made = new Map<string, Sent[]>()
  for (const entry of evidence.sent) made.set(name(entry), [...(made.get(name(entry)) ?? []), entry])
  for (const entry of evidence.recorded) {
    const twin = made.get(name(entry))?.shift()
    if (twin === undefined) {
      return { run, at: name(entry), says: 'it stands in the history, and the re-execution did not make it' }
    }
    const recorded = canonicalJson(entry.payload)
    const again = canonicalJson(twin.payload)
    if (recorded !== again) {
      return {
        run,
        at: name(entry),
        says: `what left the workflow is recorded otherwise: ${firstDifference(recorded, again)}`,
      }
    }
  }
  return undefined
}

function name(entry: Sent): string {
  return entry.id === '' ? entry.kind : `${entry.kind} ${entry.id}`
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

function firstDifference(a: string, b: string): string {
  let at = 0
  while (at < a.length && a[at] === b[at]) at += 1
  const from = Math.max(0, at - 20)
  return `…${a.slice(from, at + 20)}… against …${b.slice(from, at + 20)}…`
}
