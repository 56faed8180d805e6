/**
 * The desk of one runbook: takes declarations, numbers them, starts their incidents. Its handlers number and return; the loop
 * starts what is numbered and delivers what an open incident has to be told.
 */

import { TypedSearchAttributes } from '@temporalio/common'
import {
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  currentUpdateInfo,
  defineQuery,
  defineSignal,
  defineUpdate,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  setDefaultSignalHandler,
  setHandler,
  startChild,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow'
import { type DeskCommandType, deskCommandTypes, parseDeskCommand } from '../domain/desk/commands.ts'
import { type Declared, type DeskOccurrence, decideDesk } from '../domain/desk/decide.ts'
import type { DeskFact } from '../domain/desk/events.ts'
import { evolveDesk } from '../domain/desk/evolve.ts'
import { type Delivery, type DeskState, emptyDesk } from '../domain/desk/state.ts'
import { escalationAt } from '../domain/escalation/levels.ts'
import { failure } from '../domain/failures.ts'
import type { Opening } from '../domain/incident/declare.ts'
import { iso } from '../domain/incident/story.ts'
import { genesis } from '../domain/timeline/chain.ts'
import { type Receipt, system } from '../domain/words.ts'
import {
  numberKey,
  phaseKey,
  runbookKey,
  serviceKey,
  servicesKey,
  severityKey,
  symptomKey,
} from './attribute-keys.ts'
import { lenient, withId } from './envelope.ts'
import { firstLine, reasonOf, refused } from './failure-of.ts'
import type { incidentOver } from './incident.ts'
import { Ledger } from './ledger.ts'
import {
  type CommandReceipt,
  type DeclareReceipt,
  type DeskInput,
  type DeskView,
  incidentsQueue,
  queries,
  taskTimeout,
} from './messages.ts'
import { sealWith } from './seal.ts'

/** Where the run before left off; DeskInput is the first run's. */
export type DeskCarried = DeskInput & {
  readonly carried?: {
    readonly state: DeskState
    readonly head: Receipt
    readonly answers: readonly Answer[]
  }
}

type Answer = { readonly id: string; readonly answer: CommandReceipt | DeclareReceipt }

const answersKept = 1_000

export async function desk(input: DeskCarried): Promise<void> {
  const start = input.carried
  const ledger = new Ledger<DeskState, DeskFact>(
    start?.state ?? emptyDesk(input.desk, input.lab, input.lastNumber),
    start?.head ?? genesis,
    evolveDesk,
    Date.now(),
  )
  sealWith(() => ledger.head)
  const answers: Answer[] = [...(start?.answers ?? [])]
  const inFlight = new Set<string>()
  let changed = true

  /** At the time of the newest event: an answer's own is not recorded (docs/adr/0005-recorded-times.md). */
  const happened = (occurrence: DeskOccurrence): void => {
    changed = true
    try {
      const decision = decideDesk(ledger.state, occurrence, ledger.nowMs)
      if ('facts' in decision) ledger.write(decision.facts, ledger.nowMs)
    } catch (error) {
      // A defect of ours stands in the desk's own timeline; the desk goes on.
      const data = { where: `rules on ${occurrence.type}`, reason: reasonOf(error) }
      ledger.write([{ type: 'internal-error', by: system, data }], ledger.nowMs)
    }
  }

  const known = (id: string | undefined) => answers.find((a) => a.id === id)?.answer
  const take = (type: DeskCommandType, payload: unknown): CommandReceipt | DeclareReceipt => {
    const command = parseDeskCommand(type, payload)
    if ('code' in command) throw refused(command)
    const before = known(command.id)
    if (before !== undefined) return before
    const decision = decideDesk(ledger.state, command, Date.now())
    if ('refusal' in decision) throw refused(decision.refusal)
    changed = true
    const receipt = ledger.write(decision.facts, Date.now())
    const answer =
      decision.declared === undefined ? { receipt } : declareReceipt(ledger.state, decision.declared, receipt)
    if (command.id !== undefined) answers.push({ id: command.id, answer })
    if (answers.length > answersKept) answers.shift()
    return answer
  }
  const validate = (type: DeskCommandType, payload: unknown): void => {
    const command = parseDeskCommand(type, payload)
    if ('code' in command) throw refused(command)
    if (known(command.id) !== undefined) return
    const decision = decideDesk(ledger.state, command, Date.now())
    if ('refusal' in decision) throw refused(decision.refusal)
  }
  const update = (type: DeskCommandType, payload: unknown): CommandReceipt | DeclareReceipt => {
    try {
      return take(type, withId(payload, currentUpdateInfo()?.id))
    } catch (error) {
      if (error instanceof ApplicationFailure) throw error
      happened({ type: 'internal-error', where: type, reason: reasonOf(error) })
      throw refused(failure('internal', { where: type, reason: reasonOf(error) }))
    }
  }
  const signal = (name: string, payload: unknown): void => {
    try {
      take(name as DeskCommandType, lenient(payload))
    } catch (error) {
      happened({ type: 'internal-error', where: `signal ${name.slice(0, 60)}`, reason: reasonOf(error) })
    }
  }
  for (const type of deskCommandTypes) {
    setHandler(
      defineUpdate<CommandReceipt | DeclareReceipt, [unknown]>(type),
      (payload) => update(type, payload),
      {
        validator: (payload) => validate(type, payload),
      },
    )
    setHandler(defineSignal<[unknown]>(type), (payload) => signal(type, payload))
  }
  setDefaultSignalHandler((name, payload) => signal(name, payload))
  setHandler(defineQuery<DeskView>(queries.desk), () => view(ledger))

  const doOnce = (key: string, work: () => Promise<DeskOccurrence>): void => {
    if (inFlight.has(key)) return
    inFlight.add(key)
    work()
      .then(happened, (error: unknown) =>
        happened({ type: 'internal-error', where: key, reason: reasonOf(error) }),
      )
      .finally(() => {
        inFlight.delete(key)
        changed = true
      })
  }

  let services = ''
  for (;;) {
    await condition(() => changed)
    changed = false
    const { state } = ledger
    for (const opening of state.unstarted)
      doOnce(`start ${opening.incident}`, () => startIncident(opening, input))
    const starting = new Set(state.unstarted.map((o) => o.incident))
    for (const delivery of state.deliveries) {
      if (!starting.has(delivery.incident)) doOnce(`deliver ${delivery.id}`, () => deliver(delivery))
    }
    const names = Object.keys(state.runbook?.book.services ?? {})
    if (names.length > 0 && services !== names.join()) {
      services = names.join()
      upsertSearchAttributes([{ key: servicesKey, value: names }])
    }
    const { continueAsNewSuggested, historyLength } = workflowInfo()
    const long =
      continueAsNewSuggested || historyLength >= (input.continueAfterEvents ?? Number.POSITIVE_INFINITY)
    // An abandoned child that has not started yet would be dropped by continue-as-new: only when all are started.
    const idle = inFlight.size === 0 && state.unstarted.length === 0 && state.deliveries.length === 0
    // An answer given in this very task can be lost (temporal#6375): the command then comes again, to the next run, which knows it.
    if (long && idle) {
      await continueAsNew<typeof desk>({ ...input, carried: { state, head: ledger.head, answers } })
    }
  }
}

async function startIncident(opening: Opening, input: DeskInput): Promise<DeskOccurrence> {
  const { declaration: d, incident: id } = opening
  const number = Number(id.slice(id.lastIndexOf('-') + 1))
  try {
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
          { key: runbookKey, value: input.desk },
          { key: serviceKey, value: d.service },
          { key: severityKey, value: d.severity },
          { key: phaseKey, value: 'investigating' },
          { key: numberKey, value: number },
          ...(d.symptom === undefined ? [] : [{ key: symptomKey, value: d.symptom }]),
        ]),
        args: [
          {
            desk: input.desk,
            ...(input.continueAfterEvents === undefined
              ? {}
              : { continueAfterEvents: input.continueAfterEvents }),
            opening,
          },
        ],
      }),
    )
    return { type: 'started', incident: id }
  } catch (error) {
    return { type: 'start-failed', incident: id, reason: reasonOf(error) }
  }
}

