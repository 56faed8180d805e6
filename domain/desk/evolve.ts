import { alerted, renumberGroups } from './alert-groups.ts'
import type { DeskFact } from './events.ts'
import { keysAfter } from './keys.ts'
import { type Delivery, type DeskState, type OpenIncident, openIncident, type Unstarted } from './state.ts'

/** The desk after a fact. Reads every event that any release ever wrote; never refuses. `now` is the event's time, epoch ms. */
export function evolveDesk(state: DeskState, entry: DeskFact, now: number): DeskState {
  const at = new Date(now).toISOString()
  switch (entry.type) {
    case 'published':
      return {
        ...state,
        ...outdated(state),
        runbook: { ...entry.data.runbook, publishedBy: entry.by, publishedAt: at },
      }
    case 'opened': {
      const { opening, version, key } = entry.data
      if (state.runbook === undefined) return state
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
        unstarted: [...state.unstarted, { ...opening, version }],
        keys: keysAfter(state, key, opening.incident, now),
      }
    }
    case 'grouped': {
      const { incident, delivery, declaration: d, key } = entry.data
      const known = openIncident(state, incident)
      if (known === undefined) return state
      return {
        ...state,
        open: { ...state.open, [incident]: { ...known, reports: known.reports + 1 } },
        deliveries:
          delivery === undefined
            ? state.deliveries
            : [
                ...state.deliveries,
                { id: delivery, incident, by: entry.by, type: 'report', declaration: d, atMs: now },
              ],
        keys: keysAfter(state, key, incident, now),
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
    case 'incident-changed': {
      const { incident, phase, severity } = entry.data
      const known = openIncident(state, incident)
      if (known === undefined) return state
      const { [incident]: _, ...others } = state.open
      const { unreachable: __, ...heard } = known
      const over = phase === 'closed' || phase === 'cancelled' || phase === 'merged'
      // In its old place: reports go to the oldest of several.
      return { ...state, open: over ? others : { ...state.open, [incident]: { ...heard, phase, severity } } }
    }
    case 'frozen': {
      const { frozen: _, ...thawed } = state
      const freezes = state.freezes + 1
      const deliveries = Object.keys(state.open).map(
        (incident): Delivery => ({
          id: `${incident}/freeze/${freezes}`,
          incident,
          by: entry.by,
          type: 'freeze',
          on: entry.data.on,
        }),
      )
      const told = { ...thawed, freezes, deliveries: [...state.deliveries, ...deliveries] }
      return entry.data.on ? { ...told, frozen: { by: entry.by, at } } : told
    }
    case 'internal-error':
      return state
    default:
      entry satisfies never
      return state
  }
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
  const { publishedBy: _, publishedAt: __, ...published } = runbook
  return { outdated: { ...kept, [runbook.version]: published } }
}

function withUnstarted(state: DeskState, unstarted: readonly Unstarted[]): DeskState {
  const { outdated: kept = {}, ...rest } = state
  const needed = Object.entries(kept).filter(([, { version }]) =>
    unstarted.some((o) => o.version === version),
  )
  return { ...rest, unstarted, ...(needed.length === 0 ? {} : { outdated: Object.fromEntries(needed) }) }
}
