/**
 * The desk of a runbook: it holds the published runbook, numbers the incidents, and puts reports of the same trouble together.
 * `decideDesk` and `evolveDesk` are to the desk what decide and evolve are to an incident.
 */
import { z } from 'zod'
import { type Failure, failure } from '../failures.ts'
import { commandVersion, type Declaration, declaration, inputFailure } from '../incident/commands.ts'
import type { Opening } from '../incident/declare.ts'
import { checkRunbook } from '../runbook/check.ts'
import type { PublishedRunbook } from '../runbook/runbook.ts'
import { digest } from '../timeline/canonical.ts'
import type { Fact, TimelineEvent } from '../timeline/chain.ts'
import { type Actor, actor, type Phase, phases, type Severity, severities, system } from '../words.ts'

/** Keys of reports are remembered this long, and at most this many, over any continue-as-new. */
const keysKeptMs = 24 * 3_600_000
const keysKept = 5_000

export type OpenIncident = {
  readonly service: string
  readonly symptom?: string
  readonly severity: Severity
  readonly phase: Phase
  readonly reports: number
  readonly openedAtMs: number
}

/** Something that an open incident has yet to be told. */
export type Delivery = { readonly id: string; readonly incident: string; readonly by: Actor } & (
  | { readonly type: 'report'; readonly declaration: Declaration; readonly atMs: number }
  | { readonly type: 'freeze'; readonly on: boolean }
)

export type DeskState = {
  readonly desk: string
  readonly lab: boolean
  readonly runbook?: PublishedRunbook & { readonly publishedBy: Actor; readonly publishedAt: string }
  readonly lastNumber: number
  readonly open: { readonly [incident: string]: OpenIncident }
  /** Numbered, and not yet running. */
  readonly unstarted: readonly Opening[]
  readonly deliveries: readonly Delivery[]
  readonly keys: readonly { readonly key: string; readonly atMs: number; readonly incident: string }[]
  readonly frozen?: { readonly by: Actor; readonly at: string }
}

const envelope = { v: z.literal(commandVersion), by: actor, id: z.string().min(1).max(200).optional() }

export const deskCommandSchemas = {
  publish: z.strictObject({ ...envelope, book: z.unknown() }),
  declare: z.strictObject({
    ...envelope,
    declaration,
    /** Names the report itself: the same key within 24 h is the same report, not another one. */
    key: z.string().min(1).max(300).optional(),
    /** Open a new incident even where one about the same trouble is open. */
    fresh: z.boolean().default(false),
  }),
  freeze: z.strictObject({ ...envelope, on: z.boolean() }),
  /** Sent by an incident whenever its phase or severity changes. */
  'incident-changed': z.strictObject({
    ...envelope,
    incident: z.string(),
    phase: z.enum(phases),
    severity: z.enum(severities),
  }),
} as const

export type DeskCommandType = keyof typeof deskCommandSchemas
export const deskCommandTypes = Object.keys(deskCommandSchemas) as DeskCommandType[]
export type DeskCommandInput<T extends DeskCommandType> = z.input<(typeof deskCommandSchemas)[T]>
export type DeskCommand = {
  [K in DeskCommandType]: { readonly type: K } & z.output<(typeof deskCommandSchemas)[K]>
}[DeskCommandType]

/** What the desk's shell reports. */
export type DeskOccurrence =
  | { readonly type: 'started'; readonly incident: string }
  | { readonly type: 'start-failed'; readonly incident: string; readonly reason: string }
  | { readonly type: 'delivered'; readonly delivery: string }
  | { readonly type: 'delivery-failed'; readonly delivery: string; readonly reason: string }
  | { readonly type: 'internal-error'; readonly where: string; readonly reason: string }

type Data = {
  published: { readonly runbook: PublishedRunbook }
  opened: { readonly opening: Omit<Opening, 'runbook'>; readonly version: number; readonly key?: string }
  grouped: {
    readonly incident: string
    readonly delivery: string
    readonly declaration: Declaration
    readonly key?: string
  }
  started: { readonly incident: string }
  renumbered: { readonly from: string; readonly to: string; readonly reason: string }
  delivered: { readonly delivery: string; readonly failure?: string }
  'incident-changed': { readonly incident: string; readonly phase: Phase; readonly severity: Severity }
  frozen: { readonly on: boolean }
  'internal-error': { readonly where: string; readonly reason: string }
}
type DeskEventType = keyof Data
export type DeskFact = { [K in DeskEventType]: Fact<K, Data[K]> }[DeskEventType]
export type DeskEvent = { [K in DeskEventType]: TimelineEvent<K, Data[K]> }[DeskEventType]

/** What the sender of a declaration is told besides the receipt. */
export type Declared = {
  readonly incident: string
  readonly created: boolean
  readonly reports: number
  readonly repeated: boolean
}
export type DeskDecision =
  | { readonly facts: readonly DeskFact[]; readonly declared?: Declared }
  | { readonly refusal: Failure }

