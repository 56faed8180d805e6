import { aoki, command, ofType, openDesk, timeline, until } from '../test/scenarios/world.ts'
import { type Figure, type Here, quantile } from './figure.ts'

const incidents = 40
const afterMs = 3_000

/** How late pages are: timers of 3 s, each incident with its own. */
export async function measurePages(here: Here): Promise<readonly Figure[]> {
  const desk = await openDesk(here, {
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
  const late: number[] = []
  const events: number[] = []
  const ids: string[] = []
  for (let i = 0; i < incidents; i += 1)
    ids.push((await desk.declare({ service: 'frontend', severity: 'LOW', fresh: true })).incident)
  for (const id of ids) {
    await until(here.client, id, 'page sent', (v) =>
      Object.values(v.state.pages).some((p) => p.status === 'sent'),
    )
    const told = await timeline(here.client, id)
    late.push(...ofType(told, 'page-sent').map((e) => e.data.lateMs))
    events.push(Number((await here.client.workflow.getHandle(id).describe()).historyLength))
    await command(here.client, id, 'cancel', aoki, { reason: 'bench' })
  }
  return [
    { what: `page lateness p50 (${incidents} incidents)`, value: quantile(late, 0.5), unit: 'ms' },
    { what: `page lateness p99 (${incidents} incidents)`, value: quantile(late, 0.99), unit: 'ms' },
    { what: 'history events of an incident that paged once', value: quantile(events, 0.5), unit: 'events' },
  ]
}
