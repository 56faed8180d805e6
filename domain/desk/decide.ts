/**
 * The desk of a runbook: it holds the published runbook, numbers the incidents, and puts reports of the same trouble together.
 * `decideDesk` and `evolveDesk` are to the desk what decide and evolve are to an incident.
 */
import { isUnknownPlace } from '../alert/place.ts'
import { type Failure, failure } from '../failures.ts'
import type { Declaration } from '../incident/commands.ts'
import { present } from '../present.ts'
import { cutWords, isEnd, type Json, none, system, type Text, type Words } from '../words.ts'
import { alertsElsewhere, alertsHeard } from './alerts.ts'
import type { DeskCommand } from './commands.ts'
import { deskFact as fact } from './events.ts'
import { type DeskDecision, joinOrOpen, nextIncident } from './join.ts'
import { incidentOfKey } from './keys.ts'
import { publish, unlessWithdrawn, withdraw } from './publish.ts'
import { type DeskState, openIncident } from './state.ts'

export type { Declared } from './join.ts'

/** What the desk's shell reports. */
export type DeskOccurrence =
  | { readonly type: 'started'; readonly incident: string }
  | { readonly type: 'start-failed'; readonly incident: string; readonly reason: Text }
  | { readonly type: 'delivered'; readonly deliveries: readonly string[] }
  | { readonly type: 'delivery-failed'; readonly delivery: string; readonly reason: Text }
  | { readonly type: 'archive-ended'; readonly run: number; readonly runId: string; readonly result: Json }
  | { readonly type: 'cancel-refused' }
  | { readonly type: 'internal-error'; readonly where: string; readonly reason: Words }

const nothing: DeskDecision = { facts: [] }
const namesAtMost = 20
/** What open incidents have yet to be told: beyond this whoever reports is told to come again. */
const deliveriesAtMost = 10_000

export function decideDesk(state: DeskState, input: DeskCommand | DeskOccurrence, now: number): DeskDecision {
  switch (input.type) {
    case 'publish':
      return publish(state, input, now)
    case 'withdraw':
      return withdraw(state, input)
    case 'declare':
      return unlessWithdrawn(state, declare(state, input, now))
    case 'alerts':
      if (state.deliveries.length >= deliveriesAtMost) return { refusal: tooBusy(state) }
      return unlessWithdrawn(state, alertsHeard(state, input, now))
    case 'freeze':
      return freeze(state, input)
    case 'incident-changed':
      return incidentChanged(state, input)
    case 'started': {
      const { incident } = input
      return isUnstarted(state, incident) ? { facts: [fact('started', system, { incident })] } : nothing
    }
    case 'start-failed': {
      const { incident: from, reason } = input
      if (!isUnstarted(state, from)) return nothing
      const to = nextIncident(state)
      return { facts: [fact('renumbered', system, { from, to, reason })] }
    }
    case 'delivered': {
      const arrived = new Set(input.deliveries)
      const deliveries = state.deliveries.map((d) => d.id).filter((id) => arrived.has(id))
      return deliveries.length === 0 ? nothing : { facts: [fact('delivered', system, { deliveries })] }
    }
    case 'delivery-failed':
      return undeliverable(state, input.delivery, input.reason, now)
    case 'archive-ended': {
      const { run, runId, result } = input
      if (run <= (state.archivedRun ?? 0)) return nothing
      return { facts: [fact('archived', system, { run, runId, result })] }
    }
    case 'cancel-refused':
      return { facts: [fact('cancel-refused', system, {})] }
    case 'internal-error': {
      const { where, reason } = input
      return { facts: [fact('internal-error', system, { where, reason: cutWords(reason, 1_000) })] }
    }
    default:
      input satisfies never
      return {
        refusal: failure('internal', { where: 'desk', reason: { en: 'unknown input', ja: '不明な入力' } }),
      }
  }
}

/** As an incident does (../incident/overrule.ts): what a verified person froze, nobody releases who may be anybody. */
function freeze(state: DeskState, { by, on }: DeskCommand<'freeze'>): DeskDecision {
  const { frozen, lab } = state
  if (!on && !lab && !by.verified && frozen?.by.verified === true)
    return { refusal: failure('verified-only', { person: by.id, by: frozen.by.id, command: 'freeze' }) }
  return { facts: [fact('frozen', by, { on })] }
}

function incidentChanged(state: DeskState, input: DeskCommand<'incident-changed'>): DeskDecision {
  const { by, incident, phase, severity, service, symptom, version } = input
  const news = {
    incident,
    phase,
    severity,
    ...present({ symptom, version }),
  }
  const known = openIncident(state, incident)
  if (known === undefined) {
    if (service === undefined || isEnd(phase) || !isStrange(state, incident)) return nothing
    return { facts: [fact('incident-changed', by, { ...news, service })] }
  }
  if (version !== undefined && version <= (known.heard ?? -1)) return nothing
  const isOld =
    known.phase === phase && known.severity === severity && known.symptom === (symptom ?? known.symptom)
  if (isOld && known.unreachable === undefined) return nothing
  return { facts: [fact('incident-changed', by, news)] }
}

/** An incident of this desk's numbers of which it has never heard: a desk before it opened that. */
function isStrange({ desk, lastNumber, over = [] }: DeskState, incident: string): boolean {
  const [, number] = /-(\d{1,9})$/.exec(incident) ?? []
  return incident === `${desk}-${Number(number)}` && Number(number) <= lastNumber && !over.includes(incident)
}

function declare(state: DeskState, input: DeskCommand<'declare'>, now: number): DeskDecision {
  const { declaration: d, by, key } = input
  // An incident that was over hands back what alerts had reported to it, also of a place that no runbook knows.
  const isHandedBack = by.kind === 'alert' && isUnknownPlace(d.service) && state.runbook !== undefined
  const refusal = isHandedBack ? undefined : unknownPlace(state, d)
  if (refusal !== undefined) return { refusal }
  const before = key === undefined ? undefined : incidentOfKey(state, by, key, now)
  const known = before === undefined ? undefined : openIncident(state, before)
  // What comes again after the end is another outage.
  if (before !== undefined && known !== undefined && known.phase !== 'resolved') {
    const { reports } = known
    return { facts: [], declared: { incident: before, created: false, reports, repeated: true } }
  }
  const joined = joinOrOpen(state, d, by, now, {
    fresh: input.fresh,
    ...present({ key, reopens: before }),
  })
  const isFull = state.deliveries.length >= deliveriesAtMost && !joined.declared.created
  return isFull ? { refusal: tooBusy(state) } : joined
}

/** The desk's answer to many refusals at once has to pass through Temporal too. */
function few(names: readonly string[]): Words {
  const named = names.slice(0, namesAtMost).join(', ')
  return names.length > namesAtMost ? `${named}, …` : named || none
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
function undeliverable(state: DeskState, id: string, reason: Text, now: number): DeskDecision {
  const delivery = state.deliveries.find((d) => d.id === id)
  if (delivery === undefined) return nothing
  const done = fact('delivered', system, { deliveries: [id], failure: reason })
  if (delivery.type === 'alerts') return { facts: [done, ...alertsElsewhere(state, delivery, now)] }
  if (delivery.type !== 'report') return { facts: [done] }
  const { declaration: d, by, incident } = delivery
  return { facts: [done, ...joinOrOpen(state, d, by, now, { fresh: false, except: incident }).facts] }
}

function isUnstarted(state: DeskState, incident: string): boolean {
  return state.unstarted.some((o) => o.incident === incident)
}
