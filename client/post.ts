/**
 * Group commit: what is meant for a desk while an update is on its way to it goes together in the next one. Each message has its own
 * answer, and an answer still means that it is durable.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Failure, failure } from '../domain/failures.ts'
import {
  type BatchAnswer,
  batch,
  batchedAtMost,
  type CommandReceipt,
  type DeclareReceipt,
  deskId,
} from '../workflows/messages.ts'
import type { Temporal } from './connect.ts'
import { Refused, refused } from './refused.ts'
import { sendUpdate } from './updates.ts'

/** Temporal warns of payloads from 256 KB on. */
const batchBytes = 250_000
/** Whoever was just answered may have more to say: for so long the next update waits for it. */
const gathersMs = 6
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

/** People do not stand in the queue of machines. */
type Lane = { waiting: Posted[]; bytes: number }
type Letterbox = { isBusy: boolean; readonly people: Lane; readonly machines: Lane }

const letterboxes = new WeakMap<Temporal['connection'], Map<string, Letterbox>>()

/** Posts one command to a desk and returns its answer; throws its refusal, or Temporal's own "not found" where no such desk runs. */
export async function post(
  temporal: Temporal,
  desk: string,
  item: Posted['item'],
): Promise<CommandReceipt | DeclareReceipt> {
  const box = letterboxOf(temporal, desk)
  const lane = item.type === 'alerts' ? box.machines : box.people
  const bytes = JSON.stringify(item).length * 2
  if (lane.waiting.length >= waitingAtMost || lane.bytes + bytes > waitingBytesAtMost)
    throw refused('too-busy', { limit: lane.waiting.length })
  const answer = await new Promise<BatchAnswer['answers'][number]>((answered, failed) => {
    lane.waiting.push({ item, bytes, sinceMs: performance.now(), answered, failed })
    lane.bytes += bytes
    send(temporal, desk, box)
  })
  if ('refusal' in answer) throw new Refused(answer.refusal)
  return answer.answer
}

function send(temporal: Temporal, desk: string, box: Letterbox): void {
  if (box.isBusy) return
  const posted = taken(box)
  if (posted.length === 0) {
    letterboxes.get(temporal.connection)?.delete(desk)
    return
  }
  box.isBusy = true
  deliver(temporal, desk, posted)
    .then(() => sleep(gathersMs))
    .finally(() => {
      box.isBusy = false
      send(temporal, desk, box)
    })
}

async function deliver(temporal: Temporal, desk: string, posted: readonly Posted[]): Promise<void> {
  try {
    const { answers } = await sendUpdate<BatchAnswer>(temporal, {
      workflow: deskId(desk),
      name: batch,
      input: { items: posted.map(({ item }) => item) },
      id: crypto.randomUUID(),
      withinMs: Math.max(answersAtLeastWithinMs, answersWithinMs - waited(posted)),
    })
    for (const [i, { answered }] of posted.entries()) answered(answers[i] ?? { refusal: unanswered(desk) })
  } catch (error) {
    for (const { failed } of posted) failed(error)
  }
}

function waited(posted: readonly Posted[]): number {
  return Math.max(...posted.map(({ sinceMs }) => performance.now() - sinceMs))
}

/** The oldest ones that fit into one update. */
function taken(box: Letterbox): readonly Posted[] {
  const batch: Posted[] = []
  let bytes = 0
  for (const lane of [box.people, box.machines]) {
    let count = 0
    for (const posted of lane.waiting) {
      if (batch.length === batchedAtMost || (batch.length > 0 && bytes + posted.bytes > batchBytes)) break
      count += 1
      lane.bytes -= posted.bytes
      if (waited([posted]) > waitsAtMostMs) {
        posted.failed(refused('too-busy', { limit: lane.waiting.length }))
        continue
      }
      batch.push(posted)
      bytes += posted.bytes
    }
    lane.waiting = lane.waiting.slice(count)
  }
  return batch
}

function unanswered(desk: string): Failure {
  return failure('internal', { where: deskId(desk), reason: 'a batch was not answered in full' })
}

function letterboxOf({ connection }: Temporal, desk: string): Letterbox {
  const boxes = letterboxes.get(connection) ?? new Map<string, Letterbox>()
  letterboxes.set(connection, boxes)
  const box = boxes.get(desk) ?? {
    isBusy: false,
    people: { waiting: [], bytes: 0 },
    machines: { waiting: [], bytes: 0 },
  }
  boxes.set(desk, box)
  return box
}
