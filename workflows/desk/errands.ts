/** What a desk does in the world: it starts incidents, and tells open ones what they have to know. */
import { TypedSearchAttributes } from '@temporalio/common'
import {
  CancellationScope,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  sleep,
  startChild,
} from '@temporalio/workflow'
import type { DeskOccurrence } from '../../domain/desk/decide.ts'
import { inOrder, isPressing } from '../../domain/desk/deliveries.ts'
import { type Delivery, openIncident, openingOf, type Unstarted } from '../../domain/desk/state.ts'
import type { Opening } from '../../domain/incident/declare.ts'
import { jsonBytes } from '../../domain/timeline/canonical.ts'
import { numberKey, phaseKey, runbookKey, serviceKey, severityKey, symptomKey } from '../attribute-keys.ts'
import { firstLine, reasonOf } from '../failure-of.ts'
import type { incidentOver } from '../incident.ts'
import { type Batch, batch, type DeskInput, incidentsQueue, taskTimeout } from '../messages.ts'
import type { DeskPump } from './pump.ts'

const tellsEveryMs = 2_000
/** What one task may hand to Temporal, below gRPC's limit of 4 MB. */
const taskBytes = 1_500_000
const tellsAtOnce = 8
/** So many does an incident take up well within its task, also one that knows hundreds of groups of alerts. */
const fullMessage = 100
/** Temporal warns of payloads from 256 KB on. */
const batchBytes = 200_000

export class Errands {
  readonly #pump: DeskPump
  readonly #input: DeskInput
  readonly #underWay = new Set<string>()
  /** Broken in our own hands: not tried again before the next run, or it would go in a circle. */
  readonly #broken = new Set<string>()
  /** Who was told in this round, and when it began. */
  readonly #told = new Set<string>()
  #roundMs = Number.NEGATIVE_INFINITY
  #isWaiting = false
  #book: { readonly sha256: string; readonly bytes: number } | undefined

  constructor(pump: DeskPump, input: DeskInput) {
    this.#pump = pump
    this.#input = input
  }

  get size(): number {
    return this.#underWay.size
  }

