/** The chain as a workflow keeps it: state and head, and the events of this run for queries. Replay reads the sink. */
import { ApplicationFailure, proxySinks, type Sinks, workflowInfo } from '@temporalio/workflow'
import { jsonBytes } from '../../domain/timeline/canonical.ts'
import { append, type Fact, type TimelineEvent } from '../../domain/timeline/chain.ts'
import type { Sent } from '../../domain/timeline/unlike.ts'
import type { Receipt } from '../../domain/words.ts'
import { proofWorker } from '../../wire/messages.ts'

/**
 * Heard only while a history is re-executed (client/replay); never the record. `sent` is everything that left the workflow, so
 * that replay can hold it against what the history says was sent.
 */
export interface ReplaySinks extends Sinks {
  replay: {
    event(event: TimelineEvent): void
    sent(what: Sent): void
  }
}

const { replay } = proxySinks<ReplaySinks>()

/** In a live worker nobody listens: all that is written and sent would cross two threads for nothing. */
function isHeard(): boolean {
  return workflowInfo().taskQueue.startsWith(proofWorker)
}

export function sent<T>(kind: Sent['kind'], id: string, payload: T): T {
  if (isHeard()) replay.sent({ kind, id, payload })
  return payload
}

/** The answer to an update as it leaves: what `answer` gives, or the refusal that it throws. */
export function answering<T>(id: string | undefined, answer: () => T): T {
  try {
    return sent('update', id ?? '', answer())
  } catch (error) {
    if (error instanceof ApplicationFailure) sent('refusal', id ?? '', error.details?.[0])
    throw error
  }
}

const pageBytes = 1_000_000
/**
 * A batch is hundreds of commands in one task: after so many commands and events a run is long, however short its history is. A worker that
 * takes the workflow over reads such a run in 0.6 s and has 2 (docs/adr/0010-storms.md).
 */
const longRun = 4_000
/** A long run may grow by so much while something that takes its time is under way. */
const room = { history: 600, did: 2_000 }

export class Ledger<State, F extends Fact> {
  state: State
  head: Receipt
  /** Time of the newest event, at first of the workflow's start, epoch ms; the timeline never runs backwards. */
  nowMs: number
  /** Events of this run. */
  readonly events: TimelineEvent<F['type'], F['data']>[] = []
  readonly #secret: string
  readonly #evolve: (state: State, fact: F, now: number) => State
  #asked = 0

  /** `from` is where the run before left off; the salts of its events come from `secret`, the same over all runs. */
  constructor(
    from: { readonly state: State; readonly head: Receipt },
    secret: string,
    evolve: (state: State, fact: F, now: number) => State,
    startedMs: number,
  ) {
    this.nowMs = startedMs
    this.state = from.state
    this.head = from.head
    this.#secret = secret
    this.#evolve = evolve
  }

  /** Writes facts down one after the other; `atMs` is when they happened, epoch ms, `command` the id of the one that they follow from. */
  write(facts: readonly F[], atMs: number, command?: string): Receipt {
    const now = Math.max(this.nowMs, atMs)
    this.nowMs = now
    for (const fact of facts) {
      const event = append(this.head, fact, now, this.#secret, command)
      this.state = this.#evolve(this.state, fact, now)
      this.head = { seq: event.seq, hash: event.hash }
      this.events.push(event)
      if (isHeard()) replay.event(event as TimelineEvent)
    }
    return this.head
  }

  /** A command came, whatever becomes of it. */
  asked(): void {
    this.#asked += 1
  }

  /** Time to continue as new: by what this run did, by its history, or because Temporal says so. */
  isLong(historyAtMost: number): boolean {
    const { continueAsNewSuggested, historyLength } = workflowInfo()
    return continueAsNewSuggested || historyLength >= historyAtMost || this.#did >= longRun
  }

  /** It waited for a quiet moment for so long that nothing more may begin. */
  isTooLong(historyAtMost: number): boolean {
    const { historyLength } = workflowInfo()
    return historyLength >= historyAtMost + room.history || this.#did >= longRun + room.did
  }

  get #did(): number {
    return this.#asked + this.events.length
  }

  /** Events from a number on, about 1 MB at most: a query's answer has to pass gRPC. */
  page(fromSeq: number): { events: TimelineEvent<F['type'], F['data']>[]; nextSeq?: number } {
    const page: TimelineEvent<F['type'], F['data']>[] = []
    let bytes = 0
    for (const event of this.events) {
      if (event.seq < fromSeq) continue
      bytes += jsonBytes(event)
      if (page.length > 0 && bytes > pageBytes) return { events: page, nextSeq: event.seq }
      page.push(event)
    }
    return { events: page }
  }
}
