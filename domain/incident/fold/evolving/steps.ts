/** The runs of steps. */
import { present } from '../../../present.ts'
import { isPeoples, kindOf } from '../../../steps/catalogue.ts'
import { cutTo } from '../../../words.ts'
import { withAffected } from '../affected.ts'
import type { EventData } from '../events.ts'
import { afterAnswers } from '../findings.ts'
import { againBy } from '../gone.ts'
import { isRepair, proven, verifiedBy } from '../proof.ts'
import type { IncidentState, StepRun } from '../state.ts'
import type { Evolving, Moment } from './evolving.ts'

export const steps = {
  'step-requested': (state, data, { by, at }) => {
    const { run, step, kind, title, params, origin, because, finding, undoes, byHand } = data
    const more = present({ because, finding, undoes, byHand })
    const entry = newRun({ run, step, kind, title, params, origin, ...more }, { by, at })
    return { ...state, steps: { ...state.steps, [run]: entry } }
  },
  'step-carried-out': (state, { run, saw }, { by, at }) =>
    withStep(state, run, () => ({ status: 'done', endedAt: at, told: { by, ...shortened({ saw }) } })),
  'step-decided': (state, { run, option, reason }, { by, at }) =>
    withStep(state, run, () => ({
      status: 'done',
      endedAt: at,
      told: { by, option, ...shortened({ reason }) },
    })),
  'step-skipped': (state, { reason, ...asked }, { by, at }) => {
    const { run } = asked
    const known = Object.hasOwn(state.steps, run) ? state.steps[run] : undefined
    const step = known ?? newRun({ ...asked, origin: 'person' }, { by, at })
    const told = { by, ...shortened({ reason }) }
    const skipped: StepRun = { ...step, ...over(step, at), status: 'skipped', told }
    return { ...state, steps: { ...state.steps, [run]: skipped } }
  },
  'step-retried': (state, data) => withStep(state, data.run, () => ({ retriedBy: data.by })),
  'step-read': (state, data, { at }) => {
    const { run, reading } = data
    const read = withStep(state, run, () => ({ status: 'done', endedAt: at }))
    return withAffected(afterAnswers(read, [{ id: againBy(run), ...reading }]), run, reading)
  },
  'step-proposed': (state, data, { now }) => {
    const { run, plan, hash, risk, approvals, expiresAt } = data
    return withStep(state, run, (step) => ({
      status: 'proposed',
      proposedAtMs: step.proposedAtMs ?? now,
      plan,
      hash,
      risk,
      approvalsNeeded: approvals,
      // Those for other terms are worth nothing now.
      approvals: step.approvals.filter((a) => a.hash === hash),
      expiresAtMs: Date.parse(expiresAt),
    }))
  },
  'step-approved': (state, data, { by, at }) => {
    const { run, hash, attestation } = data
    const approval = {
      by,
      person: by.id,
      verified: by.verified,
      at,
      hash,
      ...present({ attestation }),
    }
    return withStep(state, run, (step) => ({ approvals: [...step.approvals, approval] }))
  },
  'step-rejected': (state, data, { at }) =>
    withStep(state, data.run, (step) => ({ ...over(step, at), status: 'rejected' })),
  'step-expired': (state, data, { at }) =>
    withStep(state, data.run, (step) => ({ ...over(step, at), status: 'expired' })),
  'step-withdrawn': (state, data, { at }) =>
    withStep(state, data.run, (step) => ({
      ...over(step, at),
      status: 'withdrawn',
      ...present({ heldBack: data.after === undefined ? undefined : (true as const) }),
    })),
  'step-started': (state, data, { now }) => {
    const { allowed } = data
    return withStep(withoutEarlierChanges(state, data.run), data.run, () => ({
      status: 'running',
      startedAtMs: now,
      allowedBy: 'policy' in allowed ? allowed.policy : allowed.approvals.map((a) => a.person).join(', '),
    }))
  },
  'step-done': (state, data, { at }) => {
    const { done } = data
    return withStep(state, data.run, (step) =>
      step.status === 'planning'
        ? { status: 'done', ...over({ ...step, done }, at) }
        : { status: 'verifying', done },
    )
  },
  'step-settled': (state, data) =>
    withStep(state, data.run, () => ({ status: 'checking', settled: data.verified.says })),
  'step-verified': (state, data, { at }) => {
    const { run, verified } = data
    const verifiedStep = withStep(state, run, (step) => ({ ...over(step, at), status: 'verified' }))
    const isRepairing = isRepair(state.steps[run]?.kind ?? '')
    return isRepairing ? proven(verifiedStep, verifiedBy(run, verified.says)) : verifiedStep
  },
  'step-failed': (state, data, { at }) => {
    const { failure, changed } = data
    const failed = { status: 'failed', failure, changed } as const
    return withStep(state, data.run, (step) => ({
      ...(isVerifiable(step) ? { endedAt: at } : over(step, at)),
      ...failed,
    }))
  },
  'step-going-on': (state, data, { at }) => {
    const { failure } = data
    return withStep(state, data.run, () => ({ endedAt: at, status: 'going-on', failure }))
  },
  'verification-requested': (state, data) => {
    const { run } = data
    const step = Object.hasOwn(state.steps, run) ? state.steps[run] : undefined
    if (step === undefined) return state
    const { failure: _, changed: __, settled: ___, endedAt: ____, ...made } = step
    const again = { status: 'verifying', verifications: (step.verifications ?? 0) + 1 } as const
    return { ...state, steps: { ...state.steps, [run]: { ...made, ...again } } }
  },
  'step-left-out': (state, data, { at }) =>
    withStep(state, data.run, (step) => ({ ...over(step, at), status: 'left-out' })),
  undone: (state, data) => withStep(state, data.run, () => ({ status: 'undone', undoneBy: data.by })),
} satisfies Evolving

