/** What people ask of steps: run, approve, reject, undo, verify. Each answers with a refusal, or tells what follows. */

import { type Failure, failure } from '../../failures.ts'
import { present } from '../../present.ts'
import { strangeAddress } from '../../runbook/health-addresses.ts'
import { isChange, kindOf } from '../../steps/catalogue.ts'
import type { StepKind, StepParams } from '../../steps/contract.ts'
import { undoStep } from '../../steps/undo-step.ts'
import { canonicalJson } from '../../timeline/canonical.ts'
import { type Actor, ended, none, type Text } from '../../words.ts'
import { type Command, inputFailure } from '../commands.ts'
import type { IncidentState, StepRun } from '../fold/state.ts'
import { type Story, tell } from '../fold/story.ts'
import { counts } from '../fold/wish.ts'
import { openRefusal } from '../phases.ts'
import { approvalRefusal } from './approve.ts'
import { findDone, findRun, findUnderWay, mayHaveChanged, offeredSteps } from './find-step.ts'
import { heldRefusal } from './follow.ts'
import { request, roomRefusal } from './request.ts'
import { verbRefusal } from './verb.ts'

export function runByHand(story: Story, command: Command<'run'>): Failure | undefined {
  const { state } = story
  const refusal = openRefusal(state, 'run') ?? roomRefusal(state)
  if (refusal !== undefined) return refusal
  const offered = offeredSteps(state)
  const step = offered.find((s) => s.id === command.step)
  if (step === undefined)
    return unknownStep(
      state,
      command.step,
      offered.map((s) => s.id),
    )
  const held = heldRefusal(state, step)
  if (held !== undefined) return held
  const busy = findUnderWay(state, step.id)
  if (busy !== undefined)
    return failure('step-busy', { incident: state.id, step: busy.id, status: busy.status })
  const kind = kindOf(step.kind)
  if (kind === undefined) return unknownStep(state, step.kind, [])
  const theirs = verbRefusal(state, step.id, command.type, { kind: step.kind, params: step.with })
  if (theirs !== undefined) return theirs
  if (isChange(kind) && state.frozen !== undefined)
    return failure('frozen', { by: state.frozen.by.id, at: state.frozen.at })
  const wanted = { ...step.with, ...command.with }
  const parsed = kind.params.safeParse(wanted)
  if (!parsed.success) return inputFailure(`${step.id} --with`, kind.params, wanted)
  const chosen = chosenByHand(kind, step.with, parsed.data)
  const forbidden = chosenRefusal(state, step.id, kind, chosen, command.by)
  if (forbidden !== undefined) return forbidden
  const strange = strangeAddress(step.kind, parsed.data as StepParams, state.runbook.book.services)
  if (strange !== undefined) {
    const problem = {
      en: `expected the health address of a service: ${strange.known.join(', ') || 'none has one'}.`,
      ja: `サービスの health の URL を指定してください: ${strange.known.join('、') || 'なし'}。`,
    }
    return failure('bad-input', { where: `${step.id} --with.${strange.name}`, problem })
  }
  request(story, command.by, {
    step: step.id,
    kind: step.kind,
    title: step.title,
    params: parsed.data as StepParams,
    origin: 'person',
    ...(chosen.length === 0 ? {} : { byHand: chosen }),
  })
  return undefined
}

/** The parameters that differ from the runbook's. */
function chosenByHand(kind: StepKind, published: StepParams, wanted: unknown): readonly string[] {
  const own = kind.params.safeParse(published)
  // What the runbook left open counts as chosen as well.
  const before = (own.success ? own.data : published) as StepParams
  const after = wanted as StepParams
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names].filter((name) => canonicalJson(before[name]) !== canonicalJson(after[name])).sort()
}

/** Why the person may not choose one of them: the kind does not list it, or lists it for verified people only. */
export function chosenRefusal(
  state: IncidentState,
  step: string,
  kind: StepKind,
  chosen: readonly string[],
  by: Actor,
): Failure | undefined {
  const more: readonly string[] = isChange(kind) ? (kind.byVerifiedHand ?? []) : []
  const published = chosen.find((name) => !kind.byHand.includes(name) && !more.includes(name))
  if (published !== undefined) return failure('parameter-published', { step, name: published })
  const named = chosen.find((name) => more.includes(name))
  if (named === undefined || counts(state, by)) return undefined
  return failure('unverified-choice', { step, name: named, person: by.id })
}