async function deliver(delivery: Delivery): Promise<DeskOccurrence> {
  const { id, incident: target, by } = delivery
  try {
    await getExternalWorkflowHandle(target).signal(delivery.type, { v: 1, by, id, ...contentOf(delivery) })
    return { type: 'delivered', delivery: id }
  } catch (error) {
    return { type: 'delivery-failed', delivery: id, reason: reasonOf(error) }
  }
}

function contentOf(delivery: Delivery): Readonly<Record<string, unknown>> {
  switch (delivery.type) {
    case 'report':
      return { declaration: delivery.declaration }
    case 'freeze':
      return { on: delivery.on }
    case 'alerts': {
      const { group, version, fired, firing, clear, declaration } = delivery
      return { group, version, fired, firing, clear, declaration }
    }
  }
}

/** The answer to a declaration says who is called next if nobody does anything. */
function declareReceipt(state: DeskState, declared: Declared, receipt: Receipt): DeclareReceipt {
  const opening = state.unstarted.find((o) => o.incident === declared.incident)
  if (opening === undefined) return { ...declared, receipt }
  const { dataLoss, breach } = opening.declaration
  const due = Object.entries(escalationAt({ runbook: opening.runbook, dataLoss, breach }, opening.atMs))
    .flatMap(([level, { dueMs }]) => (dueMs === undefined ? [] : [{ level, dueMs }]))
    .sort((a, b) => a.dueMs - b.dueMs)[0]
  return {
    ...declared,
    receipt,
    ...(due === undefined ? {} : { next: { level: due.level, at: iso(due.dueMs) } }),
  }
}

function view(ledger: Ledger<DeskState, DeskFact>): DeskView {
  const { keys: _, alertGroups: __, unstarted, ...state } = ledger.state
  return { state: { ...state, starting: unstarted.map((o) => o.incident) }, head: ledger.head }
}
