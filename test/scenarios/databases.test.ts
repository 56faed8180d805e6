/** What a database asks for besides being repaired: that nothing else is touched, that its cost is shown, that two people agree. */
import assert from 'node:assert/strict'
import { historiesOf } from '../../client/replay/histories.ts'
import { replay } from '../../client/replay/replay.ts'
import { breakLab, healLab } from '../../lab/index.ts'
import { reexecute } from '../../workers/reexecute.ts'
import { skipWithout } from '../lab/skip.ts'
import {
  aoki,
  approve,
  command,
  finish,
  mori,
  ofType,
  openDesk,
  proposed,
  refusal,
  sato,
  timeline,
  until,
  verified,
  type World,
  world,
} from './world.ts'

async function isProven(here: World, incident: string): Promise<void> {
  const verdict = await replay(incident, await historiesOf(incident, here.client, undefined), reexecute)
  assert.equal(verdict.difference, undefined)
}

describe('PostgreSQL with connections that nobody uses', () => {
  let here: World
  before(async function () {
    this.timeout(300_000)
    here = await world()
    skipWithout(this, here.lab, 'postgres')
    await healLab(here.lab)
  })
  after(() => healLab(here.lab))

  it('all taken: seen, ended once another person approved that very list, and proven', async () => {
    const { client, lab } = here
    const busy = lab.databases.primary('select pg_sleep(300)').catch(() => undefined)
    await breakLab(lab, 'pg-max-connections')
    const desk = await openDesk(here)
    const { incident } = await desk.declare({ service: 'database', symptom: 'connections' })
    const { state } = await until(client, incident, 'proposed', proposed('terminate-idle'))
    assert.ok(state.findings.some((f) => f.code === 'connections-exhausted' && f.service === 'database'))
    const step = state.steps['terminate-idle']
    assert.equal(step?.risk, 'disruptive')
    const own = { step: 'terminate-idle', hash: step?.hash ?? '' }
    assert.equal((await refusal(command(client, incident, 'approve', aoki, own))).code, 'HK304')
    await approve(client, incident, 'terminate-idle', sato)
    await until(client, incident, 'verified', verified('terminate-idle'))
    const sessions = 'select count(*)::int as count from pg_stat_activity where '
    const [left] = await lab.databases.primary(`${sessions} usename = 'shodo' and state = 'idle'`)
    assert.ok(Number(left?.count) <= 1, `${left?.count} are left`)
    const [working] = await lab.databases.primary(`${sessions} query like 'select pg_sleep(300)%'`)
    assert.equal(working?.count, 1, 'a session at work was left alone')

    const no = await refusal(command(client, incident, 'undo', aoki, { step: 'terminate-idle' }))
    assert.equal(no.name, 'not-undoable')
    await finish(client, incident)
    await isProven(here, incident)
    await lab.databases.primary(
      "select pg_terminate_backend(pid) from pg_stat_activity where query like 'select pg_sleep(300)%'",
    )
    await busy
  }).timeout(120_000)
})

describe('Redis that is full', () => {
  let here: World
  before(async function () {
    this.timeout(300_000)
    here = await world()
    skipWithout(this, here.lab, 'redis')
    await healLab(here.lab)
  })
  after(() => healLab(here.lab))

  it('takes writes again without losing a key; FLUSHDB shows its cost and needs two people', async () => {
    const { client, lab } = here
    const { redis } = lab.databases
    await breakLab(lab, 'redis-full')
    const keys = await redis((r) => r.dbsize())
    const desk = await openDesk(here)
    const { incident } = await desk.declare({ service: 'redis', symptom: 'memory' })
    await approve(client, incident, 'more-memory', sato)
    await until(client, incident, 'more memory', verified('more-memory'))
    await redis((r) => r.set('page-cache:after', 'x'.repeat(100_000)))
    assert.equal(await redis((r) => r.dbsize()), keys + 1)

    await command(client, incident, 'run', aoki, { step: 'flush', with: {} })
    const { state } = await until(client, incident, 'flush proposed', proposed('flush'))
    assert.match(state.steps.flush?.plan?.says.en ?? '', new RegExp(`${keys + 1}`))
    assert.deepEqual([state.steps.flush?.risk, state.steps.flush?.approvalsNeeded], ['destructive', 2])
    await approve(client, incident, 'flush', sato)
    assert.equal(await redis((r) => r.dbsize()), keys + 1, 'one person is not enough')
    await approve(client, incident, 'flush', mori)
    await until(client, incident, 'flushed', verified('flush'))
    assert.equal(await redis((r) => r.exists('page-cache:after')), 0)
    await finish(client, incident)
    const approved = ofType(await timeline(client, incident), 'step-approved')
    assert.deepEqual(
      approved.map((e) => `${e.data.run} ${e.by.id}`),
      ['more-memory sato', 'flush sato', 'flush mori'],
    )
    await isProven(here, incident)
  }).timeout(120_000)
})
