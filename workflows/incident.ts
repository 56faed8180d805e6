/**
 * One incident, from its declaration to its end. The rules are in domain/: this file lets commands in, starts what the state wants
 * done, cancels what it does not want any more, and wakes when something is due. Nothing that is thrown leaves the pump.
 */

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
  isCancellation,
  setCurrentDetails,
  setDefaultSignalHandler,
  setHandler,
  sleep,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow'
import type { DeskCommandType } from '../domain/desk/commands.ts'
import { levelsDue } from '../domain/escalation/escalate.ts'
import { failure } from '../domain/failures.ts'
import { type Command, type CommandType, commandTypes, parseCommand } from '../domain/incident/commands.ts'
import { type Deadline, deadlines } from '../domain/incident/deadlines.ts'
import { decide, type Occurrence } from '../domain/incident/decide.ts'
import { open } from '../domain/incident/declare.ts'
import { type Effect, effects } from '../domain/incident/effects.ts'
import type { IncidentFact } from '../domain/incident/events.ts'
import { evolve } from '../domain/incident/evolve.ts'
import { lastResort } from '../domain/incident/last-resort.ts'
import { type IncidentState, isOver } from '../domain/incident/state.ts'
import { iso } from '../domain/incident/story.ts'
import { digest } from '../domain/timeline/canonical.ts'
import { genesis } from '../domain/timeline/chain.ts'
import { type Receipt, system } from '../domain/words.ts'
import { phaseKey, severityKey, symptomKey } from './attribute-keys.ts'
import { lenient, withId } from './envelope.ts'
import { reasonOf, refused } from './failure-of.ts'
import { Ledger, sent } from './ledger.ts'
import {
  type CommandReceipt,
  deskId,
  type IncidentInput,
  type IncidentResult,
  type IncidentView,
  queries,
  type TimelinePage,
} from './messages.ts'
import { perform } from './perform.ts'

const receiptsKept = 500
/** Events of history after which to continue as new: a worker that takes an incident over reads so many in about a second. */
const longHistory = 1_000

