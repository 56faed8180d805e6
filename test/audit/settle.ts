/** After the storm: everything that is due comes, every incident is ended by people, and the desk has nothing left to do. */
import { setTimeout as sleep } from 'node:timers/promises'
import { ended } from '../../domain/words.ts'
import type { IncidentView } from '../../wire/messages.ts'
import { hopeless } from './attempt.ts'
import type { Doors } from './doors.ts'

const settledWithinMs = 60_000
/** Whom people.ts makes commander: nobody else closes with items of the checklists open. */
const sato = { kind: 'person', id: 'sato', verified: true } as const

/** What did not settle: who, and what was awaited in vain. */
export type Stuck = { readonly workflow: string; readonly awaited: string }

export type Settled = { readonly incidents: readonly string[]; readonly stuck: readonly Stuck[] }

export async function settle(
  doors: Doors,
  desks: readonly string[],
  known: readonly string[],
): Promise<Settled> {
  const stuck: Stuck[] = []
  const incidents = new Set(known)
  for (const desk of desks) {
    const numbered = await awaited(doors, stuck, `desk/${desk}`, 'starts and deliveries done', async () => {
      const { state } = await doors.desk(desk)
      return state.starting.length + state.untold === 0 ? state : undefined
    })
    for (let n = 1; n <= (numbered?.lastNumber ?? 0); n += 1) incidents.add(`${desk}-${n}`)
  }
  const names = [...incidents].toSorted()
  await each(names, async (incident) => {
    const quiet = await awaited(doors, stuck, incident, 'nothing due and nothing under way', async () => {
      const view = await doors.view(incident)
      return isQuiet(view) ? view : undefined
    })
    if (quiet === undefined) return
    const desk = incident.replace(/-\d+$/, '')
    if (quiet.state.phase !== 'resolved' && !isOver(quiet))
      await doors.command(desk, incident, { type: 'resolve', by: sato }, `end/resolve/${incident}`)
    if (!isOver(quiet))
      await doors.command(
        desk,
        incident,
        { type: 'close', by: sato, waive: 'it is over' },
        `end/close/${incident}`,
      )
    await awaited(doors, stuck, incident, 'its end', async () => {
      const { status } = await doors.temporal.client.workflow.getHandle(incident).describe()
      return status.name === 'COMPLETED' ? true : undefined
    })
  })
  for (const desk of desks) {
    await awaited(doors, stuck, `desk/${desk}`, 'no open incident', async () => {
      const { state } = await doors.desk(desk)
      return Object.keys(state.open).length + state.untold === 0 ? true : undefined
    })
  }
  return { incidents: names, stuck }
}

/** Nothing will happen any more unless somebody does something. */
function isQuiet({ state, next }: IncidentView): boolean {
  const { wanted, taken } = state.situation
  return (
    isOver({ state }) ||
    (next === undefined &&
      // One that failed is tried again, unless people are calm by now.
      Object.values(state.pages).every(
        ({ status }) => status !== 'sending' && (status !== 'failed' || state.acknowledged !== undefined),
      ) &&
      Object.values(state.steps).every(({ status }) => [...ended, 'proposed', 'waiting'].includes(status)) &&
      (taken?.number ?? 0) >= wanted &&
      state.recovery?.status !== 'running')
  )
}

function isOver({ state }: Pick<IncidentView, 'state'>): boolean {
  return state.phase === 'closed' || state.phase === 'cancelled'
}

/** The answer as soon as it is not undefined; undefined, and a line among the stuck, when all patience is over. */
async function awaited<T>(
  doors: Doors,
  stuck: Stuck[],
  workflow: string,
  what: string,
  ask: () => Promise<T | undefined>,
): Promise<T | undefined> {
  for (const until = Date.now() + settledWithinMs; Date.now() < until; await sleep(250)) {
    const answer = await ask().catch(() => undefined)
    if (answer !== undefined) return answer
    const attempt = await hopeless(doors.temporal.client, workflow).catch(() => undefined)
    if (attempt !== undefined) break
  }
  stuck.push({ workflow, awaited: what })
  return undefined
}

/** A few at a time: a cache of three has no more room. */
export async function each<T>(
  list: readonly T[],
  work: (one: T) => Promise<void>,
  atOnce = 6,
): Promise<void> {
  const left = [...list]
  const next = async (): Promise<void> => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) await work(one)
  }
  await Promise.all(Array.from({ length: atOnce }, next))
}
