import assert from 'node:assert/strict'
import { openCluster, type Server } from './cluster.ts'
import { describeWithPostgres } from './programs.ts'
import { context, factsOf, handsTo, refused } from './reach.ts'

const connection = 'postgres-primary'
const [since, until] = ['2026-11-30T01:00:00.000Z', '2026-11-30T02:00:00.000Z']

describeWithPostgres('a count by SQL', (programs) => {
  let server: Server
  before(async function () {
    this.timeout(120_000)
    server = await openCluster(programs)
    await server.sql(
      `create table orders (customer text, placed timestamptz, local timestamp, day date);
       insert into orders select 'customer ' || i % 5, '2026-11-30 00:50+00'::timestamptz + i * interval '1 min',
         '2026-11-30 00:50'::timestamp + i * interval '1 min', '2026-11-30' from generate_series(1, 30) i`,
      [],
      'shodo',
    )
  })
  after(() => server?.close())
  afterEach(() => server?.disconnectAll())

  const count = (sql: string, span: object = { since, until }) =>
    handsTo(server.port)['postgres.count']({ connection, sql, ...span }, context())

  it('answers the one number, and keeps the statement and the time it was asked of', async () => {
    const sql = 'select count(distinct customer) from orders, incident where placed between since and until'
    const read = await count(sql)
    assert.deepEqual(factsOf(read), { connection, sql, since, until, count: 5 })
    const early = await count(sql, { since: '2026-11-29T00:00:00Z', until: '2026-11-30T00:53:00Z' })
    assert.equal(factsOf(early).count, 3)
  })

  it('takes dates and times without a zone, a WITH, and a comment at the end', async () => {
    for (const [sql, expected] of [
      ["select count(*) from orders, incident where local at time zone 'UTC' >= since", 21],
      ['select count(*) from orders, incident where day = until::date', 30],
      ['with few as (select 1 from orders limit 7) select count(*) from few -- few', 7],
    ] as const)
      assert.equal(factsOf(await count(sql)).count, expected, sql)
  })

  it('takes nothing else for a count: no row, a text, a negative number, half a user', async () => {
    for (const sql of [
      'select 1 where false',
      "select 'many'",
      'select -1',
      'select 1.5',
      'select count(*), 1 from orders',
    ])
      await refused(count(sql), 'database-refused')
  })

  it('only reads', async () => {
    assert.match(
      await refused(count('with gone as (delete from orders returning 1) select 1'), 'database-refused'),
      /./,
    )
    assert.match(await refused(count("select nextval('none')"), 'database-refused'), /./)
    assert.equal(factsOf(await count('select count(*) from orders')).count, 30)
  })

  it('counts the last hour where no time is given', async () => {
    const { since: from, until: to } = factsOf(await count('select 1', {}))
    assert.equal(Date.parse(String(to)) - Date.parse(String(from)), 3_600_000)
  })
})