/** The workflow over given rules; `workflows/index.ts` binds the real ones, tests bind rules that fail. */
export function incidentOver(rules: { readonly decide: typeof decide }) {
  return async function incident(input: IncidentInput): Promise<IncidentResult> {
    const { runId } = workflowInfo()
    const { ledger, receipts, earlierRuns } = begin(input)
    const inFlight = new Map<string, CancellationScope>()
    const ended = new Set<string>()
    let changed = true

    const write = (facts: readonly IncidentFact[], atMs: number): Receipt => {
      changed = true
      return ledger.write(facts, atMs)
    }

    /**
     * Tells the rules what happened, and when: a recorded time, or else that of the newest event (docs/adr/0005-recorded-times.md). What
     * they throw is written down, somebody is paged, and the incident goes on (false).
     */
    const happened = (occurrence: Occurrence, atMs = ledger.nowMs): boolean => {
      const now = Math.max(ledger.nowMs, atMs)
      try {
        const decision = rules.decide(ledger.state, occurrence, now)
        if ('facts' in decision) write(decision.facts, now)
        return true
      } catch (error) {
        write(lastResort(ledger.state, `rules on ${occurrence.type}`, reasonOf(error), now), now)
        return false
      }
    }

    // Temporal drops a signal that is still on its way when its sender's run ends: the end waits for it.
    let telling = 0
    const tellDesk = (signal: DeskCommandType, message: object): void => {
      telling += 1
      getExternalWorkflowHandle(deskId(input.desk))
        .signal(signal, sent('signal', signal, message))
        .catch(() => undefined) // A desk that is gone must not stop an incident.
        .finally(() => {
          telling -= 1
          changed = true
        })
    }

    // What the desk and Temporal's own screens are told when phase or severity change.
    let told = ''
    const tellOthers = (): void => {
      const { phase, severity, symptom, id } = ledger.state
      if (told === `${phase} ${severity} ${symptom}`) return
      told = `${phase} ${severity} ${symptom}`
      upsertSearchAttributes([
        { key: phaseKey, value: phase },
        { key: severityKey, value: severity },
        ...(symptom === undefined ? [] : [{ key: symptomKey, value: symptom }]),
      ])
      tellDesk('incident-changed', { v: 1, by: system, incident: id, phase, severity })
    }

    // Commands: updates answer with a receipt or a refusal; signals are the same commands without an answer.
    const known = (id: string | undefined) => receipts.find((r) => r.id === id)?.receipt
    const validate = (type: CommandType, payload: unknown): void => {
      const command = parseCommand(type, payload)
      if ('code' in command) throw refused(command)
      if (known(command.id) !== undefined) return
      const decision = attempt(() => rules.decide(ledger.state, command, Date.now()))
      if (decision !== undefined && 'refusal' in decision) throw refused(decision.refusal)
    }
    const take = (command: Command): Receipt => {
      const before = known(command.id)
      if (before !== undefined) return before
      let receipt: Receipt
      try {
        const decision = rules.decide(ledger.state, command, Date.now())
        if ('refusal' in decision) throw refused(decision.refusal)
        receipt = write(decision.facts, Date.now())
      } catch (error) {
        if (error instanceof ApplicationFailure) throw error
        write(lastResort(ledger.state, `rules on ${command.type}`, reasonOf(error), Date.now()), Date.now())
        throw refused(failure('internal', { where: command.type, reason: reasonOf(error) }))
      }
      if (command.id !== undefined) receipts.push({ id: command.id, receipt })
      if (receipts.length > receiptsKept) receipts.shift()
      return receipt
    }
    const update = (type: CommandType, payload: unknown): CommandReceipt => {
      const id = currentUpdateInfo()?.id
      const command = parseCommand(type, withId(payload, id))
      if ('code' in command) throw refused(command)
      return sent('update', id ?? '', { receipt: take(command) })
    }
    const signal = (name: string, payload: unknown): void => {
      const command = parseCommand(name, lenient(payload))
      const why = 'code' in command ? command : attempt(() => refusalOf(() => take(command)))
      if (why === undefined) return
      // The desk did not know yet that this incident is over: there the report joins another one, or opens it.
      if (!('code' in command) && command.type === 'report' && isOver(ledger.state)) {
        const { by, declaration, id } = command
        tellOthers()
        tellDesk('declare', { v: 1, by, declaration, ...(id === undefined ? {} : { id }) })
      }
      if (!('code' in command) && command.type === 'alerts' && command.firing > 0 && isOver(ledger.state)) {
        const { by, group, declaration, id } = command
        const { service, symptom, severity, description } = declaration
        const trouble = { service, severity, description, ...(symptom === undefined ? {} : { symptom }) }
        tellOthers()
        tellDesk('alerts', {
          v: 1,
          by,
          group,
          trouble,
          alerts: [],
          unheardBy: ledger.state.id,
          ...(id === undefined ? {} : { id }),
        })
      }
      happened(
        { type: 'signal-refused', signal: name.slice(0, 60), failure: why, inputSha256: digest(payload) },
        Date.now(),
      )
    }
    for (const type of commandTypes) {
      setHandler(defineUpdate<CommandReceipt, [unknown]>(type), (payload) => update(type, payload), {
        validator: (payload) => validate(type, payload),
      })
      setHandler(defineSignal<[unknown]>(type), (payload) => signal(type, payload))
    }
    setDefaultSignalHandler((name, payload) => signal(name, payload))

    setHandler(defineQuery<IncidentView>(queries.state), () => view(ledger, earlierRuns))
    setHandler(
      defineQuery<TimelinePage, [number]>(queries.timeline),
      (from) => ledger.page(from) as TimelinePage,
    )

    // Effects: the state says what is wanted, this makes it so.
    const runIdOf = (run: number): string => earlierRuns[run - 1]?.runId ?? runId
    const start = (effect: Effect): void => {
      const scope = new CancellationScope({ cancellable: true })
      inFlight.set(effect.key, scope)
      let endedMs: number | undefined
      const answered = (atMs: number): void => {
        endedMs = Math.max(endedMs ?? 0, atMs)
      }
      const { state, head, nowMs } = ledger
      const moment = { state, head, nowMs, runIdOf, answered }
      scope
        .run(() => perform(effect, moment))
        .then(
          (occurrence) => happened(occurrence, endedMs),
          (error: unknown) => {
            if (!isCancellation(error)) {
              happened({ type: 'internal-error', where: effect.key, reason: reasonOf(error) })
              const end = brokenEnd(effect, reasonOf(error))
              if (end !== undefined) happened(end)
            } else if (effect.type === 'page') happened({ type: 'page-cancelled', key: effect.page.key })
          },
        )
        .finally(() => {
          inFlight.delete(effect.key)
          ended.add(effect.key)
          changed = true
        })
    }
    const reconcile = (draining: boolean): void => {
      const wanted = effects(ledger.state)
      for (const [key, scope] of inFlight) if (!wanted.some((e) => e.key === key)) scope.cancel()
      for (const effect of wanted) {
        if (inFlight.has(effect.key) || (draining && effect.type !== 'page')) continue
        if (!ended.has(effect.key)) start(effect)
        else if (!ended.has(`${effect.key} stuck`)) {
          // It ended and the rules did not take its end: say so once, never start it in a circle.
          ended.add(`${effect.key} stuck`)
          happened({
            type: 'internal-error',
            where: effect.key,
            reason: 'its answer was not taken by the rules',
          })
        }
      }
    }

    // A timer for every deadline. What it means when one fires is that its moment has come, whatever the clock says.
    const alarms = new Map<string, { readonly scope: CancellationScope; rung: boolean }>()
    const dropped = new Set<string>()
    const upcoming = () => deadlines(ledger.state).filter((deadline) => !dropped.has(nameOf(deadline)))
    const setAlarms = (): void => {
      const wanted = new Map(upcoming().map((deadline) => [nameOf(deadline), deadline.atMs]))
      for (const [name, { scope }] of alarms) {
        if (wanted.has(name)) continue
        scope.cancel()
        alarms.delete(name)
      }
      for (const [name, atMs] of wanted) {
        if (alarms.has(name)) continue
        const alarm = { scope: new CancellationScope({ cancellable: true }), rung: false }
        alarms.set(name, alarm)
        alarm.scope
          .run(() => sleep(Math.max(1, atMs - Math.max(ledger.nowMs, Date.now()))))
          .then(
            () => {
              alarm.rung = true
              changed = true
            },
            () => undefined,
          )
      }
    }
    const fireWhatIsDue = (): void => {
      for (const deadline of upcoming()) {
        const name = nameOf(deadline)
        if (deadline.atMs > ledger.nowMs && !alarms.get(name)?.rung) continue
        // A deadline whose rules throw would stay due for ever: it is left alone in this run, the others go on.
        if (!happened({ type: 'due', deadline }, deadline.atMs)) dropped.add(name)
      }
    }

    for (;;) {
      await condition(() => changed)
      changed = false
      fireWhatIsDue()
      const { historyLength, continueAsNewSuggested } = workflowInfo()
      const long = continueAsNewSuggested || historyLength >= (input.continueAfterEvents ?? longHistory)
      const draining = long && !isOver(ledger.state)
      reconcile(draining)
      tellOthers()
      setCurrentDetails(details(ledger.state))
      if (
        isOver(ledger.state) &&
        inFlight.size + telling === 0 &&
        ledger.state.archivedRun >= ledger.state.run
      )
        break
      // An answer given in the very task that continues as new can be lost (temporal#6375): the command then comes again, under the
      // same id and to the next run, which knows its receipt.
      if (draining && inFlight.size + telling === 0) {
        for (const { scope } of alarms.values()) scope.cancel()
        const { state, head } = ledger
        const carried = {
          state,
          head,
          receipts,
          earlierRuns: [...earlierRuns, { runId, firstSeq: ledger.events[0]?.seq ?? head.seq }],
        }
        const { continueAfterEvents, desk } = input
        const next = { desk, ...(continueAfterEvents === undefined ? {} : { continueAfterEvents }), carried }
        await continueAsNew<typeof incident>(sent('continue-as-new', '', next))
      }
      setAlarms()
    }
    for (const { scope } of alarms.values()) scope.cancel()
    return sent('result', '', { incident: ledger.state.id, phase: ledger.state.phase, receipt: ledger.head })
  }
}

