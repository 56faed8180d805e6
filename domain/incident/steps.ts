/** The life of a step run: requested → planned → proposed → started → done → verified, and back by an undo. */
import { approvalRefusal, approvalsNeeded, enoughApprovals, stepHash } from '../approval/approve.ts'
import { alarm } from '../escalation/escalate.ts'
import { type Failure, type FailureName, failure } from '../failures.ts'
import { strangeAddress } from '../runbook/health-addresses.ts'
import { isChange, kindOf } from '../steps/catalogue.ts'
import type {
  ChangeKind,
  Done,
  Outcome,
  Plan,
  Reading,
  ReadKind,
  StepParams,
  Verified,
} from '../steps/contract.ts'
import { canonicalJson } from '../timeline/canonical.ts'
import { system } from '../words.ts'
import { type Command, inputFailure } from './commands.ts'
import { noteFindings } from './diagnose.ts'
import type { EventData } from './events.ts'
import { findRun, offeredSteps } from './find-step.ts'
import { openRefusal } from './phases.ts'
import { isUnderWay, request, roomRefusal } from './request.ts'
import { ended, type IncidentState, type StepRun } from './state.ts'
import { iso, type Story, tell } from './story.ts'

export type StepStage = EventData['step-failed']['stage']

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

/** What the hands answered for one stage of a run. Answers for a run that went on meanwhile are dropped. */
export function stageEnded(story: Story, run: string, stage: StepStage, outcome: Outcome<unknown>): void {
  const step = Object.hasOwn(story.state.steps, run) ? story.state.steps[run] : undefined
  if (step === undefined || stageOf(step) !== stage) return
  if (!outcome.ok) {
    fail(story, step, stage, outcome.failure)
    return
  }
  switch (stage) {
    case 'read': {
      const reading = outcome.value as Reading
      tell(story, 'step-read', system, { run, reading })
      noteFindings(story, reading.findings)
      return
    }
    case 'plan':
      planned(story, step, outcome.value as Plan)
      return
    case 'run':
      tell(story, 'step-done', system, { run, done: outcome.value as Done, attempt: outcome.attempt })
      return
    case 'verify': {
      const verified = outcome.value as Verified
      if (!verified.ok)
        fail(
          story,
          step,
          stage,
          failure('not-verified', {
            target: step.plan?.target ?? run,
            seconds: '60',
            reason: verified.says.en,
          }),
        )
      else if (healthUrl(story.state, step) === undefined) verifiedWith(story, step, verified)
      else tell(story, 'step-settled', system, { run, verified })
      return
    }
    case 'health': {
      const health = outcome.value as Reading
      const bad = health.findings[0]
      if (bad !== undefined)
        fail(
          story,
          step,
          stage,
          failure('not-verified', { target: step.plan?.target ?? run, seconds: '30', reason: bad.says.en }),
        )
      else verifiedWith(story, step, { ok: true, says: step.done?.says ?? step.title, facts: {} }, health)
    }
  }
}

function planned(story: Story, step: StepRun, plan: Plan): void {
  const kind = kindOf(step.kind)
  if (kind === undefined || !isChange(kind)) return
  if (plan.nothingToDo) {
    tell(story, 'step-done', system, {
      run: step.id,
      done: { says: plan.says, already: true, after: plan.before },
      attempt: 1,
    })
    if (step.undoes !== undefined) tell(story, 'undone', system, { run: step.undoes, by: step.id })
    return
  }
  const way = wayBack(kind, step, plan)
  if (way !== undefined) {
    fail(story, step, 'plan', way)
    return
  }
  const need = approvalsNeeded(story.state, kind, plan)
  tell(story, 'step-proposed', system, {
    run: step.id,
    plan,
    hash: stepHash(story.state.id, step, plan),
    risk: need.risk,
    approvals: need.approvals,
    expiresAt: iso(story.now + story.state.runbook.book.approvals.expireAfter),
  })
}

/** A change whose way back cannot even be named from its plan is not proposed. */
function wayBack(kind: ChangeKind, step: StepRun, plan: Plan): Failure | undefined {
  try {
    kind.undo(step.params, plan)
    return undefined
  } catch (error) {
    return failure('internal', { where: `plan of ${step.kind}`, reason: String(error) })
  }
}