type Asked = Omit<EventData['step-requested'], 'run'> & { readonly run: string }

function newRun({ run, ...asked }: Asked, { by, at }: Pick<Moment, 'by' | 'at'>): StepRun {
  const kind = kindOf(asked.kind)
  const risk = kind === undefined ? 'destructive' : kind.risk
  return {
    id: run,
    ...asked,
    requestedBy: by,
    requestedAt: at,
    status: kind !== undefined && isPeoples(kind) ? 'waiting' : risk === 'read' ? 'reading' : 'planning',
    ...present({ risk }),
    approvalsNeeded: 0,
    approvals: [],
  }
}

/** The words whole stand in the timeline. */
const wordsKept = 500

function shortened(words: { readonly saw?: string | undefined; readonly reason?: string | undefined }) {
  const { saw, reason } = words
  return present({
    saw: saw && cutTo(saw, wordsKept),
    reason: reason && cutTo(reason, wordsKept),
  })
}

function withStep(
  state: IncidentState,
  run: string,
  change: (step: StepRun) => Partial<StepRun>,
): IncidentState {
  if (!Object.hasOwn(state.steps, run)) return state
  const step = state.steps[run] as StepRun
  return { ...state, steps: { ...state.steps, [run]: { ...step, ...change(step) } } }
}

/** Whether it took effect can be asked again, and its hand needs the exact change for that. */
function isVerifiable({ done }: StepRun): boolean {
  return done !== undefined
}

/** Only of the newest run of a step it is asked again whether it took effect. */
function withoutEarlierChanges(state: IncidentState, run: string): IncidentState {
  const step = state.steps[run]?.step
  const steps = Object.entries(state.steps).map(([id, earlier]) => {
    const isEarlier = id !== run && earlier.step === step
    return [id, isEarlier ? { ...earlier, ...withoutDetail(earlier) } : earlier]
  })
  return { ...state, steps: Object.fromEntries(steps) }
}

function over(step: StepRun, at: string): Partial<StepRun> {
  return { endedAt: at, ...withoutDetail(step) }
}

/** What a run that has ended needs no more: exact change and answer may be long lists, and stand in the timeline. */
function withoutDetail({ plan, done }: StepRun): Partial<StepRun> {
  return present({ plan: plan && { ...plan, change: null }, done: done && { ...done, after: null } })
}