function begin(input: IncidentInput): Begun {
  if ('opening' in input) {
    const story = open(input.opening, Date.now())
    // `open` has folded its facts already; the ledger folds them again from the same beginning.
    const ledger = new Ledger<IncidentState, IncidentFact>(story.blank, genesis, evolve, story.now)
    ledger.write(story.facts, story.now)
    return { ledger, receipts: [], earlierRuns: [] }
  }
  const { state, head, receipts, earlierRuns } = input.carried
  const ledger = new Ledger<IncidentState, IncidentFact>(state, head, evolve, Date.now())
  const decision = decide(state, { type: 'continued', run: state.run + 1 }, Date.now())
  if ('facts' in decision) ledger.write(decision.facts, Date.now())
  return { ledger, receipts: [...receipts], earlierRuns }
}

type Begun = {
  ledger: Ledger<IncidentState, IncidentFact>
  receipts: { id: string; receipt: Receipt }[]
  earlierRuns: IncidentView['earlierRuns']
}

function view(
  ledger: Ledger<IncidentState, IncidentFact>,
  earlierRuns: IncidentView['earlierRuns'],
): IncidentView {
  const [next] = levelsDue(ledger.state)
  const { state, head } = ledger
  return {
    state,
    head,
    earlierRuns,
    ...(next === undefined ? {} : { next: { level: next.level, at: iso(next.dueMs) } }),
  }
}

