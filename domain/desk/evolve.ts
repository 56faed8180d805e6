import { iso } from '../iso.ts'
import { present } from '../present.ts'
import { atLeast, isEnd, saidAgain } from '../words.ts'
import { alerted, renumberGroups } from './alert-groups.ts'
import type { DeskFact } from './events.ts'
import { keysAfter } from './keys.ts'
import {
  type Delivery,
  type DeskState,
  type OpenIncident,
  openIncident,
  type Unstarted,
  withoutPublisher,
} from './state.ts'

/** The desk after a fact. Reads every event that any release ever wrote; never refuses. `now` is the event's time, epoch ms. */
export function evolveDesk(state: DeskState, entry: DeskFact, now: number): DeskState {
  const at = iso(now)
  switch (entry.type) {
    case 'published': {
      const { proposed: _, withdrawn: __, ...rest } = state
      const isNew = entry.data.runbook.version !== state.runbook?.version
      return {
        ...rest,
        ...(isNew ? outdated(state) : {}),
        runbook: { ...entry.data.runbook, publishedBy: entry.by, publishedAt: at },
      }
    }
    case 'proposed':
      return { ...state, proposed: { ...entry.data.runbook, by: entry.by, at } }
    case 'withdrawn':
      return { ...state, withdrawn: { by: entry.by, at, reason: entry.data.reason } }
    case 'opened': {
      const { opening, version, key } = entry.data
      if (state.runbook === undefined) return state
      const { service, symptom, severity } = opening.declaration
      const known: OpenIncident = {
        service,
        ...present({ symptom }),
        severity,
        phase: 'investigating',
        reports: 1,
        openedAtMs: now,
      }
      return {
        ...state,
        lastNumber: state.lastNumber + 1,
        open: { ...state.open, [opening.incident]: known },
        unstarted: [...state.unstarted, { ...opening, version }],
        keys: keysAfter(state, entry.by, key, opening.incident, now),
      }
    }
    case 'grouped': {
      const { incident, delivery, declaration: d, key } = entry.data
      const known = openIncident(state, incident)
      if (known === undefined) return state
      const { symptom = d.symptom } = known
      const severity = atLeast(known.severity, d.severity) ? known.severity : d.severity
      const joined = {
        ...known,
        severity,
        ...present({ symptom }),
        reports: known.reports + 1,
      }
      return {
        ...state,
        open: { ...state.open, [incident]: joined },
        deliveries:
          delivery === undefined
            ? state.deliveries
            : [
                ...state.deliveries,
                { id: delivery, incident, by: entry.by, type: 'report', declaration: d, atMs: now },
              ],
        keys: keysAfter(state, entry.by, key, incident, now),
      }
    }
    case 'alerted':
      return alerted(state, entry.data, entry.by, now)
    case 'started':
      return withUnstarted(
        state,
        state.unstarted.filter((o) => o.incident !== entry.data.incident),
      )
    case 'renumbered': {
      const { from, to } = entry.data
      const known = openIncident(state, from)
      const { [from]: _, ...others } = state.open
      return {
        ...state,
        lastNumber: state.lastNumber + 1,
        open: known === undefined ? others : { ...others, [to]: known },
        unstarted: state.unstarted.map((o) => (o.incident === from ? { ...o, incident: to } : o)),
        deliveries: state.deliveries.map((d) => (d.incident === from ? { ...d, incident: to } : d)),
        keys: state.keys.map((k) => (k.incident === from ? { ...k, incident: to } : k)),
        ...renumberGroups(state, from, to),
      }
    }
    case 'delivered':
      return delivered(state, entry.data.deliveries, entry.data.failure !== undefined)
    case 'incident-changed':
      return incidentChanged(state, entry.data, now)
    case 'frozen': {
      const { frozen, ...thawed } = state
      const { by } = entry
      const freezes = state.freezes + 1
      const word = { by, on: entry.data.on, version: now, count: freezes }
      const deliveries = Object.keys(state.open).map((incident) => freezeOf(incident, word))
      const told = { ...thawed, freezes, deliveries: [...state.deliveries, ...deliveries] }
      return entry.data.on ? { ...told, frozen: saidAgain(frozen, { by, at }) } : told
    }
    case 'archived':
      return { ...state, archivedRun: Math.max(state.archivedRun ?? 0, entry.data.run) }
    case 'cancel-refused':
    case 'internal-error':
      return state
    default:
      entry satisfies never
      return state
  }
}

type Changed = Extract<DeskFact, { type: 'incident-changed' }>['data']

/** As long as messages of before may still come. */
const overKept = 500

function incidentChanged(state: DeskState, data: Changed, now: number): DeskState {
  const { incident, phase, severity, service, symptom, version } = data
  const known = openIncident(state, incident)
  if (known === undefined && service === undefined) return state
  if (isEnd(phase)) {
    const { [incident]: _, ...open } = state.open
    return { ...state, open, over: [...(state.over ?? []), incident].slice(-overKept) }
  }
  const { unreachable: _, ...before } = known ?? { service: service ?? '', reports: 1, openedAtMs: now }
  const news = {
    phase,
    severity,
    ...present({ symptom, heard: version }),
  }
  // In its old place: reports go to the oldest of several.
  const taken = { ...state, open: { ...state.open, [incident]: { ...before, ...news } } }
  if (known !== undefined || state.frozen === undefined) return taken
  const { by, at } = state.frozen
  const word = { by, on: true, version: Date.parse(at), count: state.freezes }
  return { ...taken, deliveries: [...state.deliveries, freezeOf(incident, word)] }
}

type FreezeWord = {
  readonly by: Delivery['by']
  readonly on: boolean
  readonly version: number
  readonly count: number
}

function freezeOf(incident: string, { by, on, version, count }: FreezeWord): Delivery {
  return { id: `${incident}/freeze/${count}`, incident, by, type: 'freeze', on, version }
}

function delivered(state: DeskState, ids: readonly string[], failed: boolean): DeskState {
  const done = new Set(ids)
  const deliveries = state.deliveries.filter((d) => !done.has(d.id))
  if (!failed) return { ...state, deliveries }
  const open = { ...state.open }
  for (const { id, type, incident } of state.deliveries) {
    const known = openIncident(state, incident)
    if (done.has(id) && type !== 'freeze' && known !== undefined)
      open[incident] = { ...known, unreachable: true }
  }
  return { ...state, deliveries, open }
}

/** What is unstarted keeps the runbook that it was declared under. */
function outdated({ runbook, unstarted, outdated: kept }: DeskState): Pick<DeskState, 'outdated'> {
  if (runbook === undefined || !unstarted.some(({ version }) => version === runbook.version)) return {}
  return { outdated: { ...kept, [runbook.version]: withoutPublisher(runbook) } }
}

function withUnstarted(state: DeskState, unstarted: readonly Unstarted[]): DeskState {
  const { outdated: kept = {}, ...rest } = state
  const needed = Object.entries(kept).filter(([, { version }]) =>
    unstarted.some((o) => o.version === version),
  )
  return { ...rest, unstarted, ...(needed.length === 0 ? {} : { outdated: Object.fromEntries(needed) }) }
}
