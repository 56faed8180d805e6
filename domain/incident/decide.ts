/** Every rule's front door: what a command, an answer of the hands, or the passing of time leads to. */

import type { KeptLogs } from '../evidence/kept-logs.ts'
import { type Failure, failure } from '../failures.ts'
import { isSamePerson } from '../person.ts'
import { type Outcome, resultOf } from '../steps/contract.ts'
import { type Actor, type Json, none, system, type Words } from '../words.ts'
import { alertsChanged, reported } from './alerts.ts'
import { check } from './checklist.ts'
import type { Command } from './commands.ts'
import { consequences } from './consequences.ts'
import type { Deadline } from './deadlines.ts'
import { due } from './due.ts'
import { runToArchive } from './effects.ts'
import type { PartResult } from './fold/events.ts'
import type { PageSent } from './fold/page.ts'
import { type IncidentState, isOver } from './fold/state.ts'
import { type Decision, type Story, tell } from './fold/story.ts'
import { logsEnded } from './logs.ts'
import { alarm, escalateByHand, internalError, pageEnded, pageOf } from './pages/escalate.ts'
import { notify } from './pages/notify.ts'
import { cancel, close, openRefusal, reopen, reportedAgain, resolve } from './phases.ts'
import { recoveryChecked } from './recovery/recover.ts'
import { situationAsked, situationEnded } from './situation/situation.ts'
import { decideFor, done, retry, skip } from './steps/by-people.ts'
import { approve, reject, runByHand, undo, verifyAgain } from './steps/commands.ts'
import { overruleRefusal } from './steps/overrule.ts'
import { readSymptom } from './steps/propose.ts'
import { type StepStage, stageEnded } from './steps/stages.ts'

type Parts = { readonly [part: string]: PartResult }

/** What the shell reports: answers, passed time, and what went wrong on the way. */
export type Occurrence =
  | { readonly type: 'due'; readonly deadline: Deadline }
  | {
      readonly type: 'situation-ended'
      readonly number: number
      readonly tookMs: number
      readonly parts: Parts
    }
  | { readonly type: 'recovery-checked'; readonly tookMs: number; readonly parts: Parts }
  | {
      readonly type: 'stage-ended'
      readonly run: string
      readonly stage: StepStage
      readonly outcome: Outcome<unknown>
    }
  | { readonly type: 'page-ended'; readonly key: string; readonly outcome: Outcome<PageSent> }
  | { readonly type: 'page-cancelled'; readonly key: string }
  | {
      readonly type: 'archive-ended'
      readonly run: number
      readonly runId: string
      readonly outcome: Outcome<Json>
    }
  /** Null where the worker keeps none. */
  | { readonly type: 'logs-ended'; readonly outcome: Outcome<KeptLogs | null> }
  | {
      readonly type: 'signal-refused'
      readonly signal: string
      readonly failure: Failure
      readonly inputSha256: string
    }
  | { readonly type: 'internal-error'; readonly where: string; readonly reason: Words }
  /** Somebody asked Temporal to cancel the workflow: it goes on until people end it. */
  | { readonly type: 'cancel-refused' }
  | { readonly type: 'continued'; readonly run: number }

/** Pure: facts or a refusal, never both, never a throw that is meant. `now` in epoch milliseconds. */
export function decide(state: IncidentState, input: Command | Occurrence, now: number): Decision {
  const story: Story = { state, facts: [], now }
  const refusal = apply(story, input)
  if (refusal !== undefined) return { refusal }
  consequences(story)
  return { facts: story.facts }
}

function apply(story: Story, input: Command | Occurrence): Failure | undefined {
  const overruled = 'by' in input ? overruleRefusal(story.state, input) : undefined
  if (overruled !== undefined) return overruled
  switch (input.type) {
    case 'acknowledge':
      return acknowledge(story, input.by)
    case 'note':
      return unlessOver(story, input, () => tell(story, 'noted', input.by, { text: input.text }))
    case 'set-severity':
      return whileOpen(story, input, () => setSeverity(story, input))
    case 'set-impact':
      return whileOpen(story, input, () => tell(story, 'impact-set', input.by, { impact: input.impact }))
    case 'set-eta':
      return setEta(story, input)
    case 'set-commander':
      return whileOpen(story, input, () => tell(story, 'commander-set', input.by, { person: input.person }))
    case 'set-symptom':
      return setSymptom(story, input)
    case 'set-risk':
      return whileOpen(story, input, () => setRisk(story, input))
    case 'run':
      return runByHand(story, input)
    case 'approve':
      return approve(story, input)
    case 'reject':
      return reject(story, input)
    case 'done':
      return done(story, input)
    case 'decide':
      return decideFor(story, input)
    case 'skip':
      return skip(story, input)
    case 'retry':
      return retry(story, input)
    case 'undo':
      return undo(story, input)
    case 'verify':
      return verifyAgain(story, input)
    case 'escalate':
      return openRefusal(story.state, 'escalate') ?? escalateByHand(story, input)
    case 'notify':
      return overRefusal(story.state, input) ?? notify(story, input)
    case 'check':
      return check(story, input)
    case 'situation':
      return unlessOver(story, input, () => situationAsked(story, input.by))
    case 'resolve':
      return resolve(story, input.by)
    case 'reopen':
      return reopen(story, input.by, input.reason)
    case 'close':
      return close(story, input)
    case 'cancel':
      return cancel(story, input.by, input.reason)
    case 'freeze':
      return freeze(story, input)
    case 'report':
      return report(story, input)
    case 'alerts':
      return alertsChanged(story, input)

    case 'due':
      due(story, input.deadline)
      return undefined
    case 'situation-ended':
      situationEnded(story, input.number, input.tookMs, input.parts)
      return undefined
    case 'recovery-checked':
      recoveryChecked(story, input.tookMs, input.parts)
      return undefined
    case 'stage-ended':
      stageEnded(story, input.run, input.stage, input.outcome)
      return undefined
    case 'page-ended':
      pageEnded(story, input.key, input.outcome)
      return undefined
    case 'page-cancelled':
      if (pageOf(story.state, input.key)?.status === 'sending')
        tell(story, 'page-cancelled', system, { key: input.key })
      return undefined
    case 'archive-ended': {
      const { run, runId, outcome } = input
      if (run !== runToArchive(story.state)) return undefined
      tell(story, 'archived', system, {
        run,
        runId,
        result: resultOf(outcome),
      })
      return undefined
    }
    case 'logs-ended':
      logsEnded(story, input.outcome)
      return undefined
    case 'signal-refused':
      tell(story, 'signal-refused', system, {
        signal: input.signal,
        failure: input.failure,
        inputSha256: input.inputSha256,
      })
      return undefined
    case 'internal-error':
      internalError(story, input.where, input.reason)
      return undefined
    case 'cancel-refused':
      tell(story, 'cancel-refused', system, {})
      alarm(story, 'cancel-refused')
      return undefined
    case 'continued':
      if (input.run > story.state.run) tell(story, 'continued', system, { run: input.run })
      return undefined
    default:
      input satisfies never
      return failure('internal', { where: 'decide', reason: { en: 'unknown input', ja: '不明な入力' } })
  }
}

