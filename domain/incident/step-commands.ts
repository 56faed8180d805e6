/** What people ask of steps: run, approve, reject, undo. Each answers with a refusal, or tells what follows. */
import { approvalRefusal } from '../approval/approve.ts'
import { type Failure, failure } from '../failures.ts'
import { strangeAddress } from '../runbook/health-addresses.ts'
import { isChange, kindOf } from '../steps/catalogue.ts'
import type { ChangeKind, ReadKind, StepParams } from '../steps/contract.ts'
import { canonicalJson } from '../timeline/canonical.ts'
import { type Command, inputFailure } from './commands.ts'
import { findRun, offeredSteps } from './find-step.ts'
import { openRefusal } from './phases.ts'
import { isUnderWay, request, roomRefusal } from './request.ts'
import { ended, type IncidentState } from './state.ts'
import { type Story, tell } from './story.ts'

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
  const busy = isUnderWay(state, step.id)
  if (busy !== undefined)
    return failure('step-busy', { incident: state.id, step: busy.id, status: busy.status })
  const kind = kindOf(step.kind)
  if (kind === undefined) return unknownStep(state, step.kind, [])
  if (isChange(kind) && state.frozen !== undefined)
    return failure('frozen', { by: state.frozen.by.id, at: state.frozen.at })
  const parsed = kind.params.safeParse({ ...step.with, ...command.with })
  if (!parsed.success) return inputFailure(`${step.id} --with`, parsed.error)
  const made = madeUp(kind, step.with, parsed.data)
  if (made !== undefined) return failure('parameter-published', { step: step.id, name: made })
  const strange = strangeAddress(step.kind, parsed.data as StepParams, state.runbook.book.services)
  if (strange !== undefined) {
    const problem = `expected the health address of a service: ${strange.known.join(', ') || 'none has one'}`
    return failure('bad-input', { where: `${step.id} --with.${strange.name}`, problem })
  }
  request(story, command.by, {
    step: step.id,
    kind: step.kind,
    title: step.title,
    params: parsed.data as StepParams,
    origin: 'person',
  })
  return undefined
}

/** The parameter that differs from the runbook's though only the runbook may say it. */
function madeUp(kind: ReadKind | ChangeKind, published: StepParams, wanted: unknown): string | undefined {
  if (isChange(kind)) return undefined
  const own = kind.params.safeParse(published)
  const before = (own.success ? own.data : {}) as StepParams
  const after = wanted as StepParams
  return kind.asPublished?.find((name) => canonicalJson(before[name]) !== canonicalJson(after[name]))
}

export function approve(story: Story, command: Command<'approve'>): Failure | undefined {
  const step = findRun(story.state, command.step)
  if (step === undefined) return unknownStep(story.state, command.step, Object.keys(story.state.steps))
  const refusal =
    openRefusal(story.state, 'approve') ?? approvalRefusal(story.state, step, command, story.now)
  if (refusal !== undefined) return refusal
  tell(story, 'step-approved', command.by, {
    run: step.id,
    hash: step.hash ?? '',
    ...(command.attestation === undefined ? {} : { attestation: command.attestation }),
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
  const step = findRun(state, command.step)
  if (step === undefined) return unknownStep(state, command.step, Object.keys(state.steps))
  const refusal = openRefusal(state, 'undo') ?? roomRefusal(state)
  if (refusal !== undefined) return refusal
  const named = { incident: state.id, step: step.id }
  const kind = kindOf(step.kind)
  if (kind === undefined || !isChange(kind))
    return failure('not-undoable', { ...named, reason: 'it changed nothing' })
  if (step.status === 'undone')
    return failure('already', {
      what: `${step.id} undone`,
      by: step.undoneBy ?? '-',
      at: step.endedAt ?? '-',
    })
  // `done.already` of a run that started is a retry's word for its own work; a step with nothing to do keeps no plan.
  if (step.plan === undefined || step.done === undefined) {
    const unknown = step.failure?.name === 'result-unknown'
    return failure('not-undoable', {
      ...named,
      reason: unknown ? 'it is not known whether it changed anything' : 'it changed nothing',
    })
  }
  if (!ended.includes(step.status)) return failure('step-busy', { ...named, status: step.status })
  const way = kind.undo(step.params, step.plan)
  if ('irreversible' in way) return failure('not-undoable', { ...named, reason: way.irreversible.en })
  const undoStep = `${step.step}-undo`
  const busy = isUnderWay(state, undoStep)
  if (busy !== undefined) return failure('step-busy', { ...named, step: busy.id, status: busy.status })
  if (state.frozen !== undefined) return failure('frozen', { by: state.frozen.by.id, at: state.frozen.at })
  request(story, command.by, {
    step: undoStep,
    kind: way.kind,
    title: { ja: `元に戻す: ${step.title.ja}`, en: `Undo: ${step.title.en}` },
    params: way.with,
    origin: 'undo',
    undoes: step.id,
  })
  return undefined
}

function unknownStep(state: IncidentState, step: string, known: readonly string[]): Failure {
  return failure('unknown-step', { incident: state.id, step, known: known.join(', ') || 'none' })
}
