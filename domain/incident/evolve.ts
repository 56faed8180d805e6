import { called, escalationAt } from '../escalation/levels.ts'
import { kindOf } from '../steps/catalogue.ts'
import { type Actor, atLeast } from '../words.ts'
import { alertsTold, withAlerts } from './alerts-state.ts'
import type { IncidentFact, PartResult } from './events.ts'
import { findingKey, stillKnown } from './picture.ts'
import type { IncidentState, Page, StepRun } from './state.ts'

const notesKept = 20

/** The state after a fact. Reads every event that any release ever wrote; never refuses. `now` is the event's time, epoch ms. */
export function evolve(state: IncidentState, fact: IncidentFact, now: number): IncidentState {
  const at = new Date(now).toISOString()
  const { by } = fact
  switch (fact.type) {
    case 'declared':
      return state
    case 'reported': {
      const { declaration: d } = fact.data
      const dataLoss = state.dataLoss || d.dataLoss
      const breach = state.breach || d.breach
      const severity = atLeast(d.severity, state.severity) ? d.severity : state.severity
      return withRisk({ ...state, reports: state.reports + 1, severity }, dataLoss, breach, now)
    }
    case 'alerts-changed':
      return withAlerts(state, fact.data)
    case 'acknowledged':
      return { ...responding(state, by), acknowledged: { by, at } }
    case 'noted':
      return {
        ...state,
        lastUpdateAtMs: now,
        notes: [...state.notes, { at, by, text: fact.data.text.slice(0, 500) }].slice(-notesKept),
      }
    case 'severity-set':
      return { ...state, severity: fact.data.severity }
    case 'impact-set':
      return { ...state, impact: fact.data.impact }
    case 'eta-set':
      return { ...state, eta: fact.data.eta }
    case 'commander-set':
      return { ...state, commander: fact.data.person }
    case 'symptom-set':
      return { ...state, symptom: fact.data.symptom }
    case 'risk-set':
      return withRisk(state, fact.data.dataLoss, fact.data.breach, now)
    case 'checked':
      return { ...state, checks: { ...state.checks, [fact.data.item]: { by, at } } }
    case 'phase-changed':
      return { ...state, phase: fact.data.to, lastUpdateAtMs: now }

    case 'situation-requested':
      return { ...state, situation: { ...state.situation, wanted: fact.data.number, requestedAtMs: now } }
    case 'situation-taken': {
      const { number, tookMs, parts } = fact.data
      return {
        ...state,
        situation: { ...state.situation, taken: { number, at, tookMs, parts: withoutTexts(parts) } },
        findings: stillKnown(state, parts),
      }
    }
    case 'found': {
      const { finding } = fact.data
      const others = state.findings.filter((known) => findingKey(known) !== findingKey(finding))
      return { ...state, findings: [...others, finding] }
    }

    case 'step-requested': {
      const { run, step, kind, title, params, origin, because, undoes } = fact.data
      const risk = kindOf(kind)?.risk ?? 'destructive'
      const entry: StepRun = {
        id: run,
        step,
        kind,
        title,
        params,
        origin,
        ...(because === undefined ? {} : { because }),
        ...(undoes === undefined ? {} : { undoes }),
        requestedBy: by,
        requestedAt: at,
        status: risk === 'read' ? 'reading' : 'planning',
        risk,
        approvalsNeeded: 0,
        approvals: [],
      }
      return { ...state, steps: { ...state.steps, [run]: entry } }
    }
    case 'step-read':
      return withStep(state, fact.data.run, () => ({ status: 'done', endedAt: at }))
    case 'step-proposed': {
      const { run, plan, hash, risk, approvals, expiresAt } = fact.data
      return withStep(state, run, () => ({
        status: 'proposed',
        plan,
        hash,
        risk,
        approvalsNeeded: approvals,
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
      return withStep(responding(state, by), run, (step) => ({ approvals: [...step.approvals, approval] }))
    }
    case 'step-rejected':
      return withStep(state, fact.data.run, (step) => ({ ...over(step, at), status: 'rejected' }))
    case 'step-expired':
      return withStep(state, fact.data.run, (step) => ({ ...over(step, at), status: 'expired' }))
    case 'step-started': {
      const { allowed } = fact.data
      return withStep(state, fact.data.run, () => ({
        status: 'running',
        allowedBy: 'policy' in allowed ? allowed.policy : allowed.approvals.map((a) => a.person).join(', '),
      }))
    }
    case 'step-done': {
      const { done } = fact.data
      return withStep(state, fact.data.run, (step) =>
        step.status === 'planning' ? { status: 'done', done, endedAt: at } : { status: 'verifying', done },
      )
    }
    case 'step-settled':
      return withStep(state, fact.data.run, () => ({ status: 'checking' }))
    case 'step-verified':
      return withStep(state, fact.data.run, (step) => ({ ...over(step, at), status: 'verified' }))
    case 'step-failed': {
      const { failure } = fact.data
      return withStep(state, fact.data.run, (step) => ({ ...over(step, at), status: 'failed', failure }))
    }
    case 'step-left-out':
      return withStep(state, fact.data.run, (step) => ({ ...over(step, at), status: 'left-out' }))
    case 'undone':
      return withStep(state, fact.data.run, () => ({ status: 'undone', undoneBy: fact.data.by }))

    case 'recovery-started': {
      const { steps, until } = fact.data
      return {
        ...state,
        recovery: { severity: state.severity, steps, untilMs: Date.parse(until), status: 'running' },
      }
    }
    case 'recovery-continued': {
      const { recovery } = state
      if (recovery === undefined) return state
      return { ...state, recovery: { ...recovery, steps: [...recovery.steps, ...fact.data.steps] } }
    }
    case 'recovery-verified':
      return withRecovery(state, 'verified')
    case 'recovery-failed':
      return withRecovery(state, 'failed')
    case 'resolution-proposed':
      return { ...state, resolutionProposed: true, ...alertsTold(state) }

    case 'escalated': {
      const { level, reason, due } = fact.data
      const entry = { dueMs: Date.parse(due), reason, firedAt: at }
      return { ...state, escalation: { ...state.escalation, [level]: entry } }
    }
    case 'page-requested': {
      const { page } = fact.data
      const pages = {
        ...withoutPredecessors(state.pages, page),
        [page.key]: { call: page, status: 'sending' as const, tries: triesWith(state.pages, page) },
      }
      return { ...state, pages, ...(page.reason === 'internal-error' ? { lastAlarmMs: now } : {}) }
    }
    case 'page-sent':
      return withPage(state, fact.data.key, { status: 'sent' })
    case 'page-failed': {
      const { key, retryAt, retryOver } = fact.data
      return withPage(state, key, {
        status: 'failed',
        ...(retryAt === undefined ? {} : { retryAtMs: Date.parse(retryAt) }),
        ...(retryOver === undefined ? {} : { retryOver }),
      })
    }
    case 'page-cancelled':
      // Nobody was reached: should pages be wanted again (reopened, no longer mitigated), this one goes out first.
      return withPage(state, fact.data.key, { status: 'cancelled', retryAtMs: now })

    case 'resolved':
      return { ...withoutRecovery(state), resolved: { by, at } }
    case 'reopened': {
      const { resolved: _, acknowledged: __, ...open } = state
      return {
        ...open,
        resolutionProposed: false,
        escalation: escalationAt(state, now, called(state.escalation)),
      }
    }
    case 'closed':
    case 'cancelled':
      return { ...withoutRecovery(state), closed: { by, at } }
    case 'frozen': {
      const { frozen: _, ...thawed } = state
      return fact.data.on ? { ...state, frozen: { by, at } } : thawed
    }
    case 'signal-refused':
      return state
    case 'internal-error':
      return { ...state, internalErrors: state.internalErrors + 1 }
    case 'archived':
      return { ...state, archivedRun: Math.max(state.archivedRun, fact.data.run) }
    case 'continued':
      return { ...state, run: fact.data.run }
    default:
      fact satisfies never
      return state
  }
}

/** Excerpts stay in the timeline; the state travels in every continue-as-new. */
function withoutTexts(parts: { readonly [part: string]: PartResult }): {
  readonly [part: string]: PartResult
} {
  return Object.fromEntries(
    Object.entries(parts).map(([id, part]) => {
      if (!part.ok) return [id, part]
      const { text: _, ...reading } = part.reading
      return [id, { ok: true, reading }]
    }),
  )
}

function responding(state: IncidentState, by: Actor): IncidentState {
  if (by.kind !== 'person' || state.responders.includes(by.id)) return state
  return { ...state, responders: [...state.responders, by.id].slice(0, 50) }
}

function withRisk(state: IncidentState, dataLoss: boolean, breach: boolean, now: number): IncidentState {
  if (dataLoss === state.dataLoss && breach === state.breach) return state
  const risky = { ...state, dataLoss, breach }
  return { ...risky, escalation: escalationAt(risky, now, state.escalation) }
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

/** What a run that has ended needs no more: its exact change may be a long list, and stands in the timeline. */
function over({ plan }: StepRun, at: string): Partial<StepRun> {
  return { endedAt: at, ...(plan === undefined ? {} : { plan: { ...plan, change: null } }) }
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

function withPage(
  state: IncidentState,
  key: string,
  change: Pick<Page, 'status' | 'retryAtMs' | 'retryOver'>,
): IncidentState {
  if (!Object.hasOwn(state.pages, key)) return state
  const { call, tries } = state.pages[key] as Page
  return { ...state, pages: { ...state.pages, [key]: { call, tries, ...change } } }
}

/** A new page takes the place of what became of earlier ones: neither a channel that is down for hours nor alarm after alarm may fill the state. */
function withoutPredecessors(pages: IncidentState['pages'], next: Page['call']): IncidentState['pages'] {
  return Object.fromEntries(
    Object.entries(pages).filter(([, page]) => page.status === 'sending' || !isToSame(page, next)),
  )
}

/** How often this channel was tried in a row, this time included. */
function triesWith(pages: IncidentState['pages'], next: Page['call']): number {
  return Object.values(pages)
    .filter((page) => page.status === 'failed' && isToSame(page, next) && page.call.channel === next.channel)
    .reduce((most, page) => Math.max(most, page.tries + 1), 1)
}

function isToSame({ call }: Page, next: Page['call']): boolean {
  return call.level === next.level && call.person === next.person
}
