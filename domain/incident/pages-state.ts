/** What became of the pages, as the state carries it: of each person and level the newest one, and what is still being sent. */
import type { PageCall } from '../escalation/page.ts'
import type { EventData } from './events.ts'
import type { IncidentState, Page } from './state.ts'

type Call = Omit<PageCall, 'head'>

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
    ...(retryAt === undefined ? {} : { retryAtMs: Date.parse(retryAt) }),
    ...(retryOver === undefined ? {} : { retryOver }),
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

/** A new page takes the place of what became of earlier ones: neither a channel that is down for hours nor alarm after alarm may fill the state. */
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
const beside: readonly Call['reason'][] = ['waiting', 'update', 'all-clear']

function isToSame({ call }: Page, next: Call): boolean {
  const kind = ({ reason }: Pick<Call, 'reason'>) => (beside.includes(reason) ? reason : 'call')
  return call.level === next.level && call.person === next.person && kind(call) === kind(next)
}

function withReminded(steps: IncidentState['steps'], run: string): IncidentState['steps'] {
  const step = Object.hasOwn(steps, run) ? steps[run] : undefined
  return step === undefined ? steps : { ...steps, [run]: { ...step, reminded: true } }
}
