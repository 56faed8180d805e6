/**
 * Functions that a table's owner may have written and that the server would run when rows are read or added: in constraints, defaults, generated columns,
 * indexes, statistics, partition keys, domains and casts. A salvage connects as superuser, so it stays away from a table that brings any.
 */
import { z } from 'zod'
import type { Text } from '../../../domain/words.ts'
import { plainLine } from '../../../edge/plain-text.ts'
import { type Asks, json } from './salvage-session.ts'

/** As a server quotes them: `public.orders`, `public.email`. */
export type Where = { readonly tables: readonly string[]; readonly types: readonly string[] }

/** What of it is neither PostgreSQL's own nor an extension's; undefined where all of it is. */
export async function foreignCode(asks: Asks, where: Where): Promise<Text | undefined> {
  const found = await asks(
    z.array(z.string()),
    `select coalesce(json_agg(name), '[]') from (${code(where)}) f`,
  )
  if (found.length === 0) return undefined
  const shown = plainLine(found.join(', '), 200)
  return {
    en: `its constraints, defaults, indexes or types use ${shown}, which would run as superuser: replace them by functions of PostgreSQL`,
    ja: `制約・既定値・インデックス・型が ${shown} を使っており、スーパーユーザーとして実行されます。PostgreSQL 組み込みの関数に置き換えてください`,
  }
}

/** Ends the transaction where such code has come since it was asked for. */
export const noForeignCode = (where: Where) =>
  `select hikeshi_salvage.must(not exists (${code(where)}), 'a function came to the table')`

/** They change nothing and run nothing else, although the server does not call them immutable. */
const harmless = [
  'now',
  'transaction_timestamp',
  'statement_timestamp',
  'clock_timestamp',
  'timeofday',
  'random',
  'gen_random_uuid',
  'nextval',
  'currval',
  'lastval',
  'txid_current',
  'pg_current_xact_id',
  'pg_backend_pid',
  'inet_client_addr',
  'inet_server_addr',
  'current_database',
]
  .map((name) => `'${name}'`)
  .join(', ')

/** Their functions with these arguments read nothing but them. */
const plainTypes = `'{text,date,time,timetz,timestamp,timestamptz,interval,int4,int8,float8,numeric,bool}'::regtype[]`

/** A C function is written by a superuser; the extension may still belong to anybody who was allowed to create it. */
const trusted = `
  (f.pronamespace = 'pg_catalog'::regnamespace and f.oid < 16384 and (f.provolatile = 'i' or f.proname in (${harmless})
    or f.provolatile = 's' and f.proargtypes::oid[] <@ ${plainTypes}::oid[] and f.proname !~ '_to_xml|^pg_'))
  or (f.prolang = (select oid from pg_language where lanname = 'c') and (select rolsuper from pg_roles where oid = f.proowner)
    and exists (select from pg_depend d join pg_extension x on x.oid = d.refobjid where d.classid = 'pg_proc'::regclass and d.objid = f.oid
      and d.refclassid = 'pg_extension'::regclass and d.deptype = 'e' and (f.provolatile = 'i' or x.extname = 'uuid-ossp')))`

/**
 * pg_depend says nothing of what belongs to the server itself, such as set_config(): so functions, operators and types are read from the expressions, as
 * they are stored. A text in one is stored as numbers, and is not taken for them.
 */
const code = (where: Where) => `
with recursive w as (select ${json(where)} as w),
named as (select to_regclass(name)::oid as oid from w, jsonb_array_elements_text(w -> 'tables') name),
rel as (select oid from named where oid is not null union select p.relid from named, pg_partition_tree(named.oid) p),
above as (select oid from rel union select a.relid from rel, pg_partition_ancestors(rel.oid) a),
part (tree, type) as (
  select tree, type from (
    select conbin::text, 0::oid from pg_constraint where conrelid in (select oid from rel) and conbin is not null
    union all select adbin::text, 0 from pg_attrdef where adrelid in (select oid from rel)
    union all select concat(indexprs::text, indpred::text), 0 from pg_index where indrelid in (select oid from rel)
    union all select stxexprs::text, 0 from pg_statistic_ext where stxrelid in (select oid from rel) and stxexprs is not null
    union all select partexprs::text, 0 from pg_partitioned_table where partrelid in (select oid from above) and partexprs is not null
    union all select '', atttypid from pg_attribute where attrelid in (select oid from rel) and attnum > 0 and not attisdropped
    union all select '', to_regtype(name)::oid from w, jsonb_array_elements_text(w -> 'types') name where to_regtype(name) is not null
  ) seed (tree, type)
  union
  select more.tree, more.type from part p cross join lateral (
    select '', (m)[1]::oid from regexp_matches(p.tree, ':\\w*type(?:id|Id)? (\\d+)', 'g') m
    union all select '', unnest(array[t.typbasetype, t.typelem]) from pg_type t where t.oid = p.type
    union all select t.typdefaultbin::text, 0 from pg_type t where t.oid = p.type and t.typdefaultbin is not null
    union all select c.conbin::text, 0 from pg_constraint c where c.contypid = p.type and p.type <> 0 and c.conbin is not null
    union all select '', a.atttypid from pg_type t join pg_attribute a on a.attrelid = t.typrelid
      where t.oid = p.type and t.typrelid <> 0 and a.attnum > 0 and not a.attisdropped
    union all select '', r.rngsubtype from pg_range r where p.type in (r.rngtypid, r.rngmultitypid)
  ) more (tree, type)
),
called as (
  select (m)[1]::oid as oid from part, regexp_matches(tree, ':funcid (\\d+)', 'g') m
  union select o.oprcode from part, regexp_matches(tree, ':opno (\\d+)', 'g') m join pg_operator o on o.oid = (m)[1]::oid
  union select o.oprcode from part, regexp_matches(tree, ':opnos \\(o ([\\d ]+)\\)', 'g') m,
    unnest(string_to_array((m)[1], ' ')) n join pg_operator o on o.oid = n::oid
  union select unnest(array[r.rngcanonical, r.rngsubdiff]) from pg_range r join part p on p.type in (r.rngtypid, r.rngmultitypid)
  union select c.castfunc from pg_cast c join part p on p.type in (c.castsource, c.casttarget) where c.oid >= 16384 and p.type >= 16384
  union select s.proc from pg_index ix cross join unnest(ix.indclass::oid[]) k join pg_opclass oc on oc.oid = k and oc.oid >= 16384
    cross join lateral (select amproc from pg_amproc where amprocfamily = oc.opcfamily
      union select o.oprcode from pg_amop a join pg_operator o on o.oid = a.amopopr where a.amopfamily = oc.opcfamily) s (proc)
    where ix.indrelid in (select oid from rel)
)
select format('%I.%I', n.nspname, f.proname) as name from pg_proc f join pg_namespace n on n.oid = f.pronamespace
where f.oid in (select oid from called) and not (${trusted}) group by 1 order by 1 limit 10`
