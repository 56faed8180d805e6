/**
 * The desk of a runbook: it holds the published runbook, numbers the incidents, and puts reports of the same trouble together.
 * `decideDesk` and `evolveDesk` are to the desk what decide and evolve are to an incident.
 */
import { type Failure, failure } from '../failures.ts'
import type { Declaration } from '../incident/commands.ts'
import { checkRunbook } from '../runbook/check.ts'
import { type Actor, system } from '../words.ts'
import { alertsElsewhere, alertsHeard } from './alerts.ts'
import type { DeskCommand } from './commands.ts'
import { type DeskFact, deskFact as fact } from './events.ts'
import { type Declared, joinOrOpen, nextIncident } from './join.ts'
import { incidentOfKey } from './keys.ts'
import { type DeskState, openIncident } from './state.ts'

export type { Declared } from './join.ts'

/** What the desk's shell reports. */
export type DeskOccurrence =
  | { readonly type: 'started'; readonly incident: string }
  | { readonly type: 'start-failed'; readonly incident: string; readonly reason: string }
  | { readonly type: 'delivered'; readonly deliveries: readonly string[] }
  | { readonly type: 'delivery-failed'; readonly delivery: string; readonly reason: string }
  | { readonly type: 'internal-error'; readonly where: string; readonly reason: string }

export type DeskDecision =
  | { readonly facts: readonly DeskFact[]; readonly declared?: Declared }
  | { readonly refusal: Failure }

const nothing: DeskDecision = { facts: [] }
const reasonKept = 300
const namesAtMost = 20
/** What open incidents have yet to be told: beyond this whoever reports is told to come again. */
const deliveriesAtMost = 10_000

export function decideDesk(state: DeskState, input: DeskCommand | DeskOccurrence, now: number): DeskDecision {
  switch (input.type) {
    case 'publish':
      return publish(state, input.by, input.book)
    case 'declare':
      return declare(state, input, now)
    case 'alerts':
      if (state.deliveries.length >= deliveriesAtMost) return { refusal: tooBusy(state) }
      return alertsHeard(state, input, now)
    case 'freeze':
      return { facts: [fact('frozen', input.by, { on: input.on })] }
    case 'incident-changed': {
      const { incident, phase, severity } = input
      const known = openIncident(state, incident)
      if (known === undefined) return nothing
      if (known.phase === phase && known.severity === severity && known.unreachable === undefined)
        return nothing
      return { facts: [fact('incident-changed', input.by, { incident, phase, severity })] }
    }
    case 'started': {
      const { incident } = input
      return isUnstarted(state, incident) ? { facts: [fact('started', system, { incident })] } : nothing
    }
    case 'start-failed': {
      const { incident: from, reason } = input
      if (!isUnstarted(state, from)) return nothing
      const to = nextIncident(state)
      return { facts: [fact('renumbered', system, { from, to, reason: reason.slice(0, reasonKept) })] }
    }
    case 'delivered': {
      const arrived = new Set(input.deliveries)
      const deliveries = state.deliveries.map((d) => d.id).filter((id) => arrived.has(id))
      return deliveries.length === 0 ? nothing : { facts: [fact('delivered', system, { deliveries })] }
    }
    case 'delivery-failed':
      return undeliverable(state, input.delivery, input.reason, now)
    case 'internal-error': {
      const { where, reason } = input
      return { facts: [fact('internal-error', system, { where, reason: reason.slice(0, 1_000) })] }
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
    const where = first === undefined ? '?' : `${first.path.join('.')}: expected ${first.expected.en}`
    return { refusal: failure('bad-runbook', { count: checked.problems.length, first: where }) }
  }
  const { book, sha256 } = checked
  if (book.runbook !== state.desk) {
    const first = `runbook: expected ${state.desk}, for this is its desk`
    return { refusal: failure('bad-runbook', { count: 1, first }) }
  }
  if (state.runbook?.sha256 === sha256) return nothing
  const runbook = { book, version: (state.runbook?.version ?? 0) + 1, sha256 }
  return { facts: [fact('published', by, { runbook })] }
}

function declare(state: DeskState, input: DeskCommand<'declare'>, now: number): DeskDecision {
  const { declaration: d, by, key } = input
  const refusal = unknownPlace(state, d)
  if (refusal !== undefined) return { refusal }
  const before = key === undefined ? undefined : incidentOfKey(state, key, now)
  if (before !== undefined) {
    const reports = openIncident(state, before)?.reports ?? 0
    return { facts: [], declared: { incident: before, created: false, reports, repeated: true } }
  }
  const joined = joinOrOpen(state, d, by, now, { fresh: input.fresh, ...(key === undefined ? {} : { key }) })
  const isFull = state.deliveries.length >= deliveriesAtMost && !joined.declared.created
  return isFull ? { refusal: tooBusy(state) } : joined
}

/** The desk's answer to many refusals at once has to pass through Temporal too. */
function few(names: readonly string[]): string {
  const named = names.slice(0, namesAtMost).join(', ')
  return names.length > namesAtMost ? `${named}, …` : named || 'none'
}

function tooBusy({ deliveries }: DeskState): Failure {
  return failure('too-busy', { limit: deliveries.length })
}

function unknownPlace(state: DeskState, d: Declaration): Failure | undefined {
  const book = state.runbook?.book
  if (book === undefined) return failure('no-runbook')
  if (!Object.hasOwn(book.services, d.service)) {
    return failure('unknown-service', { service: d.service, known: few(Object.keys(book.services)) })
  }
  const symptoms = book.symptoms.filter((s) => s.service === d.service).map((s) => s.id)
  if (d.symptom === undefined || symptoms.includes(d.symptom)) return undefined
  return failure('unknown-symptom', { service: d.service, symptom: d.symptom, known: few(symptoms) })
}

/** A report that finds no running incident goes to the next one about the same trouble, or opens it: nothing reported is lost. */
function undeliverable(state: DeskState, id: string, reason: string, now: number): DeskDecision {
  const delivery = state.deliveries.find((d) => d.id === id)
  if (delivery === undefined) return nothing
  const done = fact('delivered', system, { deliveries: [id], failure: reason.slice(0, reasonKept) })
  if (delivery.type === 'alerts') return { facts: [done, ...alertsElsewhere(state, delivery, now)] }
  if (delivery.type !== 'report') return { facts: [done] }
  const { declaration: d, by, incident } = delivery
  return { facts: [done, ...joinOrOpen(state, d, by, now, { fresh: false, except: incident }).facts] }
}

function isUnstarted(state: DeskState, incident: string): boolean {
  return state.unstarted.some((o) => o.incident === incident)
}