export function emptyDesk(desk: string, lab: boolean, lastNumber: number): DeskState {
  return { desk, lab, lastNumber, open: {}, unstarted: [], deliveries: [], keys: [] }
}

export function parseDeskCommand(type: string, input: unknown): DeskCommand | Failure {
  if (!Object.hasOwn(deskCommandSchemas, type)) {
    return failure('unknown-command', { command: type.slice(0, 60), known: deskCommandTypes.join(', ') })
  }
  const version = typeof input === 'object' && input !== null && 'v' in input ? input.v : 'none'
  if (version !== commandVersion) {
    return failure('unknown-command-version', { command: type, version: String(version).slice(0, 20) })
  }
  const parsed = deskCommandSchemas[type as DeskCommandType].safeParse(input)
  if (!parsed.success) return inputFailure(type, parsed.error)
  return { type, ...parsed.data } as DeskCommand
}

export function decideDesk(state: DeskState, input: DeskCommand | DeskOccurrence, now: number): DeskDecision {
  switch (input.type) {
    case 'publish':
      return publish(state, input.by, input.book)
    case 'declare':
      return declare(state, input, now)
    case 'freeze':
      return { facts: [fact('frozen', input.by, { on: input.on })] }
    case 'incident-changed': {
      const known = state.open[input.incident]
      if (known === undefined || (known.phase === input.phase && known.severity === input.severity))
        return { facts: [] }
      const { incident, phase, severity } = input
      return { facts: [fact('incident-changed', input.by, { incident, phase, severity })] }
    }
    case 'started':
      return { facts: [fact('started', system, { incident: input.incident })] }
    case 'start-failed': {
      const to = incidentId(state, state.lastNumber + 1)
      return {
        facts: [fact('renumbered', system, { from: input.incident, to, reason: input.reason.slice(0, 300) })],
      }
    }
    case 'delivered':
      return { facts: [fact('delivered', system, { delivery: input.delivery })] }
    case 'delivery-failed':
      return undeliverable(state, input.delivery, input.reason, now)
    case 'internal-error':
      return {
        facts: [fact('internal-error', system, { where: input.where, reason: input.reason.slice(0, 1_000) })],
      }
    default:
      input satisfies never
      return { refusal: failure('internal', { where: 'desk', reason: 'unknown input' }) }
  }
}

function publish(state: DeskState, by: Actor, source: unknown): DeskDecision {
  const checked = checkRunbook(source)
  if ('problems' in checked) {
    const first = checked.problems[0]
    const where = first === undefined ? '?' : `${first.path.join('.')}: expected ${first.expected}`
    return { refusal: failure('bad-runbook', { count: checked.problems.length, first: where }) }
  }
  const sha256 = digest(checked.book)
  if (state.runbook?.sha256 === sha256) return { facts: [] }
  const runbook = { book: checked.book, version: (state.runbook?.version ?? 0) + 1, sha256 }
  return { facts: [fact('published', by, { runbook })] }
}

function declare(
  state: DeskState,
  input: Extract<DeskCommand, { type: 'declare' }>,
  now: number,
): DeskDecision {
  const { declaration: d, by, key } = input
  const book = state.runbook?.book
  if (book === undefined) return { refusal: failure('no-runbook') }
  if (!Object.hasOwn(book.services, d.service)) {
    return {
      refusal: failure('unknown-service', {
        service: d.service,
        known: Object.keys(book.services).join(', '),
      }),
    }
  }
  const symptoms = book.symptoms.filter((s) => s.service === d.service).map((s) => s.id)
  if (d.symptom !== undefined && !symptoms.includes(d.symptom)) {
    return {
      refusal: failure('unknown-symptom', {
        service: d.service,
        symptom: d.symptom,
        known: symptoms.join(', ') || 'none',
      }),
    }
  }
  const before =
    key === undefined ? undefined : state.keys.find((k) => k.key === key && now - k.atMs < keysKeptMs)
  if (before !== undefined) {
    const reports = state.open[before.incident]?.reports ?? 0
    return { facts: [], declared: { incident: before.incident, created: false, reports, repeated: true } }
  }
  const withKey = key === undefined ? {} : { key }
  const same = input.fresh ? undefined : Object.entries(state.open).find(([, known]) => isSame(known, d))
  if (same !== undefined) {
    const [incident, known] = same
    const delivery = `${incident}/report/${known.reports + 1}`
    return {
      facts: [fact('grouped', by, { incident, delivery, declaration: d, ...withKey })],
      declared: { incident, created: false, reports: known.reports + 1, repeated: false },
    }
  }
  const incident = incidentId(state, state.lastNumber + 1)
  return {
    facts: [openedFact(state, incident, d, by, now, withKey)],
    declared: { incident, created: true, reports: 1, repeated: false },
  }
}

