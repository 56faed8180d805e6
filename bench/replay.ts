import { historiesOf } from '../client/replay/histories.ts'
import { replay } from '../client/replay/replay.ts'
import { command, finish, openDesk, sato, until } from '../test/scenarios/world.ts'
import { reexecute } from '../workers/reexecute.ts'
import { type Figure, type Here, timed } from './figure.ts'

/** How fast a long incident is proven. */
export async function measureReplay(here: Here): Promise<readonly Figure[]> {
  const desk = await openDesk(here)
  const { incident } = await desk.declare({ service: 'frontend', severity: 'LOW' })
  await until(here.client, incident, 'picture', (v) => v.state.situation.taken !== undefined)
  for (let i = 0; i < 200; i += 1) await command(here.client, incident, 'note', sato, { text: `note ${i}` })
  await finish(here.client, incident)
  const histories = await historiesOf(incident, here.client, undefined)
  let events = 0
  const ms = await timed(async () => {
    const verdict = await replay(incident, histories, reexecute)
    if (!verdict.identical) throw new Error(JSON.stringify(verdict.difference))
    events = verdict.events
  })
  return [{ what: 'replayed timeline events a second', value: (events * 1_000) / ms, unit: 'events/s' }]
}
