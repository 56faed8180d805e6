import { countedFrom, policyFrom, withCalled, withoutRepeats } from '../escalation/levels.ts'
import { kindOf } from '../steps/catalogue.ts'
import { atLeast, saidAgain } from '../words.ts'
import { acting } from './acting.ts'
import { withAlerts } from './alerts-state.ts'
import type { IncidentFact } from './events.ts'
import { afterAnswers, lean, withFinding, withoutFindings } from './findings.ts'
import { againBy, answersIn } from './gone.ts'
import { pageCancelled, pageFailed, pageRequested, pageSent } from './pages-state.ts'
import { allGone, isRepair, proven, recoveryVerified, verifiedBy } from './proof.ts'
import { type IncidentState, isCalm, type StepRun } from './state.ts'
import { ownFindings, speaksOfNow } from './whose.ts'
import { withRisks, withSeverity } from './worse.ts'

const notesKept = 20

/** The last checklist may be worked off for so long after the end. */
const workedOffWithinMs = 30 * 86_400_000

/** So many pictures, one a minute, follow when it looks recovered. */
const closeLooks = 5

/** The state after a fact. Reads every event that any release ever wrote; never refuses. `now` is the event's time, epoch ms. */
export function evolve(state: IncidentState, fact: IncidentFact, now: number): IncidentState {
  const after = acting(fold(state, fact, now), fact, now)
  return isCalm(state) && !isCalm(after) ? { ...after, escalation: countedFrom(after, now) } : after
}

