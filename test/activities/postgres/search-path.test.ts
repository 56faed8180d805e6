/**
 * The owner of a database, and whoever may create in a schema of its path, can put functions and operators of their own beside those
 * of PostgreSQL. None of them may ever run as hikeshi, nor as the superuser in the server's pod.
 */
import assert from 'node:assert/strict'
import type { Connections } from '../../../activities/connections-file.ts'
import type { Kubernetes } from '../../../activities/kubernetes/api/client.ts'
import { postgresAt } from '../../../activities/postgres/client.ts'
import { postgresHands } from '../../../activities/postgres/index.ts'
import { serverAt } from '../../../activities/postgres/server.ts'
import type { ChangeHand, ReadHand } from '../../../domain/steps/contract.ts'
import { postgresSteps } from '../../../domain/steps/postgres.ts'
import { openCluster, type Server } from './cluster.ts'
import { podsBeside } from './pods-beside.ts'
import { describeWithPostgres, hasStatements } from './programs.ts'
import { connectionsTo, context } from './reach.ts'

const kinds = Object.keys(postgresSteps) as (keyof typeof postgresSteps)[]

/** Each plain function of PostgreSQL once more, and each view and table that steps read: they tell of themselves by failing. */
const shadows = `
  create schema evil authorization shodo;
  set search_path = pg_catalog;
  do $do$
  declare f record;
  begin
    for f in
      select p.proname, pg_get_function_identity_arguments(p.oid) as args, pg_get_function_result(p.oid) as result
      from pg_proc p
      where p.pronamespace = 'pg_catalog'::regnamespace and p.prokind = 'f' and not p.proretset and p.pronargs < 4
        and p.prorettype not in (select oid from pg_type where typtype = 'p')
        and not exists (select from unnest(p.proargtypes) t join pg_type y on y.oid = t where y.typtype = 'p')
        and p.provariadic = 0 and (p.proname ~ '^(now|clock_timestamp|left|to_char|current_setting|pg_|has_|host|concat|extract|date_part|coalesce|greatest|substring|textsend|version|inet_|timezone|float8|text)')
    loop
      begin
        execute format('create function evil.%I(%s) returns %s language plpgsql as %L', f.proname,
          regexp_replace(f.args, '(OUT|INOUT) ', '', 'g'), f.result, 'begin raise exception ''evil ran as %'', current_user; end');
      exception when others then null;
      end;
    end loop;
    for f in select viewname as name from pg_views where schemaname = 'pg_catalog' and viewname ~ '^pg_(stat_|roles|settings|replication)' loop
      execute format('create view evil.%I as select * from pg_catalog.%I where evil.now() is null', f.name, f.name);
    end loop;
  end $do$`

/** Operators for pairs of types that PostgreSQL has none for: they fit better than its own, wherever they lie. */
const betterFits = `
  do $do$
  declare l text; r text; o text; v text;
  begin
    foreach l in array array['numeric','int4','int8','float8','text','name','interval','oid'] loop
      foreach r in array array['numeric','int4','int8','float8','text','name','interval'] loop
        v := case when 'interval' in (l, r) then 'interval' else 'float8' end;
        foreach o in array array['*','+','-','/','||','=','<','>','<=','>=','<>'] loop
          begin
            execute format('create function public.evil_op(%s, %s) returns %s language plpgsql as %L', l, r, v,
              'begin raise exception ''evil ran as %'', current_user; end');
          exception when others then null;
          end;
          begin
            if not exists (select from pg_catalog.pg_operator where oprname = o and oprleft = l::regtype and oprright = r::regtype) then
              execute format('create operator public.%s (leftarg = %s, rightarg = %s, function = public.evil_op)', o, l, r);
            end if;
          exception when others then null;
          end;
        end loop;
      end loop;
    end loop;
  end $do$`

describeWithPostgres('what others put beside PostgreSQL’s own functions', (programs) => {
  let server: Server
  before(async function () {
    this.timeout(120_000)
    server = await openCluster(programs)
    if (hasStatements(programs)) await server.sql('create extension pg_stat_statements', [], 'shodo')
    await server.sql(shadows, [], 'shodo')
    await server.sql('grant usage on schema evil to public', [], 'shodo')
    await server.sql('grant select on all tables in schema evil to public', [], 'shodo')
    await server.sql(betterFits, [], 'shodo')
    await server.sql('alter database shodo set search_path = evil, public, pg_catalog')
  })
  after(() => server?.close())
  afterEach(() => server?.disconnectAll())

  /** Every stage of every step that asks PostgreSQL, one after the other; and who it is, as the step over two systems asks. */
  async function everyStep(connections: Connections, kubernetes?: Kubernetes, but: readonly string[] = []) {
    const hands = postgresHands(connections, undefined, kubernetes)
    await serverAt(postgresAt(connections, undefined, kubernetes), 'postgres-primary', context())
    for (const kind of kinds.filter((name) => !but.includes(name))) {
      const params = postgresSteps[kind].params.parse({
        connection: 'postgres-primary',
        ...(kind === 'postgres.access' ? { steps: kinds } : {}),
        ...(kind === 'postgres.terminate-idle' ? { olderThan: 0 } : {}),
      })
      const hand = hands[kind] as unknown as ReadHand<unknown> | ChangeHand<unknown>
      if (typeof hand === 'function') {
        await hand(params, context())
        continue
      }
      const plan = await hand.plan(params, context())
      const done = await hand.run(params, plan, context())
      await hand.verify(params, plan, done, context())
    }
  }

  it('lies in wait for whoever asks without care', async () => {
    const careless = await server.connect('hikeshi')
    for (const sql of [
      'select now()',
      'select * from pg_stat_activity',
      'select extract(epoch from pg_catalog.now()) * 1000',
    ])
      await assert.rejects(careless.query(sql), /evil ran as hikeshi/, sql)
  })

  it('never runs as hikeshi, whatever step asks', async () => {
    await everyStep(connectionsTo(server.port))
  })

  it('never runs in a check of data that hikeshi words itself', async () => {
    await server.sql(
      'create table public.items (id int primary key, next int references items, at timestamptz)',
      [],
      'shodo',
    )
    await server.sql('insert into public.items values (1, 1, pg_catalog.now())', [], 'shodo')
    const reading = await postgresHands(connectionsTo(server.port))['postgres.verify-data'](
      {
        connection: 'postgres-primary',
        checks: [
          { name: 'rows', rows: 'items', atLeast: 1 },
          { name: 'fresh', fresh: 'items', column: 'at', within: 600_000 },
          { name: 'links', foreignKeys: 'items' },
        ],
      },
      context(),
    )
    assert.deepEqual(reading.findings, [])
  })

  it('never runs as the superuser in the server’s pod', async () => {
    for (let i = 0; i < server.slots - 3; i++) await server.connect('shodo')
    const pod = { name: 'postgres-primary-0', user: 'admin' }
    const { kubernetes } = podsBeside([{ name: pod.name, server }])
    // The one that looks what the role may do never goes by the pod.
    await everyStep(connectionsTo(server.port, { pod }), kubernetes, ['postgres.access'])
  })
})
