import assert from 'node:assert/strict'
import { historiesOf } from '../../client/replay/histories.ts'
import { replay } from '../../client/replay/replay.ts'
import { forgetFaults } from '../../lab/faults/active.ts'
import { breakLab, healLab } from '../../lab/index.ts'
import { reexecute } from '../../workers/reexecute.ts'
import {
  aoki,
  approve,
  command,
  finish,
  ofType,
  openDesk,
  proposed,
  refusal,
  revisions,
  sato,
  timeline,
  until,
  verified,
  type World,
  world,
} from './world.ts'

describe('a change that was made, and whose service stayed sick for another reason', function () {
  this.timeout(240_000)
  let here: World
  before(async () => {
    here = await world()
    await healLab(here.lab)
    await breakLab(here.lab, 'hung-health')
  })
  after(() => healLab(here.lab))

  it('is looked at again when that is fixed, and verified without being made a second time', async () => {
    const { client, lab } = here
    const desk = await openDesk(here)
    const { incident } = await desk.declare({ symptom: '5xx' })
    await command(client, incident, 'run', aoki, { step: 'restart' })
    await until(client, incident, 'restart proposed', proposed('restart'))
    await approve(client, incident, 'restart', sato)
    const failed = await until(
      client,
      incident,
      'restart failed',
      ({ state }) => state.steps.restart?.status === 'failed',
    )
    assert.equal(failed.state.steps.restart?.changed, 'done')
    assert.equal(failed.state.steps.restart?.failure?.name, 'not-verified')
    const made = await revisions(lab)

    // Without taking back what the step has changed, as healing the lab would.
    forgetFaults(lab.dir)
    await command(client, incident, 'verify', aoki, { step: 'restart' })
    await until(client, incident, 'restart verified', verified('restart'))
    assert.deepEqual(await revisions(lab), made)
    const no = await refusal(command(client, incident, 'verify', aoki, { step: 'restart' }))
    assert.equal(no.name, 'step-not-waiting')
    await until(client, incident, 'it looks recovered', (v) => v.state.resolutionProposed)

    await finish(client, incident)
    const events = await timeline(client, incident)
    assert.deepEqual(
      events.flatMap(({ type, data }) => ('run' in data && data.run === 'restart' ? [type] : [])),
      [
        'step-requested',
        'step-proposed',
        'step-approved',
        'step-started',
        'step-done',
        'step-settled',
        'step-failed',
        'verification-requested',
        'step-settled',
        'step-verified',
      ],
    )
    assert.equal(ofType(events, 'step-started').length, 1)
    const verdict = await replay(incident, await historiesOf(incident, client, undefined), reexecute)
    assert.equal(verdict.identical, true, JSON.stringify(verdict.difference))
  })
})
