import assert from 'node:assert/strict'
import type pg from 'pg'
import { differenceOf } from '../../../domain/approval/same-plan.ts'
import type { Plan } from '../../../domain/steps/contract.ts'
import { until } from '../../../lab/waiting.ts'
import { openCluster, type Server } from './cluster.ts'
import { describeWithPostgres } from './programs.ts'
import { context, handsTo, refused, reserved } from './reach.ts'

describeWithPostgres('terminating idle connections', (programs) => {
  let server: Server
  before(async function () {
    this.timeout(120_000)
    server = await openCluster(programs)
  })
  after(() => server?.close())
  afterEach(() => server?.disconnectAll())

  const params = { connection: 'postgres-primary', olderThan: 0, inTransaction: false, limit: 500 }
  const hand = () => handsTo(server.port)['postgres.terminate-idle']
  const pidOf = async (client: pg.Client): Promise<number> =>
    (await client.query('select pg_backend_pid() as pid')).rows[0].pid
  /** Idle, as the server sees it: it says so a moment after its answer. */
  const idle = async (user: string, database = 'shodo') => {
    const client = await server.connect(user, database)
    const pid = await pidOf(client)
    await reaches(pid, 'idle')
    return { client, pid }
  }
  const reaches = (pid: number, state: string) =>
    until(
      async () =>
        (await server.sql('select state from pg_stat_activity where pid = $1', [pid]))[0]?.state === state,
      { what: `session ${pid} to be ${state}`, withinMs: 10_000, everyMs: 20 },
    )
  const alive = async (pids: readonly number[]): Promise<number[]> =>
    (await server.sql('select pid from pg_stat_activity where pid = any ($1::int[])', [pids])).map(
      (r) => r.pid,
    )
  const plannedPids = (plan: Plan) =>
    (plan.change as { readonly sessions: readonly { readonly pid: number }[] }).sessions.map(({ pid }) => pid)

  it('ends exactly those that are idle, and no active, foreign, superuser or replication session', async () => {
    const one = await idle('shodo')
    const two = await idle('shodo')
    const elsewhere = await idle('shodo', 'other')
    const admin = await idle('admin')
    const active = await server.connect('shodo')
    const activePid = await pidOf(active)
    const sleeping = active.query('select pg_sleep(60)').catch((error: unknown) => error)
    await reaches(activePid, 'active')
    const open = await idle('shodo')
    await open.client.query('begin')
    await reaches(open.pid, 'idle in transaction')

    const plan = await hand().plan(params, context())
    assert.deepEqual(plannedPids(plan).sort(), [one.pid, two.pid].sort())
    assert.deepEqual(plan.pods, { ready: 0, notReady: 0, ofReady: 0 })
    assert.match(plan.says.en, /^Terminate 2 of \d+ connections of postgres-primary/)
    assert.equal((await alive([one.pid, two.pid])).length, 2, 'planning ends nobody')
    const done = await hand().run(params, plan, context())
    assert.equal(done.already, false)
    const verified = await hand().verify(params, plan, done, context())
    assert.equal(verified.ok, true, verified.says.en)
    assert.deepEqual(await alive([one.pid, two.pid]), [])
    assert.equal((await alive([elsewhere.pid, admin.pid, activePid, open.pid])).length, 4)

    const again = await hand().run(params, plan, context())
    assert.equal(again.already, true, 'a retry finds its own work done')
    assert.equal((await hand().verify(params, plan, again, context())).ok, true)
    assert.equal((await hand().plan(params, context())).nothingToDo, true)

    const wider = { ...params, inTransaction: true }
    const second = await hand().plan(wider, context())
    assert.deepEqual(plannedPids(second), [open.pid])
    await hand().run(wider, second, context())
    await server.sql('select pg_cancel_backend($1)', [activePid])
    await sleeping
  })

  it('is planned in the words that people approved while sessions come and go, and in its own where they lie', async () => {
    const [gone, used, left] = [await idle('shodo'), await idle('shodo'), await idle('shodo')]
    const approved = await hand().plan(params, context())
    await gone.client.end()
    await used.client.query('select 1')
    await reaches(used.pid, 'idle')
    const later = await idle('shodo')
    assert.ok(differenceOf(approved, await hand().plan(params, context())), 'another list by now')
    assert.equal(differenceOf(approved, await hand().plan(params, context(), approved)), undefined)

    // Whoever is idle for a moment only is not meant by those words.
    const old = { ...params, olderThan: 3_600_000 }
    const none = await hand().plan(old, context())
    const lie = { ...none, change: approved.change }
    assert.ok(differenceOf(lie, await hand().plan(old, context(), lie)))
    const active = { ...approved, change: { ...(approved.change as object), states: ['active'] } }
    assert.ok(differenceOf(active, await hand().plan(params, context(), active)))
    const done = await hand().run(params, approved, context())
    assert.deepEqual(done.after, { ended: [left.pid], gone: [gone.pid], spared: [used.pid] })
    assert.deepEqual(await alive([later.pid]), [later.pid])
    assert.equal(differenceOf(approved, await hand().plan(params, context(), approved)), undefined, 'a retry')
  })

  it('spares a session that was used between plan and run, and one that got the number of another', async () => {
    const used = await idle('shodo')
    const reused = await idle('shodo')
    const left = await idle('shodo')
    const plan = await hand().plan(params, context())
    assert.equal(plannedPids(plan).length, 3)
    await used.client.query('select 1')
    await reaches(used.pid, 'idle')
    const change = plan.change as { sessions: { pid: number; backendStart: string }[] }
    const asIfReused: Plan = {
      ...plan,
      change: {
        ...(plan.change as object),
        sessions: change.sessions.map((s) =>
          s.pid === reused.pid ? { ...s, backendStart: s.backendStart.replace(/^\d{4}/, '2001') } : s,
        ),
      } as Plan['change'],
    }
    const done = await hand().run(params, asIfReused, context())
    assert.deepEqual(done.after, { ended: [left.pid], gone: [reused.pid], spared: [used.pid] })
    assert.match(
      done.says.en,
      /1 connection terminated, 1 was already gone; 1 became active in the meantime and was left alone/,
    )
    assert.equal((await hand().verify(params, asIfReused, done, context())).ok, true)
    assert.deepEqual((await alive([used.pid, reused.pid])).sort(), [used.pid, reused.pid].sort())
  })

  it('takes the longest idle first, those old enough, and not more than its limit', async () => {
    const old = await idle('shodo')
    await until(
      async () =>
        (
          await server.sql(
            "select now() - state_change > interval '3 s' as old from pg_stat_activity where pid = $1",
            [old.pid],
          )
        )[0]?.old,
      { what: 'three seconds of idleness', withinMs: 10_000 },
    )
    const young = await idle('shodo')
    const aged = await hand().plan({ ...params, olderThan: 2_500 }, context())
    assert.deepEqual(plannedPids(aged), [old.pid])
    const limited = await hand().plan({ ...params, limit: 1 }, context())
    assert.deepEqual(plannedPids(limited), [old.pid])
    assert.deepEqual(plannedPids(await hand().plan(params, context())), [old.pid, young.pid])
  })

  it('refuses a role that may not look or may not terminate, naming the right it needs', async () => {
    await idle('shodo')
    const blind = handsTo(server.port, { user: 'blind' })['postgres.terminate-idle']
    assert.match(await refused(blind.plan(params, context()), 'database-refused'), /pg_monitor/)
    await server.sql('grant pg_monitor to blind')
    assert.match(await refused(blind.plan(params, context()), 'database-refused'), /pg_signal_backend/)
    await server.sql('revoke pg_monitor from blind')
  })

  it('refuses when the connection leads to another database than planned', async () => {
    const { pid } = await idle('shodo')
    const plan = await hand().plan(params, context())
    const moved = handsTo(server.port, { database: 'other' })['postgres.terminate-idle']
    await refused(moved.run(params, plan, context()), 'target-changed')
    assert.deepEqual(await alive([pid]), [pid])
  })

  it('works when every slot is taken, through the reserved role, and only then', async () => {
    const takers: pg.Client[] = []
    for (let i = 0; i < server.slots - 3; i++) takers.push(await server.connect('shodo'))
    const reason = await refused(hand().plan(params, context()), 'database-full')
    assert.match(reason, /remaining connection slots are reserved.*53300/)
    const allowed = handsTo(server.port, reserved)
    const reading = await allowed['postgres.connections']({ ...params, idleAfter: 600_000 }, context())
    assert.deepEqual(
      reading.findings.map(({ code }) => code),
      ['connections-exhausted'],
    )
    const step = allowed['postgres.terminate-idle']
    const plan = await step.plan(params, context())
    assert.equal(plannedPids(plan).length, server.slots - 3)
    const done = await step.run(params, plan, context())
    assert.equal((await step.verify(params, plan, done, context())).ok, true)
    assert.equal((await hand().plan(params, context())).nothingToDo, true, 'the usual role gets in again')
  })
})
