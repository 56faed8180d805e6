import assert from 'node:assert/strict'
import { historiesOf } from '../../client/replay/histories.ts'
import { replay } from '../../client/replay/replay.ts'
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

describe('a deploy breaks the backend', () => {
  let here: World
  before(async () => {
    here = await world()
    await healLab(here.lab)
    await breakLab(here.lab, 'bad-deploy')
  })
  after(() => healLab(here.lab))

  it('shows the picture, proposes the rollback, and rolls back exactly once when another person approves', async () => {
    const { client, lab } = here
    const desk = await openDesk(here)
    const before = await revisions(lab)

    const { incident, created, next } = await desk.declare({ symptom: '5xx' })
    assert.equal(created, true)
    assert.equal(next?.level, 'team-lead')

    const { state } = await until(client, incident, 'rollback proposed', proposed('rollback'))
    const taken = state.situation.taken
    assert.ok(taken !== undefined)
    assert.deepEqual(
      Object.keys(taken.parts).filter((part) => taken.parts[part]?.ok === false),
      [],
    )
    const finding = state.findings.find((f) => f.code === 'bad-rollout')
    assert.match(
      finding?.says.en ?? '',
      /^CrashLoopBackOff since ReplicaSet shodo-backend-\w+, rolled out \d+ (second|minute)s? before: revision \d+ "release 1\.5\.0: new stroke buffer"$/,
    )
    assert.deepEqual(state.steps.rollback?.because, finding?.says)

    const hash = state.steps.rollback?.hash ?? ''
    const no = await refusal(command(client, incident, 'approve', aoki, { step: 'rollback', hash }))
    assert.equal(no.name, 'requester-cannot-approve')
    await approve(client, incident, 'rollback', sato)
    await until(client, incident, 'rollback verified', verified('rollback'))
    await until(client, incident, 'it looks recovered', (v) => v.state.resolutionProposed)

    const after = await revisions(lab)
    assert.equal(Math.max(...after), Math.max(...before) + 1, 'one new revision, no more')
    for (let i = 0; i < 10; i += 1) assert.equal((await fetch(`${lab.appUrl}/health`)).status, 200)

    const end = await finish(client, incident)
    assert.equal(end.phase, 'closed')
    const events = await timeline(client, incident)
    assert.deepEqual(
      ofType(events, 'phase-changed').map((e) => e.data.to),
      ['mitigating', 'monitoring', 'resolved', 'closed'],
    )
    assert.equal(ofType(events, 'step-done').filter((e) => e.data.run === 'rollback').length, 1)
    assert.equal(ofType(events, 'page-requested').length, 0)

    const verdict = await replay(incident, await historiesOf(incident, client, undefined), reexecute)
    assert.equal(verdict.identical, true, JSON.stringify(verdict.difference))
    assert.equal(verdict.events, events.length)
    assert.equal(verdict.sha256, events.at(-1)?.hash)
    assert.equal(verdict.unsealed, 0)
  })
})
