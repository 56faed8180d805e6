import assert from 'node:assert/strict'
import { z } from 'zod'
import type { PostgresSettings } from '../../../activities/connections-file.ts'
import { inSavepoint } from '../../../activities/postgres/check-session.ts'
import { postgresAt } from '../../../activities/postgres/client.ts'
import { type ChecksWithin, runChecks } from '../../../activities/postgres/data-checks.ts'
import { withPulse } from '../../../activities/pulse.ts'
import { type CheckResult, dataChecks } from '../../../domain/restore/checks.ts'
import { type Json, said } from '../../../domain/words.ts'
import { hasExtension } from '../../../lab/databases/programs.ts'
import { until } from '../../../lab/waiting.ts'
import { openCluster, openReplica, type Server } from './cluster.ts'
import { describeWithPostgres } from './programs.ts'
import { codesOf, connectionsTo, context, factsOf, handsTo, refused, reserved } from './reach.ts'

type Given = z.input<typeof dataChecks>

/** 2026-11-30 12:00 in UTC. */
const noon = Date.UTC(2026, 10, 30, 12)

const schema = `
  create table customers (id int primary key, name text not null);
  insert into customers select i, 'customer ' || i from generate_series(1, 10) i;
  create table orders (id bigint primary key, customer int references customers, amount numeric, placed timestamptz,
    local timestamp);
  insert into orders select i, i % 10 + 1, i * 1.5, '2026-11-30 11:50+00', '2026-11-30 20:50' from generate_series(1, 100) i;
  create table plans (id int, due timestamptz);
  insert into plans values (1, '2027-01-01');
  create table "Leer" (id int, at timestamptz);
  create sequence counter;
  create schema sales;
  create table sales.regions (country text, "odd name" text, primary key (country, "odd name")) partition by list (country);
  create table sales.regions_jp partition of sales.regions for values in ('jp');
  create table sales.shops (id int, country text, region text,
    constraint "shop's region" foreign key (country, region) references sales.regions match full) partition by range (id);
  create table sales.shops_1 partition of sales.shops for values from (0) to (100);
  insert into sales.regions values ('jp', 'kansai');
  insert into sales.shops values (1, 'jp', 'kansai'), (2, null, null);
  create table parent (id int primary key);
  create table child (id int, parent int);
  insert into child values (1, 1), (2, null), (3, 7);
  alter table child add constraint child_parent foreign key (parent) references parent not valid;
  create table hidden (id int);
  insert into hidden select generate_series(1, 5);
  alter table hidden enable row level security;
  create policy few on hidden using (id = 1);
  create function tax(numeric) returns numeric immutable language sql as 'select $1 * 1.08';
  create table taxed (id int primary key, amount numeric);
  create index taxed_tax on taxed (tax(amount));
  insert into taxed select i, i from generate_series(1, 50) i;`

