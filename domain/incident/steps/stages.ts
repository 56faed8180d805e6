/** The stages of a step run, and what the hands' answer to each means: read · plan → run → verify → health. */

import { proposalHash } from '../../approval/proposal.ts'
import { type Failure, type FailureName, failure, failures } from '../../failures.ts'
import { iso } from '../../iso.ts'
import { present } from '../../present.ts'
import { lackingSystem } from '../../runbook/connections-used.ts'
import { isChange, kindOf } from '../../steps/catalogue.ts'
import type { ChangeKind, Done, Outcome, Plan, Reading, Terms, Verified } from '../../steps/contract.ts'
import type { SmokeRequest } from '../../steps/http.ts'
import { objectName } from '../../steps/subject.ts'
import { system } from '../../words.ts'
import type { EventData } from '../fold/events.ts'
import { againBy } from '../fold/gone.ts'
import type { IncidentState, StepRun } from '../fold/state.ts'
import { type Story, tell } from '../fold/story.ts'
import { alarm } from '../pages/escalate.ts'
import { answered } from './answered.ts'
import { approvalsNeeded } from './approve.ts'
import { proposalOf, termsOf } from './terms.ts'

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
    else if (stage === 'verify' && takesLonger.includes(outcome.failure.name))
      tell(story, 'step-going-on', system, { run, failure: outcome.failure })
    else fail(story, step, stage, outcome.failure, outcome.attempt)
    return
  }
  switch (stage) {
    case 'read': {
      const reading = outcome.value as Reading
      tell(story, 'step-read', system, { run, reading })
      answered(story, [{ id: againBy(run), ...reading }], run)
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
          failure('not-verified', { target: step.plan?.target ?? run, reason: verified.says }),
        )
      else if (healthOf(story.state, step) === undefined) verifiedWith(story, step, verified)
      else tell(story, 'step-settled', system, { run, verified })
      return
    }
    case 'health': {
      const health = outcome.value as Reading
      const bad = health.findings[0]
      if (bad !== undefined) {
        const target = step.plan?.target ?? run
        fail(story, step, stage, failure('not-verified', { target, reason: bad.says }))
        undone(story, step)
      } else verifiedWith(story, step, { ok: true, says: step.settled ?? step.title, facts: {} }, health)
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
    undone(story, step)
    return
  }
  const way = wayBack(kind, step, plan)
  if (way !== undefined) {
    fail(story, step, 'plan', way)
    return
  }
  proposeStep(story, step, plan, {
    ...approvalsNeeded(story.state, step, kind, plan, story.now),
    expiresAt: iso(story.now + story.state.runbook.book.approvals.expireAfter),
  })
}

/** Puts a plan before people, under these terms: its hash is over both. */
export function proposeStep(
  story: Story,
  step: StepRun,
  plan: Plan,
  { risk, approvals, expiresAt }: Pick<Terms, 'risk' | 'approvals' | 'expiresAt'>,
): void {
  const terms = termsOf(story.state, step, { risk, approvals, expiresAt })
  const hash = proposalHash(proposalOf(story.state, step, plan, terms))
  tell(story, 'step-proposed', system, { run: step.id, plan, hash, risk, approvals, expiresAt })
}

/** A change whose way back cannot even be named from its plan is not proposed. */
function wayBack(kind: ChangeKind, step: StepRun, plan: Plan): Failure | undefined {
  try {
    kind.undo(step.params, plan)
    return undefined
  } catch (error) {
    return failure('internal', { where: `plan/${step.kind}`, reason: String(error) })
  }
}

/**
 * How the service that a step changed is asked; a change is verified when its service is healthy several times over, and passes its smoke
 * test. The emergency recovery asks every service itself; an undo may lead back to an ill one, and only has its smoke test to pass.
 */
export function healthOf(state: IncidentState, step: StepRun): HealthAsked | undefined {
  if (step.origin === 'recovery') return undefined
  const service = serviceOf(state, step.plan?.target)
  if (service?.health === undefined) return undefined
  if (step.origin === 'undo' && service.smokeTest === undefined) return undefined
  const { health: url, slowAfter, smokeTest } = service
  return { url, slowAfter, ...present({ smokeTest }) }
}

type HealthAsked = {
  readonly url: string
  readonly slowAfter: number
  readonly smokeTest?: readonly SmokeRequest[]
}

function serviceOf(state: IncidentState, target: string | undefined) {
  const { namespace, services } = state.runbook.book
  return Object.values(services).find(
    ({ deployment }) =>
      deployment !== undefined && objectName('deployment', namespace, deployment) === target,
  )
}

function verifiedWith(story: Story, step: StepRun, verified: Verified, health?: Reading): void {
  tell(story, 'step-verified', system, {
    run: step.id,
    verified,
    ...present({ health }),
  })
  undone(story, step)
}

/** The change that a step takes back is taken back by now, whether or not its service is healthy with that. */
function undone(story: Story, { id, undoes }: StepRun): void {
  if (undoes !== undefined && story.state.steps[undoes]?.status !== 'undone')
    tell(story, 'undone', system, { run: undoes, by: id })
}

/** The target moves towards what was wanted, for longer than its hand looks: nothing has failed, and nothing is proven. */
const takesLonger: readonly FailureName[] = ['rollout-going-on', 'replica-copying']

/** Of a second try nobody knows what the first one did before its worker died. */
function changedBy(step: StepRun, stage: StepStage, why: Failure, attempt?: number): StepRun['changed'] {
  if (stage === 'read' || stage === 'plan') return 'nothing'
  if (stage !== 'run') return 'done'
  return attempt === 1 && changesNothing(step, why) ? 'nothing' : 'unknown'
}

function changesNothing(step: StepRun, { name, params }: Failure): boolean {
  const { unchanged } = failures[name]
  return unchanged?.(params, isPiecemeal(step.kind)) === true
}

function isPiecemeal(name: string): boolean {
  const kind = kindOf(name)
  return kind !== undefined && isChange(kind) && kind.piecemeal === true
}

function fail(story: Story, step: StepRun, stage: StepStage, why: Failure, attempt?: number): void {
  const changed = changedBy(step, stage, why, attempt) ?? 'unknown'
  tell(story, 'step-failed', system, { run: step.id, stage, failure: why, changed })
  if (step.origin === 'undo' && stage !== 'health') alarm(story, 'undo-failed')
}
