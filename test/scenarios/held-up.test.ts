/** What a worker tells the people on an incident by itself, while a change that takes hours is tried on. */
import assert from 'node:assert/strict'
import { peopleTold } from '../../activities/tell-people.ts'
import { system } from '../../domain/words.ts'
import { context } from '../activities/signed-calls.ts'
import { finish, ofType, openDesk, timeline, until, type World, world } from './world.ts'

describe('people on an incident whose change is held up', () => {
  let here: World
  before(async function () {
    this.timeout(300_000)
    here = await world()
  })

  it('are told once for each step run, whichever worker and attempt says it, and are paged with it', async () => {
    const { client } = here
    const desk = await openDesk(here)
    const { incident } = await desk.declare({ service: 'database', severity: 'HIGH' })
    const of = (step: string) => ({ ...context, incident, stepRun: `${incident}/${step}` })
    await until(client, incident, 'open', ({ state }) => state.phase === 'investigating')
    const tell = peopleTold(client)
    const message = 'cut-over: it keeps failing\ncut-over: 失敗が続いています'
    await Promise.all([tell(of('cut-over'), message), peopleTold(client)(of('cut-over'), message)])
    await tell(of('cut-over'), 'and once more')
    await tell(of('restore'), 'another step')
    const said = ofType(await timeline(client, incident), 'notified')
    assert.deepEqual(
      said.map(({ by, data }) => [by, data.message]),
      [
        [system, message],
        [system, 'another step'],
      ],
    )
    await until(client, incident, 'paged', ({ state }) =>
      Object.values(state.pages).some(({ call }) => call.reason === 'message'),
    )
    await finish(client, incident)
    // Nobody is on it any more: whoever asks is refused, and goes on all the same.
    await assert.rejects(tell(of('backup'), 'too late'))
  })
})