describeWithPostgres('checks of data', (programs) => {
  let server: Server
  const hasAmcheck = hasExtension(programs, 'amcheck')
  before(async function () {
    this.timeout(120_000)
    server = await openCluster(programs, ['wal_level=replica'])
    await server.sql(schema, [], 'shodo')
    if (hasAmcheck) {
      await server.sql('create schema "Werkzeug"; create extension amcheck schema "Werkzeug"', [], 'shodo')
      await server.sql('grant usage on schema "Werkzeug" to hikeshi', [], 'shodo')
      await server.sql(
        'grant execute on function "Werkzeug".bt_index_check(regclass, boolean) to hikeshi',
        [],
        'shodo',
      )
    }
  })
  after(() => server?.close())
  afterEach(() => server?.disconnectAll())

  type More = {
    readonly at?: number
    readonly within?: ChecksWithin
    readonly as?: Partial<PostgresSettings>
  }

  function check(checks: Given, { at = noon, within, as }: More = {}, port = server.port) {
    const postgres = postgresAt(connectionsTo(port, as), { connectMs: 2_500, readMs: 30_000, changeMs: 1 })
    return postgres.read({
      connection: 'postgres-primary',
      context: context(),
      ask: (session) => runChecks(session, dataChecks.parse(checks), at, within),
    })
  }
  const shown = (results: readonly CheckResult[]) =>
    results.map(({ name, status, says }) => `${name} ${status}: ${says.en}`)
  /** The outcome of a single one. */
  const of = async (...args: Parameters<typeof check>) =>
    (shown(await check(...args))[0] ?? '').replace(/^\S+ /, '')
  const sql = (text: string, expect: unknown = 1) => [{ name: 'a', sql: text, expect }] as Given

  const allShapes: Given = [
    { name: 'total', sql: 'select sum(amount) from orders', expect: 7_575 },
    { name: 'orders', rows: 'orders', atLeast: 100, atMost: 100 },
    { name: 'recent', fresh: 'orders', column: 'placed', within: '15m' },
    ...(hasAmcheck ? [{ name: 'indexes', indexes: 'orders' }] : []),
    { name: 'links', foreignKeys: 'orders' },
  ]
  const allOk = [
    'total ok: 7575.0',
    'orders ok: 100 rows',
    'recent ok: newest 2026-11-30T11:50:00.000Z',
    ...(hasAmcheck ? ['indexes ok: 2 indexes'] : []),
    'links ok: 1 foreign key',
  ]

  it('of all five shapes hold where the data is whole, in one read-only transaction', async () => {
    assert.deepEqual(shown(await check(allShapes)), allOk)
  })

  describe('with SQL of the runbook', () => {
    it('compare numbers by value, texts and truth values as they are', async () => {
      const ok: readonly (readonly [string, unknown])[] = [
        ['select 10.50', 10.5],
        ['select count(*) from orders', { atLeast: 100 }],
        ['select 9007199254740993', '9007199254740993'],
        ['select 12345678901234567890.5', { atLeast: 5 }],
        ['select -0.5::float8', { atLeast: -1, atMost: 0 }],
        ['select bool_and(amount > 0) from orders', true],
        [`select '墨' || name from customers where id = 3 -- the third;`, '墨customer 3'],
        ['with x as (select 1 as one) select one from x;', 1],
        ['values (1)', 1],
        [`select ';'::text /* ; */;`, ';'],
      ]
      for (const [text, expect] of ok) assert.match(await of(sql(text, expect)), /^ok: /, text)
      const bad: readonly (readonly [string, unknown, string])[] = [
        ['select 3', { atLeast: 4 }, 'expected at least 4; found 3'],
        ['select 3', { atMost: 2 }, 'expected at most 2; found 3'],
        ['select 3', { atLeast: 4, atMost: 5 }, 'expected 4 to 5; found 3'],
        [
          'select 9007199254740993',
          9_007_199_254_740_991,
          'expected 9007199254740991; found 9007199254740993',
        ],
        [`select 'NaN'::float8`, { atLeast: 0 }, 'expected at least 0; found NaN'],
        ['select true', false, 'expected false; found true'],
        [`select 'b'`, 'a', 'expected "a"; found b'],
        [`select ''`, 'a', 'expected "a"; found ""'],
        ['select null', 1, 'expected 1; found no value (NULL or no row)'],
        ['select id from orders where false', 1, 'expected 1; found no value (NULL or no row)'],
      ]
      for (const [text, expect, says] of bad)
        assert.equal(await of(sql(text, expect)), `failed: ${says}`, text)
    })

    it('show a long value in part and take it for nothing that was expected', async () => {
      const says = await of(sql(`select repeat('x', 100000000)`, 'x'))
      assert.match(says, /^failed: expected "x"; found x{199}…$/)
      assert.match(await of(sql(`select repeat('9', 2000)`, { atLeast: 1 })), /^failed: /)
    })

    it('say in the server’s words why they could not run, and spoil none of the others', async () => {
      const bad: readonly (readonly [string, RegExp])[] = [
        ['select 1, 2', /subquery must return only one column \(42601\)$/],
        ['select id from orders', /more than one row returned .* \(21000\)$/],
        ['select count(*) from nowhere', /relation "nowhere" does not exist \(42P01\)$/],
        ['select 1 +', /syntax error .* \(42601\)$/],
        ['select 1 / 0', /division by zero \(22012\)$/],
        ['select count(*) from hidden', /row-level security .* \(42501\)$/],
      ]
      const checks = bad.map(([text], i) => ({ name: `bad-${i}`, sql: text, expect: 1 }))
      const results = await check([...checks, { name: 'good', sql: 'select 1', expect: 1 }])
      for (const [i, [text, says]] of bad.entries()) {
        assert.equal(results[i]?.status, 'not-run', text)
        assert.match(results[i]?.says.en ?? '', says)
      }
      assert.equal(results.at(-1)?.status, 'ok')
    })

    it('are one statement for the server too, whatever hides it, and never leave the transaction', async () => {
      const hiding = `select 1)::text, 9) as one /* /* */ ' */; commit; select pg_catalog.left((select 1 -- '`
      const results = await check([
        { name: 'hiding', sql: hiding, expect: 1 },
        { name: 'state', sql: `select current_setting('transaction_read_only')`, expect: 'on' },
      ])
      assert.deepEqual(shown(results), [
        'hiding not-run: cannot insert multiple commands into a prepared statement (42601)',
        'state ok: on',
      ])
    })

    it('write nothing, and change nothing for the next one', async () => {
      const refusedBy: readonly (readonly [string, RegExp])[] = [
        [`select set_config('transaction_read_only', 'off', true)`, /cannot set transaction read-write mode/],
        [
          `with x as (insert into customers values (99, 'x') returning 1) select count(*) from x`,
          /data-modifying/,
        ],
        ['select 1 into evil', /INTO|read-only/],
        ['select id from orders limit 1 for update', /read-only transaction/],
        [`select nextval('counter')`, /permission denied|read-only transaction/],
        [`select lo_import('/etc/hostname')::text`, /permission denied/],
        [`select pg_read_file('/etc/hostname')`, /permission denied/],
      ]
      for (const user of ['hikeshi', 'admin'])
        for (const [text, says] of refusedBy)
          assert.match(await of(sql(text), { as: { user } }), says, `${user}: ${text}`)
      const results = await check([
        { name: 'time', sql: `select set_config('statement_timeout', '0', false)`, expect: '0' },
        { name: 'path', sql: `select set_config('search_path', 'sales', false)`, expect: 'sales' },
        { name: 'role', sql: `select set_config('role', 'none', false)`, expect: 'none' },
        {
          name: 'large',
          sql: `select 1)::text, 9) as more, pg_catalog.left((select lo_create(4711)`,
          expect: 4711,
        },
        { name: 'who', sql: 'select current_user', expect: 'pg_read_all_data' },
        {
          name: 'where',
          sql: `select current_setting('search_path')`,
          expect: 'pg_catalog, public, pg_temp',
        },
        { name: 'long', sql: `select current_setting('statement_timeout') <> '0'`, expect: true },
      ])
      assert.deepEqual(
        new Set(results.map(({ status }) => status)),
        new Set(['ok']),
        shown(results).join('\n'),
      )
      const [left] = await server.sql('select count(*)::int as n from pg_largeobject_metadata', [], 'shodo')
      assert.equal(left?.n, 0)
    })

    it('have the rights of a reader, even where the role has more', async () => {
      const bystander = await server.connect('shodo')
      const { rows } = await bystander.query('select pg_backend_pid() as pid')
      for (const user of ['hikeshi', 'admin'])
        assert.match(
          await of(sql(`select pg_terminate_backend(${rows[0].pid})`), { as: { user } }),
          /^not-run: .*\(42501\)$/,
        )
      assert.equal((await bystander.query('select 1 as one')).rows[0].one, 1)
    })

    it('mean the server’s own function, also where public has one of the same name', async () => {
      await server.sql(
        `create function public.lower(text) returns text language sql as $$ select 'evil' $$`,
        [],
        'shodo',
      )
      assert.equal(await of(sql(`select lower('A')`, 'a')), 'ok: a')
    })

    it('read letters in whatever encoding the database keeps them', async () => {
      await server.sql(`create database kanji encoding 'EUC_JP' locale 'C' template template0`)
      await server.sql(`create table "注文" (id int)`, [], 'kanji')
      const as = { database: 'kanji' }
      const results = await check(
        [
          { name: 'letters', sql: `select '墨' || count(*) from "注文"`, expect: '墨0' },
          { name: 'table', rows: '注文', atMost: 0 },
          { name: 'wrong', sql: `select '文字'`, expect: '墨' },
        ],
        { as },
      )
      assert.deepEqual(shown(results), [
        'letters ok: 墨0',
        'table ok: 0 rows',
        'wrong failed: expected "墨"; found 文字',
      ])
    })
  })

  describe('of a table', () => {
    it('count its rows between bounds', async () => {
      const rows = (table: string, bounds: object) => of([{ name: 'a', rows: table, ...bounds }])
      assert.equal(await rows('orders', { atLeast: 101 }), 'failed: expected at least 101; found 100 rows')
      assert.equal(await rows('orders', { atMost: 99 }), 'failed: expected at most 99; found 100 rows')
      assert.equal(await rows('sales.shops', { atLeast: 2 }), 'ok: 2 rows')
      assert.equal(await rows('Leer', { atMost: 0 }), 'ok: 0 rows')
      assert.match(await rows('hidden', { atLeast: 1 }), /^not-run: .*row-level security/)
    })

    it('fail where it does not exist: that is seen', async () => {
      const checks: Given = [
        { name: 'rows', rows: 'leer', atMost: 5 },
        { name: 'fresh', fresh: 'sales.gone', column: 'x', within: '1h' },
        { name: 'indexes', indexes: 'gone' },
        { name: 'links', foreignKeys: 'gone' },
      ]
      assert.deepEqual(shown(await check(checks)), [
        'rows failed: the table public.leer does not exist',
        'fresh failed: the table sales.gone does not exist',
        'indexes failed: the table public.gone does not exist',
        'links failed: the table public.gone does not exist',
      ])
    })

    it('see every row only as a role that may: with bypassrls it stays itself', async () => {
      await server.sql(
        `create role seer login bypassrls password 'correct-horse-battery'; grant pg_read_all_data to seer`,
      )
      assert.equal(
        await of([{ name: 'a', rows: 'hidden', atLeast: 5 }], { as: { user: 'seer' } }),
        'ok: 5 rows',
      )
    })

    it('say what the role may not read', async () => {
      assert.match(
        await of([{ name: 'a', rows: 'orders', atLeast: 1 }], { as: { user: 'blind' } }),
        /^not-run: permission denied for table orders \(42501\)$/,
      )
    })

    it('measure its newest time against the moment they are given', async () => {
      const fresh = (table: string, column: string, within: string, at = noon) =>
        of([{ name: 'a', fresh: table, column, within }], { at })
      assert.equal(await fresh('orders', 'placed', '10m'), 'ok: newest 2026-11-30T11:50:00.000Z')
      assert.equal(
        await fresh('orders', 'placed', '9m'),
        'failed: expected a newest value at most 9m old; found 2026-11-30T11:50:00.000Z, 10m old',
      )
      // The clock of whoever wrote it may be a little fast; a target before the newest row is another matter.
      assert.match(await fresh('orders', 'placed', '10m', noon - 12 * 60_000), /^ok: /)
      assert.match(await fresh('orders', 'placed', '1h', noon - 16 * 60_000), /^failed: .*, 6m ahead/)
      assert.match(
        await fresh('plans', 'due', '1h'),
        /^failed: .* ahead: a time to come, or of another time zone$/,
      )
      assert.match(await fresh('Leer', 'at', '1h'), /^failed: .*; found no value/)
      assert.match(await fresh('orders', 'gone', '1h'), /^not-run: column "gone" does not exist \(42703\)$/)
      assert.match(await fresh('orders', 'id', '1h'), /^not-run: cannot cast type bigint/)
    })

    it('take a time without zone for one of the database’s own', async () => {
      const local: Given = [{ name: 'a', fresh: 'orders', column: 'local', within: '15m' }]
      assert.match(await of(local), /^failed: .* 8h50m ahead/)
      await server.sql(`alter database shodo set timezone = 'Asia/Tokyo'`)
      assert.equal(await of(local), 'ok: newest 2026-11-30T11:50:00.000Z')
      await server.sql('alter database shodo reset timezone')
    })

    it('find the rows that point to nothing, of every foreign key', async () => {
      const keys = (table: string) => of([{ name: 'a', foreignKeys: table }])
      assert.equal(await keys('child'), 'failed: child_parent: 2 rows without a row in public.parent')
      assert.equal(await keys('parent'), 'not-run: there is no foreign key to check')
      assert.equal(await keys('sales.shops'), 'ok: 1 foreign key')
      await server.sql(
        `set session_replication_role = replica; insert into sales.shops values (3, 'jp', 'kanto'), (4, 'jp', null)`,
        [],
        'shodo',
      )
      assert.equal(await keys('sales.shops'), "failed: shop's region: 2 rows without a row in sales.regions")
      assert.equal(
        await keys('sales.shops_1'),
        "failed: shop's region: 2 rows without a row in sales.regions",
      )
    })

    it('compare keys as PostgreSQL does, whatever their type', async function () {
      if (!hasExtension(programs, 'citext')) this.skip()
      await server.sql(
        `create extension citext;
         create table users (mail citext primary key); create table logins (mail citext references users);
         insert into users values ('A@example.com'); insert into logins values ('a@example.com');
         create table codes (code text collate "C" primary key); create table uses (code text collate "POSIX" references codes);
         insert into codes values ('x'); insert into uses values ('x')`,
        [],
        'shodo',
      )
      assert.equal(await of([{ name: 'a', foreignKeys: 'logins' }]), 'ok: 1 foreign key')
      assert.equal(await of([{ name: 'a', foreignKeys: 'uses' }]), 'ok: 1 foreign key')
    })
  })

  describe('of indexes', () => {
    before(function () {
      if (!hasAmcheck) this.skip()
    })
    const indexes = (table: string, more: More = {}) => of([{ name: 'a', indexes: table }], more)

    it('hold for a table with its partitions and what is stored out of line', async () => {
      assert.equal(await indexes('customers'), 'ok: 2 indexes')
      assert.equal(await indexes('sales.regions'), 'ok: 2 indexes')
      assert.equal(await indexes('plans'), 'not-run: there is no B-tree index to check')
    })

    it('fail where one does not fit the rows of its table', async () => {
      assert.equal(await indexes('taxed'), 'ok: 3 indexes')
      await server.sql(
        `create or replace function tax(numeric) returns numeric immutable language sql as 'select $1 * 1.1'`,
        [],
        'shodo',
      )
      assert.match(
        await indexes('taxed'),
        /^failed: heap tuple .* lacks matching index tuple within index "taxed_tax" \(XX/,
      )
    })

    it('say what is missing to run', async () => {
      assert.match(
        await indexes('orders', { as: { user: 'shodo' } }),
        /^not-run: .*grant execute on function bt_index_check/,
      )
      await server.sql('create table t (id int primary key)', [], 'other')
      assert.match(await indexes('t', { as: { database: 'other' } }), /^not-run: .*create extension amcheck$/)
    })
  })

  describe('in time', () => {
    it('end a check that takes too long, and say what was never begun', async () => {
      const slow = (name: string) => ({ name, sql: 'select count(pg_sleep(60))', expect: '' })
      const results = await check(
        [slow('one'), { name: 'two', sql: 'select 1', expect: 1 }, slow('three'), slow('four')],
        {
          within: { eachMs: 1_000, allMs: 1_700 },
        },
      )
      assert.deepEqual(
        results.map(({ status }) => status),
        ['not-run', 'ok', 'not-run', 'not-run'],
      )
      assert.match(results[0]?.says.en ?? '', /^no answer within 1s; .*statement timeout/)
      assert.match(results[3]?.says.en ?? '', /^no time left: all checks together have 2s$/)
    })

    it('share the time of one check among all that it asks', async () => {
      const postgres = postgresAt(connectionsTo(server.port))
      const work = postgres.read({
        connection: 'postgres-primary',
        context: context(),
        ask: (session) =>
          inSavepoint(session, { withinMs: 1_000, role: undefined }, async ({ rows }) => {
            for (let i = 0; i < 2; i++) await rows(z.unknown(), 'select pg_sleep(0.7)')
          }),
      })
      assert.match(await refused(work, 'no-answer'), /statement timeout/)
    })

    it('end with the work, on the server too, and tell how far they are', async () => {
      const stop = new AbortController()
      const beats: Json[] = []
      const work = withPulse({ signal: stop.signal, beat: (detail) => beats.push(detail) }, () =>
        check([
          { name: 'one', sql: 'select 1', expect: 1 },
          { name: 'two', sql: 'select count(pg_sleep(60))', expect: '' },
        ]),
      )
      const sleeping = async () =>
        (
          await server.sql(
            `select pid from pg_stat_activity where query like '%pg_sleep(60)%' and state = 'active' and pid <> pg_backend_pid()`,
          )
        ).length
      await until(async () => (await sleeping()) === 1, { what: 'it to sleep', withinMs: 10_000 })
      stop.abort(new Error('enough'))
      await assert.rejects(work, /enough/)
      await until(async () => (await sleeping()) === 0, { what: 'it to end', withinMs: 10_000 })
      assert.deepEqual(beats, [
        { at: 'one', done: 0, of: 2 },
        { at: 'two', done: 1, of: 2 },
      ])
    })

    it('fail altogether where the server is gone in the middle', async () => {
      const gone = check([
        { name: 'one', sql: 'select count(pg_sleep(60))', expect: '' },
        { name: 'two', sql: 'select 1', expect: 1 },
      ])
      const ended = refused(gone, 'database-unreachable')
      await until(
        async () => {
          const hits = await server.sql(
            `select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(60)%' and pid <> pg_backend_pid()`,
          )
          return hits.length > 0
        },
        { what: 'it to be there', withinMs: 10_000 },
      )
      await ended
    })
  })

  it('hold on a replica whose recovery is paused, as a restored copy stands there', async function () {
    this.timeout(120_000)
    const replica = await openReplica(programs, server)
    try {
      await replica.sql('select pg_wal_replay_pause()')
      assert.deepEqual(shown(await check(allShapes, {}, replica.port)), allOk)
    } finally {
      await replica.close()
    }
  })

  describe('as the step postgres.verify-data', () => {
    const step = (checks: Given, as: Partial<PostgresSettings> = {}) =>
      handsTo(server.port, as)['postgres.verify-data'](
        { connection: 'postgres-primary', checks: dataChecks.parse(checks) },
        { ...context(), nowMs: noon },
      )

    it('find nothing where all hold', async () => {
      const reading = await step(allShapes)
      assert.deepEqual(
        [codesOf(reading), factsOf(reading).ok, reading.partial],
        [[], allOk.length, undefined],
      )
    })

    it('find what failed, and apart from it what could not run', async () => {
      const reading = await step([
        { name: 'good', sql: 'select 1', expect: 1 },
        { name: 'orders-there', rows: 'orders', atLeast: 500 },
        { name: 'typo', sql: 'select count(*) from order', expect: 1 },
      ])
      assert.deepEqual(
        reading.findings.map(({ code, subject, says, evidence }) => [
          code,
          subject,
          says.en,
          evidence.map((line) => said(line).en),
        ]),
        [
          [
            'data-check-failed',
            'postgres/postgres-primary',
            '1 of 3 data checks of postgres-primary failed',
            ['orders-there: expected at least 500; found 100 rows'],
          ],
          [
            'data-check-not-run',
            'postgres/postgres-primary',
            '1 of 3 data checks of postgres-primary was not run',
            ['typo: syntax error at or near "order" (42601)'],
          ],
        ],
      )
      const { ok, failed, notRun } = factsOf(reading)
      assert.deepEqual([ok, failed, notRun, reading.partial], [1, 1, 1, true])
      assert.match(said(reading.text).en, /^CHECK +STATUS +SAYS\ngood +ok +1\norders-there +failed +expected/)
      assert.match(said(reading.text).ja, /期待: 500 以上の行数。実際: 100 行/)
    })

    it('never go by a reserved role or the pod, which lead to a superuser', async () => {
      for (let i = 0; i < server.slots - 3; i++) await server.connect('shodo')
      await refused(step(allShapes, reserved), 'database-full')
    })
  })
})
