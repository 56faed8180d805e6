import { called, escalationAt } from '../escalation/levels.ts'
import { kindOf } from '../steps/catalogue.ts'
import type { Finding } from '../steps/contract.ts'
import { type Actor, atLeast } from '../words.ts'
import type { IncidentFact, PartResult } from './events.ts'
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
      const seen = new Set(findingsIn(parts).map(findingKey))
      return {
        ...state,
        situation: { ...state.situation, taken: { number, at, tookMs, parts: withoutTexts(parts) } },
        findings: state.findings.filter((finding) => seen.has(findingKey(finding))),
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
        because,
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
      return withStep(state, fact.data.run, () => ({ status: 'rejected', endedAt: at }))
    case 'step-expired':
      return withStep(state, fact.data.run, () => ({ status: 'expired', endedAt: at }))
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
      return withStep(state, fact.data.run, () => ({ status: 'verified', endedAt: at }))
    case 'step-failed': {
      const { failure } = fact.data
      return withStep(state, fact.data.run, () => ({ status: 'failed', failure, endedAt: at }))
    }
    case 'undone':
      return withStep(state, fact.data.run, () => ({ status: 'undone', undoneBy: fact.data.by }))

    case 'recovery-started': {
      const { steps, until } = fact.data
      return { ...state, recovery: { steps, untilMs: Date.parse(until), status: 'running' } }
    }
    case 'recovery-verified':
      return withRecovery(state, 'verified')
    case 'recovery-failed':
      return withRecovery(state, 'failed')
    case 'resolution-proposed':
      return { ...state, resolutionProposed: true }

    case 'escalated': {
      const { level, reason, due } = fact.data
      const entry = { dueMs: Date.parse(due), reason, firedAt: at }
      return { ...state, escalation: { ...state.escalation, [level]: entry } }
    }
    case 'page-requested': {
      const { page } = fact.data
      const pages = {
        ...withoutPredecessor(state.pages, page),
        [page.key]: { call: page, status: 'sending' as const },
      }
      return { ...state, pages, ...(page.reason === 'internal-error' ? { lastAlarmMs: now } : {}) }
    }
    case 'page-sent':
      return withPage(state, fact.data.key, { status: 'sent' })
    case 'page-failed': {
      const { key, retryAt } = fact.data
      return withPage(state, key, {
        status: 'failed',
        ...(retryAt === undefined ? {} : { retryAtMs: Date.parse(retryAt) }),
      })
    }
    case 'page-cancelled':
      return withPage(state, fact.data.key, { status: 'cancelled' })

    case 'resolved':
      return { ...state, resolved: { by, at } }
    case 'reopened': {
      const { resolved: _, ...open } = state
      return {
        ...open,
        resolutionProposed: false,
        escalation: escalationAt(state, now, called(state.escalation)),
      }
    }
    case 'closed':
    case 'cancelled':
      return { ...state, closed: { by, at } }
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

export function findingKey(finding: Finding): string {
  return `${finding.code} ${finding.subject}`
}

export function findingsIn(parts: { readonly [part: string]: PartResult }): Finding[] {
  return Object.values(parts).flatMap((part) => (part.ok ? part.reading.findings : []))
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
  const step = state.steps[run]
  if (step === undefined) return state
  return { ...state, steps: { ...state.steps, [run]: { ...step, ...change(step) } } }
}

function withRecovery(state: IncidentState, status: 'verified' | 'failed'): IncidentState {
  return state.recovery === undefined ? state : { ...state, recovery: { ...state.recovery, status } }
}

function withPage(
  state: IncidentState,
  key: string,
  change: Pick<Page, 'status' | 'retryAtMs'>,
): IncidentState {
  const page = state.pages[key]
  if (page === undefined) return state
  return { ...state, pages: { ...state.pages, [key]: { call: page.call, ...change } } }
}

/** A new attempt takes the place of the failed one: a channel that is down for hours must not fill the state. */
function withoutPredecessor(pages: IncidentState['pages'], next: Page['call']): IncidentState['pages'] {
  return Object.fromEntries(
    Object.entries(pages).filter(
      ([, page]) =>
        !(page.status === 'failed' && page.call.level === next.level && page.call.person === next.person),
    ),
  )
}