  /**
   * Starts what is numbered; one message at a time goes to each incident, with all that it was not told yet. In a storm that happens
   * every two seconds, whatever comes in; what fills a message does not wait, nor do a freeze and what a person says.
   */
  run(): void {
    const { state } = this.#pump.ledger
    for (const unstarted of state.unstarted) {
      if (this.#underWayOf('start') >= this.#startsAtOnce()) break
      this.#once(`start ${unstarted.incident}`, () => this.#start(unstarted))
    }
    if (Date.now() - this.#roundMs >= tellsEveryMs) this.#told.clear()
    const starting = new Set(state.unstarted.map((o) => o.incident))
    for (const [incident, deliveries] of byIncident(state.deliveries)) {
      if (starting.has(incident)) continue
      if ((this.#told.has(incident) || this.#isYoung(incident)) && !isUrgent(deliveries)) this.#wait()
      else if (deliveries.some(isPressing) || this.#underWayOf('tell') < tellsAtOnce)
        this.#tell(incident, deliveries)
    }
  }

  /** It takes its first picture and calls people; what machines say meanwhile it hears in the next round. */
  #isYoung(incident: string): boolean {
    const opened = openIncident(this.#pump.ledger.state, incident)?.openedAtMs ?? 0
    return Date.now() - opened < tellsEveryMs
  }

  #tell(incident: string, deliveries: readonly Delivery[]): void {
    if (this.#told.size === 0) this.#roundMs = Date.now()
    this.#told.add(incident)
    this.#once(`tell ${incident}`, () => tell(incident, deliveries))
  }

  /** Until the next round. */
  #wait(): void {
    if (this.#isWaiting) return
    this.#isWaiting = true
    if (Date.now() - this.#roundMs >= tellsEveryMs) this.#roundMs = Date.now()
    sleep(Math.max(1, this.#roundMs + tellsEveryMs - Date.now())).then(
      () => {
        this.#isWaiting = false
        this.#told.clear()
        this.#pump.changed = true
      },
      () => undefined,
    )
  }

  /** Each carries the runbook, and one task must get through to Temporal whole. */
  #startsAtOnce(): number {
    const { runbook } = this.#pump.ledger.state
    if (runbook === undefined) return 1
    if (this.#book?.sha256 !== runbook.sha256)
      this.#book = { sha256: runbook.sha256, bytes: jsonBytes(runbook.book) }
    return Math.max(1, Math.floor(taskBytes / this.#book.bytes))
  }

  #underWayOf(what: 'start' | 'tell'): number {
    return [...this.#underWay].filter((key) => key.startsWith(what)).length
  }

  #once(key: string, work: () => Promise<readonly DeskOccurrence[]>): void {
    if (this.#underWay.has(key) || this.#broken.has(key)) return
    this.#underWay.add(key)
    work()
      .then(
        (occurrences) => {
          for (const occurrence of occurrences) this.#pump.happened(occurrence)
        },
        (error: unknown) => {
          this.#broken.add(key)
          this.#pump.happened({ type: 'internal-error', where: key, reason: reasonOf(error) })
        },
      )
      .finally(() => {
        this.#underWay.delete(key)
        this.#pump.changed = true
      })
  }

  async #start(unstarted: Unstarted): Promise<readonly DeskOccurrence[]> {
    const { incident } = unstarted
    const opening = openingOf(this.#pump.ledger.state, unstarted)
    if (opening === undefined)
      throw new Error(`runbook version ${unstarted.version} of ${incident} is not kept`)
    try {
      await startIncident(opening, this.#input)
      return [{ type: 'started', incident }]
    } catch (error) {
      return [{ type: 'start-failed', incident, reason: reasonOf(error) }]
    }
  }
}

function isUrgent(deliveries: readonly Delivery[]): boolean {
  return deliveries.length >= fullMessage || deliveries.some(isPressing)
}

function byIncident(deliveries: readonly Delivery[]): ReadonlyMap<string, readonly Delivery[]> {
  const of = new Map<string, Delivery[]>()
  for (const delivery of deliveries) {
    const same = of.get(delivery.incident)
    if (same === undefined) of.set(delivery.incident, [delivery])
    else same.push(delivery)
  }
  return of
}

async function startIncident(opening: Opening, { desk, continueAfterEvents }: DeskInput): Promise<void> {
  const { declaration: d, incident: id } = opening
  const number = Number(id.slice(id.lastIndexOf('-') + 1))
  // Not cancellable: a desk that is cancelled still starts what it has numbered.
  await CancellationScope.nonCancellable(() =>
    startChild<ReturnType<typeof incidentOver>>('incident', {
      workflowId: id,
      taskQueue: incidentsQueue,
      workflowTaskTimeout: taskTimeout,
      parentClosePolicy: ParentClosePolicy.ABANDON,
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      staticSummary: `[${d.severity}] ${d.service}: ${firstLine(d.description).slice(0, 120)}`,
      typedSearchAttributes: new TypedSearchAttributes([
        { key: runbookKey, value: desk },
        { key: serviceKey, value: d.service },
        { key: severityKey, value: d.severity },
        { key: phaseKey, value: 'investigating' },
        { key: numberKey, value: number },
        ...(d.symptom === undefined ? [] : [{ key: symptomKey, value: d.symptom }]),
      ]),
      args: [{ desk, ...(continueAfterEvents === undefined ? {} : { continueAfterEvents }), opening }],
    }),
  )
}

/** Sends what presses, then the oldest ones that fit into one message; the rest goes with the next. */
async function tell(incident: string, deliveries: readonly Delivery[]): Promise<readonly DeskOccurrence[]> {
  const { items, ids } = packed(deliveries)
  try {
    await getExternalWorkflowHandle(incident).signal(batch, { v: 1, items } satisfies Batch)
    return [{ type: 'delivered', deliveries: ids }]
  } catch (error) {
    const reason = reasonOf(error)
    return ids.map((delivery) => ({ type: 'delivery-failed', delivery, reason }))
  }
}

type Packed = { readonly items: Batch['items'][number][]; readonly ids: string[] }

function packed(deliveries: readonly Delivery[]): Packed {
  const items: Packed['items'] = []
  const ids: string[] = []
  let bytes = 0
  for (const delivery of inOrder(deliveries)) {
    const item = itemOf(delivery)
    bytes += jsonBytes(item)
    if (items.length > 0 && (bytes > batchBytes || items.length === fullMessage)) break
    items.push(item)
    ids.push(delivery.id)
  }
  return { items, ids }
}

function itemOf(delivery: Delivery): Batch['items'][number] {
  const { id, by, type } = delivery
  switch (type) {
    case 'report':
      return { type, v: 1, by, id, declaration: delivery.declaration }
    case 'freeze':
      return { type, v: 1, by, id, on: delivery.on }
    case 'alerts': {
      const { group, version, fired, firing, clear, joins, declaration } = delivery
      const isReport = joins ? { joins } : {}
      return { type, v: 1, by, id, group, version, fired, firing, clear, ...isReport, declaration }
    }
  }
}
