/** What a desk does in the world: it starts incidents, and tells open ones what they have to know. */
import { TypedSearchAttributes, WorkflowExecutionAlreadyStartedError } from '@temporalio/common'
import {
  CancellationScope,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  sleep,
  startChild,
} from '@temporalio/workflow'
import type { DeskOccurrence } from '../../domain/desk/decide.ts'
import { inOrder, isByHand, isPressing } from '../../domain/desk/deliveries.ts'
import { type Delivery, openIncident, openingOf, type Unstarted } from '../../domain/desk/state.ts'
import type { Declaration } from '../../domain/incident/commands.ts'
import { archiveEffect } from '../../domain/incident/effects.ts'
import type { Opening } from '../../domain/incident/open.ts'
import { present } from '../../domain/present.ts'
import { resultOf } from '../../domain/steps/contract.ts'
import { jsonBytes } from '../../domain/timeline/canonical.ts'
import { secretOf } from '../../domain/timeline/chain.ts'
import { cutTo } from '../../domain/words.ts'
import { attributeKeys } from '../../wire/attributes.ts'
import {
  type Batch,
  batch,
  type DeskInput,
  deskId,
  incidentsQueue,
  taskTimeout,
} from '../../wire/messages.ts'
import { archiveRun } from '../calls/archive.ts'
import type { incidentOver } from '../incident.ts'
import { sent } from '../machine/ledger.ts'
import { UnderWay } from '../machine/under-way.ts'
import { asText } from '../markdown.ts'
import { firstLine, reasonOf } from '../reason.ts'
import type { DeskPump } from './pump.ts'
import { Rounds, type RoundsCarried, roundMs } from './rounds.ts'

/** What one task may hand to Temporal, below gRPC's limit of 4 MB. */
const taskBytes = 1_500_000
const tellsAtOnce = 8
/** So many runs wait for the end of a storm before they are archived: one may last for days. */
const archiveWaits = 5
/** So many does an incident take up well within its task, also one that knows hundreds of groups of alerts. */
const fullMessage = 100
const summaryBytes = 300
/** Temporal warns of payloads from 256 KB on. */
const batchBytes = 200_000

/** A run of this desk before the present one, and the number of its first event. */
export type EarlierRun = { readonly run: number; readonly runId: string; readonly firstSeq: number }

export class Errands {
  readonly #pump: DeskPump
  readonly #input: DeskInput
  readonly #underWay: UnderWay
  /** Broken in our own hands: not tried again before the next run, or it would go in a circle. */
  readonly #broken = new Set<string>()
  readonly #rounds: Rounds
  #isWaiting = false
  #book: { readonly sha256: string; readonly bytes: number } | undefined

  readonly #earlierRuns: readonly EarlierRun[]

