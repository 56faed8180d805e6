import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { historiesOf } from '../../client/replay/histories.ts'
import { replay } from '../../client/replay/replay.ts'
import { labDown, labUp } from '../../lab/index.ts'
import { workflowBundle } from '../../workers/bundle.ts'
import { reexecute } from '../../workers/reexecute.ts'
import { testLabName } from '../lab/shared.ts'
import {
  aoki,
  command,
  fastForward,
  finish,
  type OpenWorld,
  ofType,
  openDesk,
  openWorld,
  refusal,
  timeline,
  until,
} from './world.ts'

const faulty = fileURLToPath(new URL('./faulty-workflows.ts', import.meta.url))

describe('a defect of ours', () => {
  let here: OpenWorld

  before(async () => {
    here = await openWorld(await labUp({ name: testLabName('defects') }), { workflowsEntry: faulty })
  })
  after(async () => {
    await here.close()
    await labDown(here.lab.name)
  })

  it('rules that throw, an end that is not understood, nonsense signals: the incident lives, says so, pages the first level and keeps its timers', async () => {
    const { client } = here
    const desk = await openDesk(here)
    const { incident } = await desk.declare({ symptom: '5xx' })
    const paged = (level: string) => async () =>
      (await here.pages()).filter((page) => page.incident === incident && page.level === level).length
    await until(client, incident, 'first level paged', (v) =>
      Object.values(v.state.pages).some((p) => p.status === 'sent'),
    )
    assert.equal(await paged('team-lead')(), 1)

    const no = await refusal(command(client, incident, 'note', aoki, { text: 'throw' }))
    assert.equal(no.name, 'internal')
    const handle = client.workflow.getHandle(incident)
    await handle.signal('note', { by: 'aoki', text: 'throw' })
    await handle.signal('no-such-command', { by: 'aoki' })
    await handle.signal('note', { v: 2, by: 'aoki', text: 'from the future' })
    await handle.signal('note', 'not even an object')
    await handle.signal('approve', { by: 'aoki', step: '\u001b[31mrollback' })
    const sent = await command(client, incident, 'note', aoki, { text: 'still here' })
    assert.ok(sent.receipt.seq > 0)

    const events = await timeline(client, incident)
    assert.ok(ofType(events, 'internal-error').length >= 2)
    const names = ofType(events, 'signal-refused').map((e) => e.data.failure.name)
    for (const name of ['unknown-command', 'unknown-command-version', 'bad-input']) {
      assert.ok(names.includes(name as (typeof names)[number]), `${name} stands in the timeline: ${names}`)
    }
    // The team lead was called for the defect, once in ten minutes is enough; and the timers go on: 5:00, then 10:00.
    assert.equal(await paged('team-lead')(), 1)
    await fastForward(here, incident, 590)
    await until(
      client,
      incident,
      'team lead paged when due',
      (v) => v.state.escalation['team-lead']?.firedAt !== undefined,
    )
    await fastForward(here, incident, 20)
    await until(client, incident, 'the CTO paged', (v) => v.state.escalation.cto?.firedAt !== undefined)
    const reasons = ofType(await timeline(client, incident), 'page-requested').map(
      (e) => `${e.data.page.level} ${e.data.page.reason}`,
    )
    assert.deepEqual(
      reasons.filter((r) => !r.includes('internal-error')),
      ['team-lead due', 'cto due'],
    )
    assert.ok(reasons.filter((r) => r.includes('internal-error')).length <= 2)

    await finish(client, incident)
    const bundle = await workflowBundle(faulty)
    const again = (runs: readonly unknown[], id: string) => reexecute(runs, id, bundle)
    const verdict = await replay(incident, await historiesOf(incident, client, undefined), again)
    assert.equal(verdict.difference, undefined)
  })
})
