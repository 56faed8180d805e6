/** What a screen on the wall shows: how services stand, which incidents are open, who was called. Nothing is asked again while it is under way. */
import { type BoardRow, seenAgain, unseen, unseenAgain } from '../../domain/diagnosis/board.ts'
import type { Overview } from '../../domain/diagnosis/overview.ts'
import { type Failure, failure } from '../../domain/failures.ts'
import type { IncidentState } from '../../domain/incident/fold/state.ts'
import { present } from '../../domain/present.ts'
import { inParallel } from '../../edge/in-parallel.ts'
import { Refused } from '../../edge/refused.ts'
import type { Incidents } from './incidents.ts'
import type { Listed } from './list.ts'

/** What is looked at of a runbook: some of its services by name, or all that it has. */
export type Scope = {
  readonly runbook: string
  readonly services: readonly string[]
  /** Only this one. */
  readonly service?: string | undefined
}

/** Levels that were called, with what became of the pages to their people. */
export type Called = {
  readonly level: string
  readonly at: string
  readonly people: readonly { readonly person: string; readonly status: string }[]
}

export type BoardIncident = Listed & {
  /** Who said that they are on it. */
  readonly acknowledgedBy?: string
  /** Missing where no worker tells it. */
  readonly called?: readonly Called[]
  readonly next?: { readonly level: string; readonly at: string }
}

export type System = {
  readonly runbook: string
  readonly rows: readonly BoardRow[]
  readonly elsewhere: Overview['elsewhere']
  readonly onCall?: Overview['onCall']
  readonly version?: number
  readonly timezone?: string
  /** Why the newest look told nothing. */
  readonly trouble?: Failure
}

export type Open = {
  readonly newest: readonly BoardIncident[]
  /** So many more are open. */
  readonly more: number
  /** When they were asked for, epoch ms; missing where no answer came yet. */
  readonly seenMs?: number
  readonly trouble?: Failure
}

export type Board = { readonly systems: readonly System[]; readonly open: Open }

type Asked = Pick<Incidents, 'overview' | 'list' | 'show'>

/** Each of them costs a query. */
const mostShown = 8
const atOnce = 4

/** `refresh` ends when everything that it began has answered; what fails is told on the board, and never thrown. */
export function openBoard(
  incidents: Asked,
  scopes: readonly Scope[],
): { readonly now: () => Board; readonly refresh: () => Promise<void> } {
  const systems: System[] = scopes.map(({ runbook, services }) => ({
    runbook,
    rows: unseen(services),
    elsewhere: [],
  }))
  let open: Open = { newest: [], more: 0 }
  const underWay = new Set<string>()
  const unlessUnderWay = async (what: string, work: () => Promise<void>): Promise<void> => {
    if (underWay.has(what)) return
    underWay.add(what)
    await work().finally(() => underWay.delete(what))
  }
  const refreshSystem = async ({ runbook, service }: Scope, at: number): Promise<void> => {
    const { rows = [], ...before } = systems[at] ?? {}
    const askedMs = Date.now()
    try {
      const seen = await incidents.overview({ runbook, service })
      const { elsewhere, onCall, version, timezone } = seen
      systems[at] = { runbook, rows: seenAgain(rows, seen, askedMs), elsewhere, onCall, version, timezone }
    } catch (error) {
      systems[at] = { ...before, runbook, rows: unseenAgain(rows), elsewhere: [], trouble: troubleOf(error) }
    }
  }
  const refreshOpen = async (): Promise<void> => {
    const seenMs = Date.now()
    try {
      open = { ...(await openNow(incidents, scopes)), seenMs }
    } catch (error) {
      open = { ...open, trouble: troubleOf(error) }
    }
  }
  return {
    now: () => ({ systems: [...systems], open }),
    refresh: async () => {
      await Promise.all([
        ...scopes.map((scope, at) => unlessUnderWay(`${at}`, () => refreshSystem(scope, at))),
        unlessUnderWay('open', refreshOpen),
      ])
    },
  }
}

async function openNow(incidents: Asked, scopes: readonly Scope[]): Promise<Pick<Open, 'newest' | 'more'>> {
  const listed = (await incidents.list()).filter(({ runbook, service }) =>
    scopes.some(
      (scope) => scope.runbook === runbook && (scope.service === undefined || scope.service === service),
    ),
  )
  const newest = await inParallel(listed.slice(0, mostShown), atOnce, (one) => withCalls(incidents, one))
  return { newest, more: listed.length - newest.length }
}

/** What visibility holds of it stands by itself where nobody tells more. */
async function withCalls(incidents: Asked, listed: Listed): Promise<BoardIncident> {
  const shown = await incidents.show(listed.incident).catch((error: unknown) => {
    if (error instanceof Refused) return undefined
    throw error
  })
  if (shown?.source !== 'worker') return listed
  const { state, next } = shown
  return {
    ...listed,
    called: calledIn(state),
    ...present({ acknowledgedBy: state.acknowledged?.by.id, next }),
  }
}

function calledIn({ escalation, pages }: IncidentState): readonly Called[] {
  return Object.entries(escalation)
    .flatMap(([level, { firedAt: at }]) => {
      if (at === undefined) return []
      // The newest page of each person: one over another channel has followed one that failed.
      const newest = new Map(
        Object.values(pages)
          .filter(({ call }) => call.level === level)
          .map(({ call, status }) => [call.person, status]),
      )
      return [{ level, at, people: [...newest].map(([person, status]) => ({ person, status })) }]
    })
    .toSorted((a, b) => (a.at < b.at ? -1 : 1))
}

function troubleOf(error: unknown): Failure {
  if (error instanceof Refused) return error.failure
  const reason = error instanceof Error ? error.message : String(error)
  return failure('internal', { where: 'watch', reason: reason.slice(0, 300) })
}