function whileOpen(story: Story, command: Command, then: () => void): Failure | undefined {
  const refusal = openRefusal(story.state, command.type)
  if (refusal === undefined) then()
  return refusal
}

/** Resolved incidents still take notes and ticks, closed ones nothing but the ticks that were left for later. */
function unlessOver(story: Story, command: Command, then: () => void): Failure | undefined {
  const refusal = overRefusal(story.state, command)
  if (refusal === undefined) then()
  return refusal
}

function overRefusal(state: IncidentState, { type }: Command): Failure | undefined {
  if (!isOver(state)) return undefined
  return failure('not-open', { incident: state.id, phase: state.phase, command: type })
}

function acknowledge(story: Story, by: Actor): Failure | undefined {
  const refusal = openRefusal(story.state, 'acknowledge')
  if (refusal !== undefined) return refusal
  const { acknowledged } = story.state
  if (acknowledged !== undefined) {
    const what = { en: 'It was acknowledged', ja: '対応の引き受け' }
    return failure('already', { what, by: acknowledged.by.id, at: acknowledged.at })
  }
  tell(story, 'acknowledged', by, {})
  return undefined
}

/** Nobody is told that it will be well again yesterday. */
function setEta(story: Story, input: Command<'set-eta'>): Failure | undefined {
  const refusal = openRefusal(story.state, input.type)
  if (refusal !== undefined) return refusal
  if (Date.parse(input.eta) <= story.now) return failure('moment-past', { what: 'eta', at: input.eta })
  tell(story, 'eta-set', input.by, { eta: input.eta })
  return undefined
}

/** What is so already is no news; that a second person says the same as the one who raised it is. */
function setSeverity(story: Story, { by, severity }: Command<'set-severity'>): void {
  const { severity: was, raised } = story.state
  const isSeconded = raised !== undefined && by.kind === 'person' && !isSamePerson(raised.by.id, by.id)
  if (severity !== was || isSeconded) tell(story, 'severity-set', by, { severity, was })
}

function setRisk(story: Story, input: Command<'set-risk'>): void {
  const { dataLoss, breach } = story.state
  const set = { dataLoss: input.dataLoss ?? dataLoss, breach: input.breach ?? breach }
  if (set.dataLoss !== dataLoss || set.breach !== breach) tell(story, 'risk-set', input.by, set)
}

function setSymptom(story: Story, input: Command<'set-symptom'>): Failure | undefined {
  const { state } = story
  const known = state.runbook.book.symptoms.filter((s) => s.service === state.service).map((s) => s.id)
  if (!known.includes(input.symptom)) {
    return failure('unknown-symptom', {
      service: state.service,
      symptom: input.symptom,
      known: known.join(', ') || none,
    })
  }
  return whileOpen(story, input, () => {
    tell(story, 'symptom-set', input.by, { symptom: input.symptom })
    readSymptom(story)
  })
}

/**
 * The desk sends a report only where it knows an open incident; if that one was resolved in the same moment, the report opens it
 * again, so that a report arriving in the same moment as a resolution is not lost.
 */
function report(story: Story, input: Command<'report'>): Failure | undefined {
  if (story.state.phase === 'resolved') reopen(story, input.by, reportedAgain)
  return whileOpen(story, input, () => reported(story, input.by, input.declaration))
}

/** The desk's word has a moment: one that was overtaken on its way does not win. */
function freeze(story: Story, input: Command<'freeze'>): Failure | undefined {
  const { on, version } = input
  if (version !== undefined && version < (story.state.freezeVersion ?? 0)) return undefined
  const data = version === undefined ? { on } : { on, version }
  return unlessOver(story, input, () => tell(story, 'frozen', input.by, data))
}