function openedFact(
  state: DeskState,
  incident: string,
  d: Declaration,
  by: Actor,
  now: number,
  withKey: { key?: string },
): DeskFact {
  const { lab, frozen } = state
  const opening = {
    incident,
    declaration: d,
    by,
    atMs: now,
    lab,
    ...(frozen === undefined ? {} : { frozen }),
  }
  return fact('opened', by, { opening, version: state.runbook?.version ?? 0, ...withKey })
}

/** A report that finds no running incident opens a new one: nothing that was reported is lost. */
function undeliverable(state: DeskState, id: string, reason: string, now: number): DeskDecision {
  const delivery = state.deliveries.find((d) => d.id === id)
  const done = fact('delivered', system, { delivery: id, failure: reason.slice(0, 300) })
  if (delivery?.type !== 'report') return { facts: [done] }
  const incident = incidentId(state, state.lastNumber + 1)
  return { facts: [done, openedFact(state, incident, delivery.declaration, delivery.by, now, {})] }
}

function isSame(known: OpenIncident, d: Declaration): boolean {
  if (known.phase === 'resolved' || known.service !== d.service) return false
  return known.symptom === d.symptom || known.symptom === undefined || d.symptom === undefined
}

function incidentId(state: DeskState, number: number): string {
  return `${state.desk}-${number}`
}

function fact<T extends DeskEventType>(type: T, by: Actor, data: Data[T]): DeskFact {
  return { type, by, data } as DeskFact
}

export function evolveDesk(state: DeskState, entry: DeskFact, now: number): DeskState {
  const at = new Date(now).toISOString()
  switch (entry.type) {
    case 'published':
      return { ...state, runbook: { ...entry.data.runbook, publishedBy: entry.by, publishedAt: at } }
    case 'opened': {
      const { opening, key } = entry.data
      if (state.runbook === undefined) return state
      const { publishedBy: _, publishedAt: __, ...runbook } = state.runbook
      const { service, symptom, severity } = opening.declaration
      const known: OpenIncident = {
        service,
        ...(symptom === undefined ? {} : { symptom }),
        severity,
        phase: 'investigating',
        reports: 1,
        openedAtMs: now,
      }
      return {
        ...state,
        lastNumber: state.lastNumber + 1,
        open: { ...state.open, [opening.incident]: known },
        unstarted: [...state.unstarted, { ...opening, runbook }],
        keys: withKey(state, key, opening.incident, now),
      }
    }
    case 'grouped': {
      const { incident, delivery, declaration: d, key } = entry.data
      const known = state.open[incident]
      if (known === undefined) return state
      return {
        ...state,
        open: { ...state.open, [incident]: { ...known, reports: known.reports + 1 } },
        deliveries: [
          ...state.deliveries,
          { id: delivery, incident, by: entry.by, type: 'report', declaration: d, atMs: now },
        ],
        keys: withKey(state, key, incident, now),
      }
    }
    case 'started':
      return { ...state, unstarted: state.unstarted.filter((o) => o.incident !== entry.data.incident) }
    case 'renumbered': {
      const { from, to } = entry.data
      const { [from]: known, ...others } = state.open
      return {
        ...state,
        lastNumber: state.lastNumber + 1,
        open: known === undefined ? others : { ...others, [to]: known },
        unstarted: state.unstarted.map((o) => (o.incident === from ? { ...o, incident: to } : o)),
        deliveries: state.deliveries.map((d) => (d.incident === from ? { ...d, incident: to } : d)),
        keys: state.keys.map((k) => (k.incident === from ? { ...k, incident: to } : k)),
      }
    }
    case 'delivered':
      return { ...state, deliveries: state.deliveries.filter((d) => d.id !== entry.data.delivery) }
    case 'incident-changed': {
      const { incident, phase, severity } = entry.data
      const { [incident]: known, ...others } = state.open
      if (known === undefined) return state
      const over = phase === 'closed' || phase === 'cancelled' || phase === 'merged'
      return { ...state, open: over ? others : { ...others, [incident]: { ...known, phase, severity } } }
    }
    case 'frozen': {
      const { frozen: _, ...thawed } = state
      const deliveries = Object.keys(state.open).map(
        (incident): Delivery => ({
          id: `${incident}/freeze/${now}`,
          incident,
          by: entry.by,
          type: 'freeze',
          on: entry.data.on,
        }),
      )
      const told = { ...thawed, deliveries: [...state.deliveries, ...deliveries] }
      return entry.data.on ? { ...told, frozen: { by: entry.by, at } } : told
    }
    case 'internal-error':
      return state
    default:
      entry satisfies never
      return state
  }
}

function withKey(
  state: DeskState,
  key: string | undefined,
  incident: string,
  now: number,
): DeskState['keys'] {
  const young = state.keys.filter((k) => now - k.atMs < keysKeptMs)
  return key === undefined ? young : [...young, { key, atMs: now, incident }].slice(-keysKept)
}
