import assert from 'node:assert/strict'
import { said } from '../../../domain/words.ts'
import { openCluster, type Server } from './cluster.ts'
import { describeWithPostgres } from './programs.ts'
import { codesOf, context, factsOf, handsTo, reserved } from './reach.ts'

describeWithPostgres('reading the connections of PostgreSQL', (programs) => {
  let server: Server
  before(async function () {
    this.timeout(120_000)
    server = await openCluster(programs)
  })
  after(() => server?.close())
  afterEach(() => server?.disconnectAll())

  const params = { connection: 'postgres-primary', idleAfter: 600_000 }
  const fill = async (count: number) => {
    for (let i = 0; i < count; i++) await server.connect('shodo')
  }

  it('counts them by state, user and application as SQL does, and finds nothing in a quiet server', async () => {
    await fill(2)
    const open = await server.connect('shodo', 'other', 'report\u202e')
    await open.query('begin')
    const reading = await handsTo(server.port)['postgres.connections'](params, context())
    const facts = factsOf(reading)
    // Three of ours and the reading itself.
    assert.deepEqual([facts.used, facts.max, facts.percent, facts.keptBack], [4, server.slots, 20, 3])
    assert.deepEqual(reading.findings, [])
    const users = facts.byUser as readonly {
      readonly user: string
      readonly application: string
      count: number
    }[]
    assert.deepEqual(
      users.map(({ user, application, count }) => [user, application, count]),
      [
        ['shodo', 'test', 2],
        ['hikeshi', 'hikeshi shodo-42/step', 1],
        ['shodo', 'report???', 1],
      ],
    )
    const states = facts.byState as readonly { readonly state: string; readonly count: number }[]
    const [truth] = await server.sql(`select count(*) filter (where state = 'idle')::int as idle,
      count(*) filter (where state = 'idle in transaction')::int as open
      from pg_stat_activity where usename = 'shodo'`)
    const counted = (wanted: string) =>
      states.filter((s) => s.state === wanted).reduce((n, s) => n + s.count, 0)
    assert.deepEqual([counted('idle'), counted('idle in transaction')], [truth.idle, truth.open])
    assert.match(said(reading.text).en, /^4 of 20 connections \(20 %\)/)
  })

  it('finds connections that idle for long, the longest first, and a server that is nearly full', async () => {
    const first = await server.connect('shodo')
    const { pid } = (await first.query('select pg_backend_pid() as pid')).rows[0]
    await fill(16)
    const reading = await handsTo(server.port, reserved)['postgres.connections'](
      { ...params, idleAfter: 0 },
      context(),
    )
    assert.deepEqual(codesOf(reading), ['connections-exhausted', 'idle-connections'])
    const [exhausted, idle] = reading.findings
    assert.match(String(exhausted?.says.en), /^18 of 20 connections of postgres-primary are taken \(90 %\)/)
    assert.equal(exhausted?.subject, 'postgres/postgres-primary')
    assert.match(said(idle?.evidence[0]).en, new RegExp(`^pid ${pid} shodo test: idle for`))
    assert.equal(factsOf(reading).throughReserved, true)
  })

  it('is full when all is taken that is not kept back', async () => {
    // The reading's own session is the last one that the application could have had.
    await fill(server.slots - 3 - 1)
    const reading = await handsTo(server.port)['postgres.connections'](params, context())
    assert.deepEqual(codesOf(reading), ['connections-exhausted'])
    assert.match(String(reading.findings[0]?.says.en), /^17 of 20 connections .* \(85 %\), 3 are reserved$/)
  })

  it('tells sessions that are idle within a transaction from idle ones: another repair ends them', async () => {
    for (let i = 0; i < 4; i++) await (await server.connect('shodo')).query('begin')
    const reading = await handsTo(server.port)['postgres.connections']({ ...params, idleAfter: 0 }, context())
    assert.deepEqual(codesOf(reading), ['idle-in-transaction'])
    assert.match(said(reading.findings[0]?.evidence[0]).en, /: idle in transaction for/)
  })

  it('reads a full server from its refusal where no reserved role is known', async () => {
    await fill(server.slots - 3)
    const hands = handsTo(server.port)
    const reading = await hands['postgres.connections'](params, context())
    assert.deepEqual(codesOf(reading), ['connections-exhausted'])
    assert.match(JSON.stringify(factsOf(reading).refused), /53300/)
    const ready = await hands['postgres.ready'](params, context())
    assert.deepEqual([factsOf(ready).answer, codesOf(ready)], ['accepting', ['connections-exhausted']])
  })

  it('says that it sees no states where the role may not', async () => {
    await fill(1)
    const hands = handsTo(server.port, { user: 'blind' })
    const reading = await hands['postgres.connections'](params, context())
    assert.equal(factsOf(reading).seesStates, false)
    assert.match(said(reading.text).en, /pg_monitor/)
  })
})
