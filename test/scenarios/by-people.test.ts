/** What people do themselves, by the runbook of shodo: a choice and what follows from it, a step left out, and the checklists. */
import assert from 'node:assert/strict'
import { historiesOf } from '../../client/replay/histories.ts'
import { replay } from '../../client/replay/replay.ts'
import { leftToDo } from '../../domain/incident/fold/state.ts'
import { healLab } from '../../lab/index.ts'
import { reexecute } from '../../workers/reexecute.ts'
import { skipWithout } from '../lab/skip.ts'
import { aoki, command, openDesk, refusal, sato, until, type World, world } from './world.ts'

describe('what people do themselves', function () {
  this.timeout(300_000)
  let here: World
  before(async function () {
    here = await world()
    skipWithout(this, here.lab, 'postgres')
    await healLab(here.lab)
  })

  it('option B is decided for and runs, a step is skipped, and the close waits for the commander’s word', async () => {
    const { client, lab } = here
    const desk = await openDesk(here)
    const { incident } = await desk.declare({
      symptom: 'slow',
      severity: 'HIGH',
      description: '一部だけ遅い',
    })
    await until(client, incident, 'asked', ({ state }) => state.steps.way?.status === 'waiting')
    const early = command(client, incident, 'run', aoki, { step: 'delete-pods' })
    assert.equal((await refusal(early)).name, 'step-held')

    const decision = { step: 'way', option: 'replace-pods', reason: '一部の Pod だけ遅い' }
    await command(client, incident, 'decide', aoki, decision)
    // No pod is broken: it finds nothing to replace.
    const decided = await until(
      client,
      incident,
      'pods replaced',
      ({ state }) => state.steps['delete-pods']?.status === 'done',
    )
    assert.equal(decided.state.steps['delete-pods']?.requestedBy.id, 'aoki')
    await command(client, incident, 'skip', sato, { step: 'more-memory', reason: 'メモリは十分' })
    await command(client, incident, 'set-commander', aoki, { person: 'sato' })

    await command(client, incident, 'resolve', aoki, {})
    const { state } = await until(
      client,
      incident,
      'recovered and counted',
      ({ state: { checks, affected } }) => checks.recovered !== undefined && affected !== undefined,
    )
    const ticked = Object.entries(state.checks).flatMap(([item, { proof }]) => (proof ? [item] : []))
    const shown = ['affected-users', 'alert', 'declare', 'ended', 'record', 'recovered', 'scope', 'timeline']
    assert.deepEqual(ticked.toSorted(), shown)
    assert.deepEqual(leftToDo(state), ['alerts-cleared', 'post-mortem', 'improvements'])
    assert.equal((await refusal(command(client, incident, 'close', aoki, {}))).name, 'afterwards-open')
    const waive = '訓練のため'
    assert.equal((await refusal(command(client, incident, 'close', aoki, { waive }))).name, 'commander-only')
    await command(client, incident, 'close', sato, { waive })
    await client.workflow.getHandle(incident).result()
    const histories = await historiesOf(incident, client, lab.env.HIKESHI_ARCHIVE)
    assert.equal((await replay(incident, histories, reexecute)).verdict, 'identical')
  })
})
