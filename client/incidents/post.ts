/**
 * Group commit: what is meant for a desk while an update is on its way to it goes together in the next one. Each message has its own
 * answer, and an answer still means that it is durable. People do not stand in the queue of machines, nor machines in that of people.
 */
import { type Failure, failure } from '../../domain/failures.ts'
import { Refused, refused } from '../../edge/refused.ts'
import {
  type BatchAnswer,
  batch,
  batchedAtMost,
  type CommandReceipt,
  type DeclareReceipt,
  deskId,
} from '../../wire/messages.ts'
import type { Temporal } from '../temporal/connect.ts'
import { sendUpdate } from '../temporal/updates.ts'

/** Temporal warns of payloads from 256 KB on. */
const batchBytes = 250_000
/**
 * A machine that was just answered is likely to have more to say: the next update waits until as many have come again, so that a storm over 20
 * connections is one update for 20 alerts and not two for ten. It waits no longer than this.
 */
const gathersMs = 25
/** For all desks together: the name of a desk is a label of an alert, and may be anything. */
const waitingAtMost = 20_000
const waitingBytesAtMost = 64_000_000
/** Who asked over HTTP gives up after 30 s: what waited longer is refused unsent, and what is sent is answered by then. */
const waitsAtMostMs = 20_000
const answersWithinMs = 25_000
const answersAtLeastWithinMs = 5_000

type Posted = {
  readonly item: Readonly<Record<string, unknown>> & { readonly type: string }
  readonly bytes: number
  readonly sinceMs: number
  readonly answered: (answer: BatchAnswer['answers'][number]) => void
  readonly failed: (error: unknown) => void
}

/** What waits for one desk while an update to it is on its way. */
type Letterbox = {
  isBusy: boolean
  waiting: Posted[]
  /** Hears of each command that comes while the next update is gathered. */
  came?: (() => void) | undefined
  /** What the last update failed with. */
  failedWith?: unknown
}

/** The letterboxes of all desks, by name, and what waits in them. */
type Lane = {
  count: number
  bytes: number
  readonly boxes: Map<string, Letterbox>
  readonly gathers: boolean
}
type Lanes = { readonly people: Lane; readonly machines: Lane }

const lanesOf = new WeakMap<Temporal['connection'], Lanes>()

/** Posts one command to a desk and returns its answer; throws its refusal, or Temporal's own "not found" where no such desk runs. */
export async function post(
  temporal: Temporal,
  desk: string,
  item: Posted['item'],
): Promise<CommandReceipt | DeclareReceipt> {
  const lane = laneFor(temporal, item)
  const bytes = JSON.stringify(item).length * 2
  if (lane.count >= waitingAtMost || lane.bytes + bytes > waitingBytesAtMost)
    throw refused('too-busy', { limit: lane.count })
  const answer = await new Promise<BatchAnswer['answers'][number]>((answered, failed) => {
    const box = lane.boxes.get(desk) ?? { isBusy: false, waiting: [] }
    lane.boxes.set(desk, box)
    box.waiting.push({ item, bytes, sinceMs: performance.now(), answered, failed })
    lane.count += 1
    lane.bytes += bytes
    box.came?.()
    send(temporal, lane, desk, box)
  })
  if ('refusal' in answer) throw new Refused(answer.refusal)
  return answer.answer
}

function send(temporal: Temporal, lane: Lane, desk: string, box: Letterbox): void {
  if (box.isBusy) return
  const posted = taken(lane, box)
  if (posted.length === 0) {
    lane.boxes.delete(desk)
    return
  }
  box.isBusy = true
  deliver(temporal, desk, posted)
    .then((failedWith) => {
      box.failedWith = failedWith
      return lane.gathers ? gathered(box, posted.length) : undefined
    })
    .finally(() => {
      box.isBusy = false
      send(temporal, lane, desk, box)
    })
}

/** Until as many have come as were just answered, or one update can take no more. */
async function gathered(box: Letterbox, answered: number): Promise<void> {
  if (fitting(box).length < box.waiting.length) return
  const enough = Math.min(box.waiting.length + answered, batchedAtMost)
  await new Promise<void>((resolve) => {
    const atLast = setTimeout(resolve, gathersMs)
    box.came = () => {
      if (box.waiting.length < enough) return
      clearTimeout(atLast)
      resolve()
    }
  })
  box.came = undefined
}

/** Answers everybody; returns what the update failed with. */
async function deliver(temporal: Temporal, desk: string, posted: readonly Posted[]): Promise<unknown> {
  try {
    const { answers } = await sendUpdate<BatchAnswer>(temporal, {
      workflow: deskId(desk),
      name: batch,
      input: { items: posted.map(({ item }) => item) },
      id: crypto.randomUUID(),
      withinMs: Math.max(answersAtLeastWithinMs, answersWithinMs - waited(posted)),
    })
    for (const [i, { answered }] of posted.entries()) answered(answers[i] ?? { refusal: unanswered(desk) })
    return undefined
  } catch (error) {
    for (const { failed } of posted) failed(error)
    return error
  }
}

function waited(posted: readonly Posted[]): number {
  return Math.max(...posted.map(({ sinceMs }) => performance.now() - sinceMs))
}

/** The oldest ones that fit into one update; what has waited too long is refused, for the reason that it had to wait. */
function taken(lane: Lane, box: Letterbox): readonly Posted[] {
  const nowMs = performance.now()
  // They stand in the order in which they came.
  const inTime = box.waiting.findIndex(({ sinceMs }) => nowMs - sinceMs <= waitsAtMostMs)
  const late = box.waiting.slice(0, inTime < 0 ? undefined : inTime)
  for (const { failed } of late) failed(box.failedWith ?? refused('too-busy', { limit: lane.count }))
  box.waiting = box.waiting.slice(late.length)
  const posted = fitting(box)
  box.waiting = box.waiting.slice(posted.length)
  for (const { bytes } of [...late, ...posted]) {
    lane.count -= 1
    lane.bytes -= bytes
  }
  return posted
}

/** The oldest ones, as many as one update takes. */
function fitting({ waiting }: Letterbox): readonly Posted[] {
  let bytes = 0
  const beyond = waiting.findIndex((posted, i) => {
    bytes += posted.bytes
    return i === batchedAtMost || (i > 0 && bytes > batchBytes)
  })
  return beyond < 0 ? waiting : waiting.slice(0, beyond)
}

function unanswered(desk: string): Failure {
  return failure('internal', {
    where: deskId(desk),
    reason: { en: 'a batch was only partly answered', ja: 'まとめて送った報告の一部に応答がありません' },
  })
}

function laneFor({ connection }: Temporal, { type }: Posted['item']): Lane {
  const empty = { count: 0, bytes: 0 }
  const lanes: Lanes = lanesOf.get(connection) ?? {
    people: { ...empty, boxes: new Map(), gathers: false },
    machines: { ...empty, boxes: new Map(), gathers: true },
  }
  lanesOf.set(connection, lanes)
  return type === 'alerts' ? lanes.machines : lanes.people
}
