/** The stages of a step run, and what the hands' answer to each means: read · plan → run → verify → health. */
import { approvalsNeeded, stepHash } from '../approval/approve.ts'
import { alarm } from '../escalation/escalate.ts'
import { type Failure, type FailureName, failure } from '../failures.ts'
import { lackingSystem } from '../runbook/connections-used.ts'
import { isChange, kindOf } from '../steps/catalogue.ts'
import type { ChangeKind, Done, Outcome, Plan, Reading, Verified } from '../steps/contract.ts'
import { system } from '../words.ts'
import { noteFindings } from './diagnose.ts'
import type { EventData } from './events.ts'
import type { IncidentState, StepRun } from './state.ts'
import { iso, type Story, tell } from './story.ts'

export type StepStage = EventData['step-failed']['stage']

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

/** What the hands answered for one stage of a run. Answers for a run that went on meanwhile are dropped. */
export function stageEnded(story: Story, run: string, stage: StepStage, outcome: Outcome<unknown>): void {
  const step = Object.hasOwn(story.state.steps, run) ? story.state.steps[run] : undefined
  if (step === undefined || stageOf(step) !== stage) return
  if (!outcome.ok) {
    // One runbook serves clusters with a system and without it. A person who asks for such a step is told why it cannot be.
    const lacking = step.origin === 'runbook' ? lackingSystem(outcome.failure) : undefined
    if (lacking !== undefined) tell(story, 'step-left-out', system, { run, system: lacking })
    else fail(story, step, stage, outcome.failure)
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
