/** Data that was lost in the lab comes back: the incident asks, two people agree, the replica follows, and the story is proven. */
import assert from 'node:assert/strict'
import { historiesOf } from '../../client/replay/histories.ts'
import { replay } from '../../client/replay/replay.ts'
import { breakLab, type Lab, labDown, labUp } from '../../lab/index.ts'
import { reexecute } from '../../workers/reexecute.ts'
import { testLabName } from '../lab/shared.ts'
import { skipWithout } from '../lab/skip.ts'
import {
  aoki,
  approve,
  command,
  finish,
  mori,
  type OpenWorld,
  openDesk,
  openWorld,
  proposed,
  refusal,
  sato,
  until,
  verified,
} from './world.ts'

const tanaka = { kind: 'person', id: 'tanaka', verified: true } as const

describe('a table that somebody dropped', () => {
  let lab: Lab
  let here: OpenWorld
  // A lab of its own: another timeline and another history are nothing that could be healed.
  before(async function () {
    this.timeout(300_000)
    lab = await labUp({ name: testLabName('restore') })
    skipWithout(this, lab, 'postgres')
    skipWithout(this, lab, 'pgbackrest')
    here = await openWorld(lab)
  })
  after(async () => {
    await here?.close()
    await labDown(lab.name)
  })

  it('comes back from the moment before, beside the live database first, and in its place when two people agree', async () => {
    const { client } = here
    const { primary, replica } = lab.databases
    const [told] = await primary(
      `select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as now`,
    )
    const target = String(told?.now)
    await breakLab(lab, 'table-dropped')
    const desk = await openDesk(here)
    const { incident } = await desk.declare({
      service: 'database',
      symptom: 'data-lost',
      severity: 'CRITICAL',
      dataLoss: true,
    })
    await command(client, incident, 'run', aoki, { step: 'restore', with: { target } })
    const copied = await until(client, incident, 'restored', (seen) =>
      ['verified', 'proposed', 'failed'].includes(seen.state.steps.restore?.status ?? ''),
    )
    if (copied.state.steps.restore?.status === 'proposed') await approve(client, incident, 'restore', sato)
    await until(client, incident, 'restored', verified('restore'), 120_000)
    // The live database is as it was.
    const [live] = await primary(`select to_regclass('orders') is null as lost`)
    assert.equal(live?.lost, true)

    await command(client, incident, 'run', aoki, { step: 'cut-over' })
    const asked = await until(client, incident, 'cut-over proposed', proposed('cut-over'))
    const step = asked.state.steps['cut-over']
    assert.equal(step?.risk, 'destructive')
    assert.equal(step?.approvalsNeeded, 2)
    const own = { step: 'cut-over', hash: step?.hash ?? '' }
    assert.equal((await refusal(command(client, incident, 'approve', aoki, own))).code, 'HK304')
    await approve(client, incident, 'cut-over', mori)
    await approve(client, incident, 'cut-over', tanaka)
    await until(client, incident, 'cut over', verified('cut-over'), 180_000)
    const [back] = await primary('select count(*)::int as orders from orders')
    assert.equal(back?.orders, 300)
    const [follows] = await replica('select count(*)::int as orders from orders')
    assert.equal(follows?.orders, 300)
    // The way back, by what the incident has kept of the step.
    await command(client, incident, 'undo', aoki, { step: 'cut-over' })
    const undoing = await until(client, incident, 'undo proposed', (seen) =>
      Object.values(seen.state.steps).some(
        ({ kind, status }) => kind === 'postgres.cut-back' && status === 'proposed',
      ),
    )
    const undo = Object.values(undoing.state.steps).find(({ kind }) => kind === 'postgres.cut-back')
    assert.equal(undo?.approvalsNeeded, 2)
    await finish(client, incident)
    const verdict = await replay(incident, await historiesOf(incident, here.client, undefined), reexecute)
    assert.equal(verdict.difference, undefined)
  }).timeout(400_000)
})
