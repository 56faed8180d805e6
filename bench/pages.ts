import { startWorkerProcess } from '../test/faults/worker-process.ts'
import { aoki, command, type Desk, ofType, openDesk, timeline, until } from '../test/scenarios/world.ts'
import { type Figure, type Here, quantile } from './figure.ts'

const incidents = 40

/**
 * How late pages are, each incident with a timer of its own; and when one of two workers is killed before they are due. (A worker that
 * is killed while it works on a task, which takes it milliseconds, costs that incident Temporal's task timeout of 10 s.)
 */
export async function measurePages(here: Here): Promise<readonly Figure[]> {
  const calm = await paged(here, await declared(await deskOf(here, 3_000)))
  const desk = await deskOf(here, 9_000)
  const other = await startWorkerProcess(here.env)
  const ids = await declared(desk)
  for (const id of ids) await until(here.client, id, 'picture', (v) => v.state.situation.taken !== undefined)
  await other.kill()
  const killed = await paged(here, ids)
  const lateness = (what: string, late: readonly number[]): Figure[] => [
    { what: `page lateness p50, ${what}`, value: quantile(late, 0.5), unit: 'ms' },
    { what: `page lateness p99, ${what}`, value: quantile(late, 0.99), unit: 'ms' },
  ]
  return [
    ...lateness(`${incidents} incidents`, calm.late),
    ...lateness('one of two workers killed', killed.late),
    {
      what: 'history events of an incident that paged once',
      value: quantile(calm.events, 0.5),
      unit: 'events',
    },
  ]
}

function deskOf(here: Here, afterMs: number): Promise<Desk> {
  return openDesk(here, {
    change: (book) => ({
      ...book,
      escalation: {
        ...book.escalation,
        levels: book.escalation.levels.map((l) => ({
          ...l,
          ...(l.id === 'team-lead' ? { after: afterMs } : {}),
        })),
      },
    }),
  })
}

async function declared(desk: Desk): Promise<readonly string[]> {
  const ids: string[] = []
  for (let i = 0; i < incidents; i += 1)
    ids.push((await desk.declare({ service: 'frontend', severity: 'LOW', fresh: true })).incident)
  return ids
}

async function paged({ client }: Here, ids: readonly string[]) {
  const late: number[] = []
  const events: number[] = []
  for (const id of ids) {
    await until(client, id, 'page sent', (v) => Object.values(v.state.pages).some((p) => p.status === 'sent'))
    late.push(...ofType(await timeline(client, id), 'page-sent').map((e) => e.data.lateMs))
    events.push(Number((await client.workflow.getHandle(id).describe()).historyLength))
    await command(client, id, 'cancel', aoki, { reason: 'bench' })
  }
  return { late, events }
}