/** A severity that was lowered may ask for people where it asked for none: policy is looked at again when the step starts. Never the other way. */
function askAgain(story: Story): void {
  for (const step of Object.values(story.state.steps)) {
    const kind = kindOf(step.kind)
    const { plan, hash, risk, expiresAtMs } = step
    if (step.status !== 'proposed' || kind === undefined || !isChange(kind)) continue
    if (plan === undefined || hash === undefined || expiresAtMs === undefined) continue
    const { approvals } = approvalsNeeded(story.state, kind, plan)
    if (approvals <= step.approvalsNeeded) continue
    tell(story, 'step-proposed', system, {
      run: step.id,
      plan,
      hash,
      risk,
      approvals,
      expiresAt: iso(expiresAtMs),
    })
  }
}

/** Starts every proposed step that has what it needs. Looked at after every event, so thawing starts what froze. */
export function startAllowed(story: Story): void {
  askAgain(story)
  for (const step of Object.values(story.state.steps)) {
    if (step.status !== 'proposed' || step.hash === undefined) continue
    if (story.state.frozen !== undefined || openRefusal(story.state, 'run') !== undefined) continue
    if ((step.expiresAtMs ?? 0) <= story.now || !enoughApprovals(story.state, step)) continue
    tell(story, 'step-started', system, {
      run: step.id,
      hash: step.hash,
      allowed:
        step.approvalsNeeded === 0
          ? { policy: `${story.state.severity}: ${step.risk}` }
          : { approvals: step.approvals.map(({ by: _, ...approval }) => approval) },
    })
  }
}

export function expire(story: Story, run: string): void {
  const step = story.state.steps[run]
  if (step?.status !== 'proposed' || (step.expiresAtMs ?? 0) > story.now) return
  tell(story, 'step-expired', system, { run })
}

function verifiedWith(story: Story, step: StepRun, verified: Verified, health?: Reading): void {
  tell(story, 'step-verified', system, {
    run: step.id,
    verified,
    ...(health === undefined ? {} : { health }),
  })
  if (step.undoes !== undefined) tell(story, 'undone', system, { run: step.undoes, by: step.id })
}

/** Failures of a `run` after which the target is certainly as it was before. */
const changedNothing: readonly FailureName[] = [
  'forbidden',
  'target-not-found',
  'target-changed',
  'target-busy',
  'precondition-failed',
  'attestation-invalid',
  'no-worker',
  'unknown-connection',
  'database-refused',
  'database-full',
  'exec-forbidden',
  'container-not-running',
  'program-not-found',
]

function fail(story: Story, step: StepRun, stage: StepStage, why: Failure): void {
  const changed =
    stage === 'read' || stage === 'plan'
      ? 'nothing'
      : stage === 'run'
        ? changedNothing.includes(why.name)
          ? 'nothing'
          : 'unknown'
        : 'done'
  tell(story, 'step-failed', system, { run: step.id, stage, failure: why, changed })
  if (step.origin === 'undo') alarm(story, 'undo-failed')
}

/** Which answer a run waits for. */
export function stageOf(step: StepRun): StepStage | undefined {
  switch (step.status) {
    case 'reading':
      return 'read'
    case 'planning':
      return 'plan'
    case 'running':
      return 'run'
    case 'verifying':
      return 'verify'
    case 'checking':
      return 'health'
    default:
      return undefined
  }
}

/** The health address of the service that a step changed; a change is verified when its service is healthy several times over. */
export function healthUrl(state: IncidentState, step: StepRun): string | undefined {
  if (step.origin === 'undo' || step.origin === 'recovery') return undefined
  return serviceOf(state, step.plan?.target)?.health
}

function serviceOf(state: IncidentState, target: string | undefined) {
  const { namespace, services } = state.runbook.book
  return Object.values(services).find(
    ({ deployment }) => deployment !== undefined && `deployment/${namespace}/${deployment}` === target,
  )
}

function unknownStep(state: IncidentState, step: string, known: readonly string[]): Failure {
  return failure('unknown-step', { incident: state.id, step, known: known.join(', ') || 'none' })
}
