/** The figures of one incident: when it was acknowledged, mitigated and resolved, who was paged, what each change came to. */
import { present } from '../present.ts'
import { type Actor, atLeast, type PageReason, type Severity, type Text } from '../words.ts'
import type { Mark } from './marks.ts'

/** When, and by which event it is known. */
export type Moment = { readonly atMs: number; readonly seq: number }

export type Outcome =
  | 'open'
  | 'verified'
  | 'failed'
  | 'rejected'
  | 'expired'
  | 'withdrawn'
  | 'going-on'
  | 'undone'

/** A run of a step that changes something. */
export type Change = {
  readonly run: string
  readonly step: string
  readonly kind: string
  readonly title: Text
  readonly isUndo: boolean
  readonly requested: Moment
  /** There once it was proposed to so many people. */
  readonly proposed?: Moment & { readonly approvals: number }
  readonly started?: Moment
  /** It took effect. */
  readonly verified?: Moment
  readonly ended?: Moment
  readonly outcome: Outcome
}

export type PageTold = {
  readonly person: string
  readonly reason: PageReason
  readonly requested: Moment
  /** By the clock of the worker that sent it. */
  readonly sent?: Moment & { readonly lateMs: number }
}

export type Figures = {
  readonly runbook: string
  readonly service: string
  readonly symptom?: string
  readonly severity: Severity
  readonly declared: Moment & { readonly by: Actor['kind'] }
  /** The first time. */
  readonly acknowledged?: Moment
  /** When it first looked recovered: a repair proved healthy, or everything found was gone; at the latest when people said so. */
  readonly mitigated?: Moment
  /** The last time that people said so, if they did not take it back. */
  readonly resolved?: Moment
  readonly reopened: number
  readonly over?: Moment & { readonly how: 'closed' | 'cancelled' }
  readonly changes: readonly Change[]
  readonly pages: readonly PageTold[]
}

type Draft = { -readonly [K in keyof Figures]: Figures[K] }
type Story = {
  figures: Draft
  readonly changes: Map<string, Change>
  readonly pages: Map<string, PageTold>
}

/** Of all marks of one incident, in order; undefined where its beginning is missing. */
export function figuresOf(marks: readonly Mark[]): Figures | undefined {
  const [first] = marks
  if (first?.type !== 'declared') return undefined
  const { runbook, service, symptom, severity, by } = first
  const figures: Draft = {
    runbook,
    service,
    ...present({ symptom }),
    severity,
    declared: { ...momentOf(first), by },
    reopened: 0,
    changes: [],
    pages: [],
  }
  const story: Story = { figures, changes: new Map(), pages: new Map() }
  for (const mark of marks.slice(1)) count(story, mark)
  return { ...story.figures, changes: [...story.changes.values()], pages: [...story.pages.values()] }
}

/** The last change that took effect before it looked recovered, and was not taken back: what most likely healed it. */
export function healer({ changes, resolved }: Figures): Change | undefined {
  if (resolved === undefined) return undefined
  return changes
    .filter(({ isUndo, outcome }) => !isUndo && outcome === 'verified')
    .filter(({ verified }) => verified !== undefined && verified.seq < resolved.seq)
    .toSorted((a, b) => (a.verified?.seq ?? 0) - (b.verified?.seq ?? 0))
    .at(-1)
}

/** How long a proposal waited for people, in milliseconds; undefined where it needed none, or never began. */
export function waitOf({ proposed, started }: Change): number | undefined {
  if (proposed === undefined || started === undefined || proposed.approvals === 0) return undefined
  return started.atMs - proposed.atMs
}

function momentOf({ atMs, seq }: Mark): Moment {
  return { atMs, seq }
}

const outcomes = {
  'step-verified': 'verified',
  'step-failed': 'failed',
  'step-rejected': 'rejected',
  'step-expired': 'expired',
  'step-withdrawn': 'withdrawn',
  'step-going-on': 'going-on',
} as const

function count(story: Story, mark: Mark): void {
  const { figures, changes, pages } = story
  const moment = momentOf(mark)
  const change = (run: string, members: Partial<Change>) => {
    const known = changes.get(run)
    if (known !== undefined) changes.set(run, { ...known, ...members })
  }
  switch (mark.type) {
    case 'declared':
      return
    case 'reported':
      if (atLeast(mark.severity, figures.severity)) figures.severity = mark.severity
      if (figures.symptom === undefined && mark.symptom !== undefined && mark.service === figures.service)
        figures.symptom = mark.symptom
      return
    case 'severity-set':
      figures.severity = mark.severity
      return
    case 'symptom-set':
      figures.symptom = mark.symptom
      return
    case 'acknowledged':
      figures.acknowledged ??= moment
      return
    case 'phase-changed':
      if (mark.to === 'monitoring') figures.mitigated ??= moment
      return
    case 'recovery-verified':
      figures.mitigated ??= moment
      return
    case 'resolved':
      figures.mitigated ??= moment
      figures.resolved = moment
      return
    case 'reopened': {
      delete figures.resolved
      figures.reopened += 1
      return
    }
    case 'closed':
    case 'cancelled':
      figures.over = { ...moment, how: mark.type }
      return
    case 'step-requested': {
      const { run, step, kind, title, isUndo } = mark
      changes.set(run, { run, step, kind, title, isUndo, requested: moment, outcome: 'open' })
      return
    }
    case 'step-proposed':
      // Proposed again in other terms it still waits since the first time.
      change(mark.run, {
        proposed: { ...(changes.get(mark.run)?.proposed ?? moment), approvals: mark.approvals },
      })
      return
    case 'step-started':
      change(mark.run, { started: moment })
      return
    case 'step-verified':
      if (mark.healthy) figures.mitigated ??= moment
      change(mark.run, { verified: moment, ended: moment, outcome: 'verified' })
      return
    case 'step-failed':
    case 'step-rejected':
    case 'step-expired':
    case 'step-withdrawn':
    case 'step-going-on':
      change(mark.run, { ended: moment, outcome: outcomes[mark.type] })
      return
    case 'undone':
      change(mark.run, { outcome: 'undone' })
      return
    case 'page-requested':
      pages.set(mark.key, { person: mark.person, reason: mark.reason, requested: moment })
      return
    case 'page-sent': {
      const page = pages.get(mark.key)
      const { sentAtMs, lateMs, seq } = mark
      if (page !== undefined) pages.set(mark.key, { ...page, sent: { atMs: sentAtMs, seq, lateMs } })
      return
    }
    default:
      mark satisfies never
  }
}
