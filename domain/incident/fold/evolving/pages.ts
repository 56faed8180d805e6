/** Whom the policy called, and the outcome of the pages: of each person and level the newest one, and what is still being sent. */
import { present } from '../../../present.ts'
import type { EventData } from '../events.ts'
import { withCalled } from '../levels.ts'
import type { PageCall } from '../page.ts'
import type { IncidentState, Page } from '../state.ts'
import type { Evolving } from './evolving.ts'

type Call = Omit<PageCall, 'head'>

export const pages = {
  escalated: (state, data, { now }) => {
    const { level, reason } = data
    return { ...state, escalation: withCalled(state, level, reason, now) }
  },
  'page-requested': (state, data, { now }) => pageRequested(state, data.page, now),
  'page-sent': (state, data) => pageSent(state, data.key),
  'page-failed': (state, data) => pageFailed(state, data),
  'page-cancelled': (state, data, { now }) => pageCancelled(state, data.key, now),
} satisfies Evolving

export function pageRequested(state: IncidentState, page: Call, now: number): IncidentState {
  const pages = {
    ...withoutPredecessors(page.reason === 'all-clear' ? withCleared(state.pages, page) : state.pages, page),
    [page.key]: { call: page, status: 'sending' as const, tries: triesWith(state.pages, page) },
  }
  return {
    ...state,
    pages,
    ...(page.reason === 'internal-error' ? { lastAlarmMs: now } : {}),
    ...(page.reason === 'update' ? { remindedMs: now } : {}),
    itemsReminded: [...new Set([...state.itemsReminded, ...(page.items ?? [])])],
    ...(page.step === undefined ? {} : { steps: withReminded(state.steps, page.step) }),
  }
}

export function pageSent(state: IncidentState, key: string): IncidentState {
  return withPage(state, key, { status: 'sent' })
}

export function pageFailed(state: IncidentState, data: EventData['page-failed']): IncidentState {
  const { key, retryAt, retryOver } = data
  return withPage(state, key, {
    status: 'failed',
    ...present({ retryAtMs: retryAt === undefined ? undefined : Date.parse(retryAt), retryOver }),
  })
}

/** Nobody was reached: should pages be wanted again (reopened, no longer mitigated), this one goes out first. */
export function pageCancelled(state: IncidentState, key: string, now: number): IncidentState {
  return withPage(state, key, { status: 'cancelled', retryAtMs: now })
}

function withPage(
  state: IncidentState,
  key: string,
  change: Pick<Page, 'status' | 'retryAtMs' | 'retryOver'>,
): IncidentState {
  if (!Object.hasOwn(state.pages, key)) return state
  const { retryAtMs: _, retryOver: __, ...page } = state.pages[key] as Page
  return { ...state, pages: { ...state.pages, [key]: { ...page, ...change } } }
}

function withCleared(pages: IncidentState['pages'], next: Call): IncidentState['pages'] {
  return Object.fromEntries(
    Object.entries(pages).map(([key, page]) => [
      key,
      page.call.person === next.person ? { ...page, cleared: true } : page,
    ]),
  )
}

/** Drops earlier pages to the same person and level that have ended, so that a broken channel cannot grow the state. */
function withoutPredecessors(pages: IncidentState['pages'], next: Call): IncidentState['pages'] {
  return Object.fromEntries(
    Object.entries(pages).filter(([, page]) => page.status === 'sending' || !isToSame(page, next)),
  )
}

/** How often this channel was tried in a row, this time included. */
function triesWith(pages: IncidentState['pages'], next: Call): number {
  return Object.values(pages)
    .filter((page) => page.status === 'failed' && isToSame(page, next) && page.call.channel === next.channel)
    .reduce((most, page) => Math.max(most, page.tries + 1), 1)
}

/** What is said beside a call takes no call's place: should it fail, the call still has to get through. */
const beside: readonly Call['reason'][] = ['waiting', 'to-do', 'checklist', 'update', 'all-clear']

function isToSame({ call }: Page, next: Call): boolean {
  const kind = ({ reason }: Pick<Call, 'reason'>) => (beside.includes(reason) ? reason : 'call')
  return call.level === next.level && call.person === next.person && kind(call) === kind(next)
}

function withReminded(steps: IncidentState['steps'], run: string): IncidentState['steps'] {
  const step = Object.hasOwn(steps, run) ? steps[run] : undefined
  return step === undefined ? steps : { ...steps, [run]: { ...step, reminded: true } }
}