export function approve(story: Story, command: Command<'approve'>): Failure | undefined {
  const step = findRun(story.state, command.step)
  if (step === undefined) return unknownStep(story.state, command.step, Object.keys(story.state.steps))
  // Whoever read of one run must not agree to another of the same name.
  if (step.id !== command.step)
    return failure('run-not-named', { incident: story.state.id, step: command.step, run: step.id })
  const refusal =
    openRefusal(story.state, 'approve') ?? approvalRefusal(story.state, step, command, story.now)
  if (refusal !== undefined) return refusal
  tell(story, 'step-approved', command.by, {
    run: step.id,
    hash: step.hash ?? '',
    ...present({ attestation: command.attestation }),
    lab: story.state.lab && !command.by.verified,
  })
  return undefined
}

export function reject(story: Story, command: Command<'reject'>): Failure | undefined {
  const step = findRun(story.state, command.step)
  if (step === undefined) return unknownStep(story.state, command.step, Object.keys(story.state.steps))
  if (step.status !== 'proposed' && step.status !== 'planning') {
    return failure('step-not-waiting', {
      incident: story.state.id,
      step: step.id,
      status: step.status,
      command: 'reject',
    })
  }
  tell(story, 'step-rejected', command.by, { run: step.id, reason: command.reason })
  return undefined
}

export function undo(story: Story, command: Command<'undo'>): Failure | undefined {
  const { state } = story
  const step = findDone(state, command.step)
  if (step === undefined) return unknownStep(state, command.step, Object.keys(state.steps))
  const refusal = openRefusal(state, 'undo') ?? roomRefusal(state)
  if (refusal !== undefined) return refusal
  const named = { incident: state.id, step: step.id }
  const kind = kindOf(step.kind)
  if (kind === undefined || !isChange(kind))
    return failure('not-undoable', {
      ...named,
      reason: { en: 'it changed nothing', ja: '何も変更していません' },
    })
  if (step.status === 'undone')
    return failure('already', {
      what: { en: `${step.id} undone`, ja: `${step.id} の取り消し` },
      by: step.undoneBy ?? '-',
      at: step.endedAt ?? '-',
    })
  // `done.already` of a run that started is a retry's word for its own work; a step with nothing to do keeps no plan.
  // Where nobody knows what a run did, its plan still knows the way back, and the way back looks for itself whether there is any.
  if (step.plan === undefined || !mayHaveChanged(step))
    return failure('not-undoable', {
      ...named,
      reason: { en: 'it changed nothing', ja: '何も変更していません' },
    })
  if (!ended.includes(step.status)) return failure('step-busy', { ...named, status: step.status })
  const way = kind.undo(step.params, step.plan)
  if ('irreversible' in way) return failure('not-undoable', { ...named, reason: way.irreversible })
  const name = undoStep(step.step)
  const busy = findUnderWay(state, name)
  if (busy !== undefined) return failure('step-busy', { ...named, step: busy.id, status: busy.status })
  if (state.frozen !== undefined) return failure('frozen', { by: state.frozen.by.id, at: state.frozen.at })
  request(story, command.by, {
    step: name,
    kind: way.kind,
    title: { ja: `元に戻す: ${step.title.ja}`, en: `Undo: ${step.title.en}` },
    params: way.with,
    origin: 'undo',
    undoes: step.id,
  })
  return undefined
}

/** Of a change that was made and not found to be in effect; it only looks, so that a freeze does not forbid it. */
export function verifyAgain(story: Story, command: Command<'verify'>): Failure | undefined {
  const { state } = story
  const step = findDone(state, command.step)
  if (step === undefined) return unknownStep(state, command.step, Object.keys(state.steps))
  const refusal = openRefusal(state, 'verify')
  if (refusal !== undefined) return refusal
  const named = { incident: state.id, step: step.id }
  const busy = findUnderWay(state, step.step)
  if (busy !== undefined) return failure('step-busy', { ...named, step: busy.id, status: busy.status })
  if (step.done === undefined || step.startedAtMs === undefined)
    return failure('nothing-to-verify', { ...named, reason: whyNothing(step) })
  if (step.status !== 'failed' && step.status !== 'going-on')
    return failure('step-not-waiting', { ...named, status: step.status, command: 'verify' })
  const newest = Object.values(state.steps).findLast(
    (s) => s.step === step.step && s.startedAtMs !== undefined,
  )
  if (newest !== undefined && newest.id !== step.id)
    return failure('nothing-to-verify', { ...named, reason: overtakenBy(newest.id) })
  tell(story, 'verification-requested', command.by, { run: step.id })
  return undefined
}

function whyNothing({ changed }: StepRun): Text {
  return changed === 'unknown'
    ? { en: 'what it did is unknown.', ja: '実施内容が不明です。' }
    : { en: 'it changed nothing.', ja: '何も変更していません。' }
}

function overtakenBy(run: string): Text {
  return { en: `${run} was started since.`, ja: `その後に ${run} が開始されています。` }
}

export function unknownStep(state: IncidentState, step: string, known: readonly string[]): Failure {
  return failure('unknown-step', { incident: state.id, step, known: known.join(', ') || none })
}