function fold(state: IncidentState, fact: IncidentFact, now: number): IncidentState {
  const at = new Date(now).toISOString()
  const { by } = fact
  switch (fact.type) {
    case 'declared':
      return state
    case 'reported': {
      const { declaration: d } = fact.data
      const heard = { ...state, reports: state.reports + 1 }
      const isWorse = atLeast(d.severity, state.severity)
      const reported = isWorse ? withSeverity(heard, d.severity, by, now) : heard
      const symptom = state.symptom ?? (d.service === state.service ? d.symptom : undefined)
      const risks = { dataLoss: state.dataLoss || d.dataLoss, breach: state.breach || d.breach }
      return withRisks(symptom === undefined ? reported : { ...reported, symptom }, risks, by, now)
    }
    case 'alerts-changed':
      return withAlerts(state, fact.data, by, now)
    case 'acknowledged':
      return { ...state, acknowledged: { by, at }, escalation: withoutRepeats(state) }
    case 'acknowledgement-lapsed': {
      const { acknowledged: _, ...asked } = state
      return { ...asked, escalation: policyFrom(state, now) }
    }
    case 'noted':
      return {
        ...state,
        lastUpdateAtMs: now,
        notes: [...state.notes, { at, by, text: fact.data.text.slice(0, 500) }].slice(-notesKept),
      }
    case 'severity-set':
      return withSeverity(state, fact.data.severity, by, now)
    case 'impact-set':
      return { ...state, impact: fact.data.impact }
    case 'eta-set':
      return { ...state, eta: fact.data.eta }
    case 'commander-set':
      return { ...state, commander: fact.data.person }
    case 'symptom-set':
      return { ...state, symptom: fact.data.symptom }
    case 'risk-set':
      return withRisks(state, fact.data, by, now)
    case 'checked':
      return { ...state, checks: { ...state.checks, [fact.data.item]: { by, at } } }
    case 'phase-changed':
      return { ...state, phase: fact.data.to, lastUpdateAtMs: now }

    case 'situation-requested': {
      const { number, again } = fact.data
      const { again: _, ...before } = state.situation
      const asked = { ...before, wanted: number, requestedAtMs: now }
      return { ...state, situation: again ? { ...asked, again } : asked }
    }
    case 'situation-taken': {
      const { number, tookMs, parts } = fact.data
      const taken = { number, at, tookMs, parts: lean(parts) }
      return afterAnswers({ ...state, situation: { ...state.situation, taken } }, answersIn(parts), number)
    }
    case 'found': {
      const { finding } = fact.data
      const found = withFinding(state, fact.data, at)
      const isWorse = finding.service === state.service && speaksOfNow(finding)
      return isWorse ? { ...found, resolutionProposed: false } : found
    }
    case 'findings-gone': {
      const { findings, run } = fact.data
      const left = withoutFindings(state, findings)
      const hadAny = ownFindings(state).length > 0
      if (!hadAny || ownFindings(left).length > 0 || left.proof !== undefined) return left
      // What a picture shows to be gone, that very picture proves.
      const { taken } = state.situation
      return proven(left, allGone, run === undefined && taken !== undefined ? taken.number - 1 : undefined)
    }

    case 'step-requested': {
      const { run, step, kind, title, params, origin, because, finding, undoes, byHand } = fact.data
      const risk = kindOf(kind)?.risk ?? 'destructive'
      const entry: StepRun = {
        id: run,
        step,
        kind,
        title,
        params,
        origin,
        ...(because === undefined ? {} : { because }),
        ...(finding === undefined ? {} : { finding }),
        ...(undoes === undefined ? {} : { undoes }),
        ...(byHand === undefined ? {} : { byHand }),
        requestedBy: by,
        requestedAt: at,
        status: risk === 'read' ? 'reading' : 'planning',
        risk,
        approvalsNeeded: 0,
        approvals: [],
      }
      return { ...state, steps: { ...state.steps, [run]: entry } }
    }
    case 'step-read': {
      const { run, reading } = fact.data
      const read = withStep(state, run, () => ({ status: 'done', endedAt: at }))
      return afterAnswers(read, [{ id: againBy(run), ...reading }])
    }
    case 'step-proposed': {
      const { run, plan, hash, risk, approvals, expiresAt } = fact.data
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
    }
    case 'step-approved': {
      const { run, hash, attestation } = fact.data
      const approval = {
        by,
        person: by.id,
        verified: by.verified,
        at,
        hash,
        ...(attestation === undefined ? {} : { attestation }),
      }
      return withStep(state, run, (step) => ({ approvals: [...step.approvals, approval] }))
    }
    case 'step-rejected':
      return withStep(state, fact.data.run, (step) => ({ ...over(step, at), status: 'rejected' }))
    case 'step-expired':
      return withStep(state, fact.data.run, (step) => ({ ...over(step, at), status: 'expired' }))
    case 'step-withdrawn':
      return withStep(state, fact.data.run, (step) => ({ ...over(step, at), status: 'withdrawn' }))
    case 'step-started': {
      const { allowed } = fact.data
      return withStep(withoutEarlierChanges(state, fact.data.run), fact.data.run, () => ({
        status: 'running',
        startedAtMs: now,
        allowedBy: 'policy' in allowed ? allowed.policy : allowed.approvals.map((a) => a.person).join(', '),
      }))
    }
    case 'step-done': {
      const { done } = fact.data
      return withStep(state, fact.data.run, (step) =>
        step.status === 'planning'
          ? { status: 'done', ...over({ ...step, done }, at) }
          : { status: 'verifying', done },
      )
    }
    case 'step-settled':
      return withStep(state, fact.data.run, () => ({ status: 'checking', settled: fact.data.verified.says }))
    case 'step-verified': {
      const { run, verified } = fact.data
      const verifiedStep = withStep(state, run, (step) => ({ ...over(step, at), status: 'verified' }))
      const isRepairing = isRepair(state.steps[run]?.kind ?? '')
      return isRepairing ? proven(verifiedStep, verifiedBy(run, verified.says)) : verifiedStep
    }
    case 'step-failed': {
      const { failure, changed } = fact.data
      const failed = { status: 'failed', failure, changed } as const
      return withStep(state, fact.data.run, (step) => ({
        ...(isVerifiable(step) ? { endedAt: at } : over(step, at)),
        ...failed,
      }))
    }
    case 'step-going-on': {
      const { failure } = fact.data
      return withStep(state, fact.data.run, () => ({ endedAt: at, status: 'going-on', failure }))
    }
    case 'verification-requested': {
      const { run } = fact.data
      const step = Object.hasOwn(state.steps, run) ? state.steps[run] : undefined
      if (step === undefined) return state
      const { failure: _, changed: __, settled: ___, endedAt: ____, ...made } = step
      const again = { status: 'verifying', verifications: (step.verifications ?? 0) + 1 } as const
      return { ...state, steps: { ...state.steps, [run]: { ...made, ...again } } }
    }
    case 'step-left-out':
      return withStep(state, fact.data.run, (step) => ({ ...over(step, at), status: 'left-out' }))
    case 'undone':
      return withStep(state, fact.data.run, () => ({ status: 'undone', undoneBy: fact.data.by }))

    case 'recovery-started': {
      const { steps, until } = fact.data
      const { severity, recoveries } = state
      const started = { severity, number: recoveries + 1, steps, untilMs: Date.parse(until) }
      return { ...state, recoveries: recoveries + 1, recovery: { ...started, status: 'running' } }
    }
    case 'recovery-continued': {
      const { recovery } = state
      if (recovery === undefined) return state
      return { ...state, recovery: { ...recovery, steps: [...recovery.steps, ...fact.data.steps] } }
    }
    case 'recovery-verified':
      return proven(withRecovery(state, 'verified'), recoveryVerified)
    case 'recovery-failed':
      return withRecovery(state, 'failed')
    case 'resolution-proposed': {
      const { proof: _, ...proposed } = state
      // What dies a while after it was Ready shows only then.
      return { ...proposed, resolutionProposed: true, watchedTo: state.situation.wanted + closeLooks }
    }

    case 'escalated': {
      const { level, reason } = fact.data
      return { ...state, escalation: withCalled(state, level, reason, now) }
    }
    case 'page-requested':
      return pageRequested(state, fact.data.page, now)
    case 'page-sent':
      return pageSent(state, fact.data.key)
    case 'page-failed':
      return pageFailed(state, fact.data)
    case 'page-cancelled':
      return pageCancelled(state, fact.data.key, now)

    case 'resolved':
      return { ...withoutRecovery(state), resolved: { by, at } }
    case 'reopened': {
      const { resolved: _, acknowledged: __, proof: ___, recovery: ____, ...open } = state
      const escalation = policyFrom(state, now)
      return { ...open, worst: state.severity, resolutionProposed: false, escalation, lastUpdateAtMs: now }
    }
    case 'closed': {
      const later = { untilMs: now + workedOffWithinMs, sinceRun: state.run }
      const closed = fact.data.later === undefined ? { by, at } : { by, at, later }
      return { ...withoutRecovery(state), closed }
    }
    case 'afterwards-lapsed': {
      const { later: _, ...closed } = state.closed ?? { by, at }
      return { ...state, closed }
    }
    case 'cancelled':
      return { ...withoutRecovery(state), closed: { by, at } }
    case 'frozen': {
      const { frozen, ...others } = state
      const { on, version } = fact.data
      const thawed = version === undefined ? others : { ...others, freezeVersion: version }
      return on ? { ...thawed, frozen: saidAgain(frozen, { by, at }) } : thawed
    }
    case 'signal-refused':
      return state
    case 'internal-error':
      return { ...state, internalErrors: state.internalErrors + 1 }
    case 'cancel-refused':
      return state
    case 'archived':
      return { ...state, archivedRun: Math.max(state.archivedRun, fact.data.run) }
    case 'continued':
      return { ...state, run: fact.data.run }
    default:
      fact satisfies never
      return state
  }
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
  return {
    ...(plan === undefined ? {} : { plan: { ...plan, change: null } }),
    ...(done === undefined ? {} : { done: { ...done, after: null } }),
  }
}

function withRecovery(state: IncidentState, status: 'verified' | 'failed'): IncidentState {
  return state.recovery === undefined ? state : { ...state, recovery: { ...state.recovery, status } }
}

/** People who say that it is over need no verdict on a recovery that was still trying. */
function withoutRecovery(state: IncidentState): IncidentState {
  return state.recovery?.status === 'running'
    ? { ...state, recovery: { ...state.recovery, status: 'dropped' } }
    : state
}
