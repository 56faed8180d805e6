/**
 * Group commit: what is meant for a desk while an update is on its way to it goes together in the next one. Each message has its own
 * answer, and an answer still means that it is durable.
 */
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
/** Two, so that the desk is never idle while an answer travels. */
const onTheWayAtMost = 2
const waitingAtMost = 20_000
const waitingBytesAtMost = 64_000_000
/** Whoever waits longer has given up already, and sends it again. */
const waitsAtMostMs = 25_000

type Posted = {
  readonly item: Readonly<Record<string, unknown>> & { readonly type: string }
  readonly bytes: number
  readonly sinceMs: number
  readonly answered: (answer: BatchAnswer['answers'][number]) => void
  readonly failed: (error: unknown) => void
}

type Letterbox = { onTheWay: number; waiting: Posted[]; waitingBytes: number }

const letterboxes = new WeakMap<Temporal['connection'], Map<string, Letterbox>>()

/** Posts one command to a desk and returns its answer; throws its refusal, or Temporal's own "not found" where no such desk runs. */
export async function post(
  temporal: Temporal,
  desk: string,
  item: Posted['item'],
): Promise<CommandReceipt | DeclareReceipt> {
  const box = letterboxOf(temporal, desk)
  const bytes = JSON.stringify(item).length * 2
  if (box.waiting.length >= waitingAtMost || box.waitingBytes + bytes > waitingBytesAtMost)
    throw refused('too-busy', { limit: box.waiting.length })
  const answer = await new Promise<BatchAnswer['answers'][number]>((answered, failed) => {
    box.waiting.push({ item, bytes, sinceMs: performance.now(), answered, failed })
    box.waitingBytes += bytes
    send(temporal, desk, box)
  })
  if ('refusal' in answer) throw new Refused(answer.refusal)
  return answer.answer
}

function send(temporal: Temporal, desk: string, box: Letterbox): void {
  while (box.onTheWay < onTheWayAtMost && box.waiting.length > 0) {
    const posted = taken(box)
    if (posted.length === 0) continue
    box.onTheWay += 1
    deliver(temporal, desk, posted).finally(() => {
      box.onTheWay -= 1
      send(temporal, desk, box)
    })
  }
}

async function deliver(temporal: Temporal, desk: string, posted: readonly Posted[]): Promise<void> {
  try {
    const { answers } = await sendUpdate<BatchAnswer>(temporal, {
      workflow: deskId(desk),
      name: batch,
      input: { items: posted.map(({ item }) => item) },
      id: crypto.randomUUID(),
    })
    for (const [i, { answered }] of posted.entries()) answered(answers[i] ?? { refusal: unanswered(desk) })
  } catch (error) {
    for (const { failed } of posted) failed(error)
  }
}

/** The oldest ones that fit into one update. */
function taken(box: Letterbox): readonly Posted[] {
  const batch: Posted[] = []
  let bytes = 0
  let count = 0
  for (const posted of box.waiting) {
    if (batch.length === batchedAtMost || (batch.length > 0 && bytes + posted.bytes > batchBytes)) break
    count += 1
    box.waitingBytes -= posted.bytes
    if (performance.now() - posted.sinceMs > waitsAtMostMs) {
      posted.failed(refused('too-busy', { limit: box.waiting.length }))
      continue
    }
    batch.push(posted)
    bytes += posted.bytes
  }
  box.waiting = box.waiting.slice(count)
  return batch
}

function unanswered(desk: string): Failure {
  return failure('internal', { where: deskId(desk), reason: 'a batch was not answered in full' })
}

function letterboxOf({ connection }: Temporal, desk: string): Letterbox {
  const boxes = letterboxes.get(connection) ?? new Map<string, Letterbox>()
  letterboxes.set(connection, boxes)
  const box = boxes.get(desk) ?? { onTheWay: 0, waiting: [], waitingBytes: 0 }
  boxes.set(desk, box)
  return box
}