  /** `before` is of the runs before this one. */
  constructor(
    pump: DeskPump,
    input: DeskInput,
    before: { readonly earlierRuns: readonly EarlierRun[]; readonly rounds?: RoundsCarried | undefined },
  ) {
    this.#pump = pump
    this.#input = input
    this.#earlierRuns = before.earlierRuns
    this.#rounds = new Rounds(Date.now(), this.#heard, before.rounds)
    this.#underWay = new UnderWay(() => {
      pump.changed = true
    })
  }

  get size(): number {
    return this.#underWay.size
  }

  get rounds(): RoundsCarried {
    return this.#rounds.carried
  }

  /**
   * Starts what is numbered; one message at a time goes to each incident, with all that it was not told yet. That happens in rounds (rounds.ts);
   * what fills a message does not wait, nor do a freeze and what a person says, nor anything where all has to be told now. Old runs wait until a
   * storm is over.
   */
  run({ tellAll }: { readonly tellAll: boolean }): void {
    const { state } = this.#pump.ledger
    this.#rounds.look(this.#heard, Date.now())
    const unarchived = this.#earlierRuns.filter(({ run }) => run > (state.archivedRun ?? 0))
    const [oldest] = unarchived
    if (oldest !== undefined && this.#rounds.isStorm && unarchived.length <= archiveWaits) this.#wait()
    else if (oldest !== undefined) this.#once(archiveEffect(oldest.run), () => this.#archive(oldest))
    for (const unstarted of state.unstarted) {
      if (this.#underWayOf('start') >= this.#startsAtOnce()) break
      this.#once(`start ${unstarted.incident}`, () => this.#start(unstarted))
    }
    const starting = new Set(state.unstarted.map((o) => o.incident))
    for (const [incident, deliveries] of byIncident(inOrder(state.deliveries))) {
      if (starting.has(incident)) continue
      const waits = this.#rounds.holds(incident) || this.#isYoung(incident)
      if (waits && !tellAll && !isUrgent(deliveries)) this.#wait()
      else if (deliveries.some(isByHand) || this.#underWayOf('tell') < tellsAtOnce)
        this.#tell(incident, deliveries)
    }
  }

  /** The next run begins it again: a desk must come to rest also where its archive cannot be written for days. */
  leaveArchive(): void {
    for (const key of this.#underWay.keys()) if (key.startsWith(archiveEffect(''))) this.#underWay.cancel(key)
  }

  async #archive({ run, runId }: EarlierRun): Promise<readonly DeskOccurrence[]> {
    const { head, nowMs } = this.#pump.ledger
    const clock = { nowMs, answered: () => undefined }
    const outcome = await archiveRun({ incident: deskId(this.#input.desk), run, runId, head }, clock)
    return [{ type: 'archive-ended', run, runId, result: resultOf(outcome) }]
  }

  /** It takes its first picture and calls people; what machines say meanwhile it hears in the next round. */
  #isYoung(incident: string): boolean {
    const opened = openIncident(this.#pump.ledger.state, incident)?.openedAtMs ?? 0
    return Date.now() - opened < roundMs
  }

  #tell(incident: string, deliveries: readonly Delivery[]): void {
    this.#once(`tell ${incident}`, () => {
      const message = packed(deliveries)
      // What one message does not hold waits for no round.
      if (message.ids.length === deliveries.length) this.#rounds.tell(incident, Date.now())
      return tell(incident, message)
    })
  }

  /** How many messages about alerts have brought something new, over all its runs. */
  get #heard(): number {
    return this.#pump.ledger.state.alertVersion ?? 0
  }

  /** Until the next round, or until the storm may be over. */
  #wait(): void {
    if (this.#isWaiting) return
    this.#isWaiting = true
    sleep(this.#rounds.leftMs(Date.now())).then(
      () => {
        this.#isWaiting = false
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
    return this.#underWay.keys().filter((key) => key.startsWith(what)).length
  }

  #once(key: string, work: () => Promise<readonly DeskOccurrence[]>): void {
    if (this.#underWay.has(key) || this.#broken.has(key)) return
    this.#underWay.start(key, work, {
      done: (occurrences, wasCancelled) => {
        // What was left to the next run has not ended, unless it was done all the same.
        if (!wasCancelled || occurrences.every(isKept))
          for (const occurrence of occurrences) this.#pump.happened(occurrence)
      },
      cancelled: () => undefined,
      broke: (error) => {
        this.#broken.add(key)
        this.#pump.happened({ type: 'internal-error', where: key, reason: reasonOf(error) })
      },
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
      const isTaken = error instanceof WorkflowExecutionAlreadyStartedError
      const reason = isTaken
        ? { en: 'its number is already taken', ja: 'その番号は使用済みです' }
        : { en: 'Temporal did not start it', ja: 'Temporal が開始しませんでした' }
      return [{ type: 'start-failed', incident, reason }]
    }
  }
}

function isKept(occurrence: DeskOccurrence): boolean {
  if (occurrence.type !== 'archive-ended') return false
  const { result } = occurrence
  return typeof result === 'object' && result !== null && !('failure' in result)
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

async function startIncident(
  opening: Opening,
  { desk, secret, continueAfterEvents }: DeskInput,
): Promise<void> {
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
      staticSummary: summaryOf(d),
      typedSearchAttributes: new TypedSearchAttributes([
        { key: attributeKeys.HikeshiRunbook, value: desk },
        { key: attributeKeys.HikeshiService, value: d.service },
        { key: attributeKeys.HikeshiSeverity, value: d.severity },
        { key: attributeKeys.HikeshiPhase, value: 'investigating' },
        { key: attributeKeys.HikeshiNumber, value: number },
        ...(d.symptom === undefined ? [] : [{ key: attributeKeys.HikeshiSymptom, value: d.symptom }]),
      ]),
      args: [
        sent('child', id, {
          desk,
          secret: secretOf(secret, id),
          ...present({ continueAfterEvents }),
          opening,
        }),
      ],
    }),
  )
}

/** One line for Temporal's screens, which refuse to start what has more than 400 bytes of it. */
function summaryOf({ severity, service, description }: Declaration): string {
  let line = `[${severity}] ${asText(service)}: ${asText(firstLine(description), summaryBytes)}`
  while (jsonBytes(line) > summaryBytes) line = cutTo(line, line.length - 1)
  return line
}

async function tell(incident: string, { items, ids }: Packed): Promise<readonly DeskOccurrence[]> {
  try {
    const message: Batch = { v: 1, items }
    await getExternalWorkflowHandle(incident).signal(batch, sent('signal', batch, message))
    return [{ type: 'delivered', deliveries: ids }]
  } catch {
    const reason = { en: 'no workflow is there to take it', ja: '受け取るワークフローがありません' }
    return ids.map((delivery) => ({ type: 'delivery-failed', delivery, reason }))
  }
}

type Packed = { readonly items: Batch['items'][number][]; readonly ids: string[] }

/** What presses, then the oldest ones that fit into one message; the rest goes with the next. */
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
      return { type, v: 1, by, id, on: delivery.on, version: delivery.version }
    case 'alerts': {
      const { group, version, fired, firing, clear, joins, declaration } = delivery
      const isReport = joins ? { joins } : {}
      return { type, v: 1, by, id, group, version, fired, firing, clear, ...isReport, declaration }
    }
  }
}
