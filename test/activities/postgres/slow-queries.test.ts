import assert from 'node:assert/strict'
import { shownQuery } from '../../../activities/postgres/query-text.ts'
import { said } from '../../../domain/words.ts'
import { until } from '../../../lab/waiting.ts'
import { openCluster, type Server } from './cluster.ts'
import { describeWithPostgres, hasStatements } from './programs.ts'
import { context, factsOf, handsTo } from './reach.ts'

describe('a query as it is shown', () => {
  it('is one line of at most 200 characters without its literals', () => {
    assert.equal(
      shownQuery("select 1\n  where a = 'it''s' and b = E'x\\'y' or c"),
      "select 1 where a = '…' and b = '…' or c",
    )
    assert.equal(shownQuery("alter role shodo password 'hunter2"), "alter role shodo password '…'")
    assert.equal(shownQuery('do $f$ select 1 $f$ language sql'), "do '…' language sql")
    assert.equal(shownQuery('select $1, $2\x1b[31m red'), 'select $1, $2 red')
    assert.equal([...shownQuery(`select ${'x'.repeat(500)}`)].length, 200)
  })
})

describeWithPostgres('reading slow queries', (programs) => {
  let server: Server
  before(async function () {
    this.timeout(120_000)
    server = await openCluster(programs)
  })
  after(() => server?.close())

  const params = { connection: 'postgres-primary', top: 3, runningOver: 0 }
  const read = (more = {}, other = {}) =>
    handsTo(server.port, more)['postgres.slow-queries']({ ...params, ...other }, context())
  type Listed = readonly {
    readonly database: string
    readonly query: string
    readonly calls: number
    readonly meanMs: number
  }[]

  it('is a sentence, not a failure, where the extension is missing', async () => {
    const reading = await read()
    assert.equal(factsOf(reading).statements, false)
    assert.match(said(reading.text).en, /pg_stat_statements is not installed in this database/)
  })

  it('shows what runs now, without what stands in its literals', async () => {
    const client = await server.connect('shodo')
    const sleeping = client.query("select pg_sleep(60), 'secret-of-a-customer'").catch(() => {})
    const reading = await until(
      async () => {
        const seen = await read()
        return (factsOf(seen).running as Listed).length === 1 && seen
      },
      { what: 'the query to run', withinMs: 10_000 },
    )
    assert.equal((factsOf(reading).running as Listed)[0]?.query, "select pg_sleep(60), '…'")
    assert.doesNotMatch(JSON.stringify(reading), /secret-of-a-customer/)
    await server.sql(
      "select pg_cancel_backend(pid) from pg_stat_activity where query like '%pg_sleep(60)%' and pid <> pg_backend_pid()",
    )
    await sleeping
    await client.end()
  })

  it('lists the slowest statements by mean and by total time with their database, in whatever schema they lie', async function () {
    if (!hasStatements(programs)) return this.skip()
    await server.sql('create schema "Statistik, neu"', [], 'shodo')
    await server.sql('create extension pg_stat_statements schema "Statistik, neu"', [], 'shodo')
    // Who may read all data may use every schema.
    await server.sql('revoke pg_read_all_data from hikeshi')
    const unseen = await read()
    assert.match(said(unseen.text).en, /may not use the schema/)
    await server.sql('grant pg_read_all_data to hikeshi')
    await server.sql('grant usage on schema "Statistik, neu" to public', [], 'shodo')
    const client = await server.connect('shodo')
    await client.query('select pg_sleep(0.2)')
    for (let i = 0; i < 5; i++) await client.query('select 1, pg_sleep(0.05)')
    await client.end()
    const facts = factsOf(await read({}, { top: 30 }))
    // Making the databases may have taken longer.
    const ofShodo = (listed: unknown) =>
      (listed as Listed).filter(({ database, query }) => {
        return database === 'shodo' && query.includes('pg_sleep')
      })
    const [byMean, byTotal] = [ofShodo(facts.byMean), ofShodo(facts.byTotal)]
    assert.equal(byMean[0]?.query, 'select pg_sleep($1)')
    assert.equal(byTotal[0]?.query, 'select $1, pg_sleep($2)')
    assert.ok(byTotal[0].calls === 5 && byTotal[0].meanMs >= 50)
    assert.equal((factsOf(await read()).byMean as Listed).length, 3)
  })

  it('shows what it can beside statements of databases with other encodings', async () => {
    await server.sql(
      "create database legacy encoding 'SQL_ASCII' template template0 lc_collate 'C' lc_ctype 'C'",
    )
    // é of Latin-1, which is no UTF-8.
    const cafe = Buffer.from('636166e9', 'hex').toString('latin1')
    const inLegacy = async (sql: string) => {
      const client = await server.connect('admin', 'legacy')
      await client.query("set client_encoding = 'LATIN1'")
      const connection = (client as unknown as { connection: { stream: { write: (data: Buffer) => void } } })
        .connection
      const text = Buffer.from(`${sql}\0`, 'latin1')
      const head = Buffer.alloc(5)
      head.write('Q')
      head.writeInt32BE(text.length + 4, 1)
      connection.stream.write(Buffer.concat([head, text]))
      return client
    }
    const running = await inLegacy(`select pg_sleep(60) as "${cafe}"`)
    const seen = await until(
      async () => {
        const reading = await read()
        const listed = factsOf(reading).running as Listed
        return listed.some(({ query }) => query.includes('pg_sleep(60) as "caf')) && reading
      },
      { what: 'the query to run', withinMs: 10_000 },
    )
    assert.ok(seen)
    await server.sql("select pg_terminate_backend(pid) from pg_stat_activity where datname = 'legacy'")
    await running.end().catch(() => {})
    if (!hasStatements(programs)) return
    const done = await inLegacy(`select 1 as "${cafe}"`)
    const broken = await until(
      async () => {
        const reading = await read({}, { top: 30 })
        return 'why' in factsOf(reading) && reading
      },
      { what: 'the statistics to hold the text', withinMs: 10_000 },
    )
    assert.equal(factsOf(broken).statements, true)
    assert.match(said(broken.text).en, /another encoding keeps PostgreSQL from returning the SQL/)
    assert.ok((factsOf(broken).byMean as Listed).every(({ query }) => /^query -?\d+$/.test(query)))
    await done.end().catch(() => {})
    await server.sql('drop database legacy with (force)')
    await server.sql('select "Statistik, neu".pg_stat_statements_reset()', [], 'shodo')
  })

  it("says that it sees nobody else's queries where the role may not", async function () {
    if (!hasStatements(programs)) return this.skip()
    const blind = await read({ user: 'blind' })
    assert.equal(factsOf(blind).seesAllQueries, false)
    assert.match(said(blind.text).en, /grant it pg_monitor/)
  })
})