/** An effect that broke in our own hands still ends: a step fails and can be tried again, a page goes on to its next attempt. */
function brokenEnd(effect: Effect, reason: string): Occurrence | undefined {
  const outcome = { ok: false, failure: failure('internal', { where: effect.key, reason }) } as const
  if (effect.type === 'step')
    return { type: 'stage-ended', run: effect.step.id, stage: effect.stage, outcome }
  if (effect.type === 'page') return { type: 'page-ended', key: effect.page.key, outcome }
  return undefined
}

function nameOf(deadline: Deadline): string {
  return JSON.stringify(deadline)
}

/** Markdown for Temporal's own screen. */
function details(state: IncidentState): string {
  const waiting = Object.values(state.steps)
    .filter((s) => s.status === 'proposed')
    .map((s) => s.id)
  return [
    `**${state.severity} · ${state.phase}** · ${state.service}${state.symptom === undefined ? '' : ` · ${state.symptom}`}`,
    ...(waiting.length === 0 ? [] : [`Waiting for approval: ${waiting.join(', ')}`]),
    ...state.findings.slice(0, 5).map((f) => `- ${f.says.en}`),
  ].join('\n\n')
}

/** The refusal of a command, or undefined when it was taken. */
function refusalOf(run: () => unknown) {
  try {
    run()
    return undefined
  } catch (error) {
    if (error instanceof ApplicationFailure) return error.details?.[0] as ReturnType<typeof failure>
    return failure('internal', { where: 'signal', reason: reasonOf(error) })
  }
}

function attempt<T>(run: () => T): T | undefined {
  try {
    return run()
  } catch {
    return undefined
  }
}
