import assert from 'node:assert/strict'
import { aoki, command, finish, ofType, openDesk, sato, timeline, until, type World, world } from './world.ts'

describe('an incident whose history is long while something takes its time', () => {
  let here: World
  before(async function () {
    this.timeout(300_000)
    here = await world()
  })

  it('goes on starting what is asked for, and continues as new when that has ended', async () => {
    const { client } = here
    const desk = await openDesk(here, { continueAfterEvents: 20 })
    const { incident } = await desk.declare({ severity: 'LOW', symptom: '5xx' })
    await until(client, incident, 'the picture and the symptom read', ({ state }) => {
      const reading = Object.values(state.steps).some(({ status }) => status === 'reading')
      return state.situation.taken !== undefined && !reading
    })
    await command(client, incident, 'run', aoki, { step: 'logs', with: { follow: '15s' } })
    const followed = await until(client, incident, 'the log followed', ({ state }) =>
      Object.values(state.steps).some((step) => step.step === 'logs' && step.status === 'reading'),
    )
    const first = Object.values(followed.state.steps).find(({ step }) => step === 'rollouts')?.id
    const slow = Object.values(followed.state.steps).find(({ status }) => status === 'reading')?.id ?? ''
    for (let i = 0; i < 10; i++) await command(client, incident, 'note', sato, { text: `note ${i}` })
    await command(client, incident, 'run', sato, { step: 'rollouts' })
    const seen = await until(client, incident, 'the other step ended', ({ state }) =>
      Object.values(state.steps).some(
        (step) => step.id !== first && step.step === 'rollouts' && step.status === 'done',
      ),
    )
    assert.equal(seen.state.steps[slow]?.status, 'reading', 'it did not wait for the long one')
    const { raw } = await client.workflow.getHandle(incident).describe()
    assert.ok(Number(raw.workflowExecutionInfo?.historyLength) > 20)
    await until(client, incident, 'the next run', ({ state }) => state.run > seen.state.run)
    await finish(client, incident, aoki)
    assert.ok(ofType(await timeline(client, incident), 'continued').length > 0)
  })
})
