/** What a server says of a table: how it is written in SQL, and everything that decides which rows can go into it. */
import { z } from 'zod'
import type { TableName } from '../../../domain/restore/salvage.ts'
import { type Asks, json } from './salvage-session.ts'

/** Names come in both ways: as they are, and as the server itself quotes them. Only the latter becomes a part of SQL. */
const pair = z.object({
  own: z.string(),
  ownSql: z.string(),
  otherSql: z.string(),
  /** The operator by which PostgreSQL itself compares the two: what is behind `=` depends on where one looks. */
  equals: z.string(),
  collate: z.string(),
})
const reference = z.object({
  name: z.string(),
  /** The other table: referenced, or referencing. */
  table: z.string(),
  tableSql: z.string(),
  from: z.string(),
  self: z.boolean(),
  pairs: z.array(pair).min(1),
})
export type Reference = z.infer<typeof reference>

const column = z.object({
  name: z.string(),
  sql: z.string(),
  /** With its collation, where that is not the type's own. */
  type: z.string(),
  /** Without either, and without its length. */
  bareType: z.string(),
  generated: z.boolean(),
  /** A row cannot be added without it. */
  required: z.boolean(),
  sequence: z.object({ literal: z.string(), last: z.string().nullable(), rises: z.boolean() }).nullable(),
})
export type Column = z.infer<typeof column>

const keyColumn = z.object({ name: z.string(), sql: z.string(), equals: z.string() })
export type KeyColumn = z.infer<typeof keyColumn>

const trigger = z.object({
  name: z.string(),
  sql: z.string(),
  tableSql: z.string(),
  enable: z.string(),
  onInsert: z.boolean(),
  onDelete: z.boolean(),
})

const table = z.object({
  sql: z.string(),
  /** Its rows: of a partitioned table those of the partitions, of any other without those that inherit from it. */
  from: z.string(),
  kind: z.string(),
  persistence: z.string(),
  owner: z.string(),
  /** Policies that hold for the owner as well. */
  forced: z.boolean(),
  bytes: z.number(),
  /** Rules that rewrite an INSERT or a DELETE. */
  rules: z.number(),
  columns: z.array(column),
  key: z.array(keyColumn),
  uniques: z.array(z.object({ name: z.string(), columns: z.array(keyColumn).min(1) })),
  references: z.array(reference),
  referencedBy: z.array(reference),
  triggers: z.array(trigger),
})
export type Table = z.infer<typeof table>

const shape = z.object({ schemaSql: z.string().nullable(), table: table.nullable() })
export type Shape = z.infer<typeof shape>

/** Table and schema, each null where there is none of that very name. */
export function shapeOf(asks: Asks, name: TableName): Promise<Shape> {
  return asks(shape, shapeSql(json(name)))
}

const from = (alias: string, relation: string) =>
  `case when ${relation}.relkind = 'p' then '' else 'only ' end || format('%I.%I', ${alias}.nspname, ${relation}.relname)`

/** The columns of an index with the operator that its class calls equal. */
const indexColumns = `
  select json_agg(json_build_object('name', a.attname, 'sql', quote_ident(a.attname),
    'equals', format('operator(%I.%s)', opn.nspname, op.oprname)) order by k.i)
  from unnest(ix.indkey::int2[], ix.indclass::oid[]) with ordinality as k (att, class, i)
    join pg_attribute a on a.attrelid = ix.indrelid and a.attnum = k.att
    join pg_opclass oc on oc.oid = k.class
    join pg_amop ao on ao.amopfamily = oc.opcfamily and ao.amopstrategy = 3
      and ao.amoplefttype = oc.opcintype and ao.amoprighttype = oc.opcintype
    join pg_operator op on op.oid = ao.amopopr join pg_namespace opn on opn.oid = op.oprnamespace
  where k.i <= ix.indnkeyatts`

/** Foreign keys of the one side, each with its columns seen from there. One whose other end is partitioned has twins, which say no more. */
const references = (own: 'conrelid' | 'confrelid') => {
  const isOwn = own === 'conrelid'
  const other = isOwn ? 'confrelid' : 'conrelid'
  const [mine, theirs] = isOwn ? ['conkey', 'confkey'] : ['confkey', 'conkey']
  return `
  select coalesce(json_agg(json_build_object('name', k.conname, 'table', n.nspname || '.' || o.relname,
    'tableSql', format('%I.%I', n.nspname, o.relname), 'from', ${from('n', 'o')}, 'self', k.conrelid = k.confrelid,
    'pairs', (select json_agg(json_build_object('own', mine.attname, 'ownSql', quote_ident(mine.attname),
        'otherSql', quote_ident(theirs.attname), 'equals', format('operator(%I.%s)', os.nspname, op.oprname),
        'collate', case when co.oid is null then '' else format(' collate %I.%I', cs.nspname, co.collname) end) order by u.i)
      from unnest(k.${mine}, k.${theirs}, k.conpfeqop) with ordinality as u (mine, theirs, op, i)
        join pg_attribute mine on mine.attrelid = k.${own} and mine.attnum = u.mine
        join pg_attribute theirs on theirs.attrelid = k.${other} and theirs.attnum = u.theirs
        join pg_operator op on op.oid = u.op join pg_namespace os on os.oid = op.oprnamespace
        left join pg_collation co on theirs.attcollation <> mine.attcollation
          and co.oid = ${isOwn ? 'theirs' : 'mine'}.attcollation
        left join pg_namespace cs on cs.oid = co.collnamespace)) order by k.conname), '[]')
  from pg_constraint k join pg_class o on o.oid = k.${other} join pg_namespace n on n.oid = o.relnamespace
  where k.${own} = t.oid and k.contype = 'f'
    and not exists (select from pg_constraint p where p.oid = k.conparentid and p.${own} = k.${own})`
}

const shapeSql = (name: string) => `
with s as (select ${name} as s),
t as (select c.*, n.nspname, format('%I.%I', n.nspname, c.relname) as sql
  from pg_class c join pg_namespace n on n.oid = c.relnamespace, s
  where n.nspname = s ->> 'schema' and c.relname = s ->> 'table'),
tree as (select t.oid from t union select p.relid from t, pg_partition_tree(t.oid) p where t.relkind = 'p')
select json_build_object(
'schemaSql', (select quote_ident(nspname) from pg_namespace, s where nspname = s ->> 'schema'),
'table', (select json_build_object(
  'sql', t.sql, 'from', case when t.relkind = 'p' then '' else 'only ' end || t.sql,
  'kind', t.relkind, 'persistence', t.relpersistence, 'owner', quote_ident(pg_get_userbyid(t.relowner)),
  'forced', t.relforcerowsecurity,
  'bytes', (select coalesce(sum(pg_total_relation_size(oid)), 0) from tree),
  'rules', (select count(*) from pg_rewrite where ev_class in (select oid from tree) and ev_type in ('3', '4')),
  'columns', (select coalesce(json_agg(json_build_object('name', a.attname, 'sql', quote_ident(a.attname),
      'type', format_type(a.atttypid, a.atttypmod) || coalesce((select format(' collate %I.%I', cn.nspname, co.collname)
        from pg_collation co join pg_namespace cn on cn.oid = co.collnamespace join pg_type ty on ty.oid = a.atttypid
        where co.oid = a.attcollation and a.attcollation <> ty.typcollation), ''),
      'bareType', format_type(a.atttypid, null), 'generated', a.attgenerated <> '', 'required', a.attnotnull and not a.atthasdef and a.attidentity = '',
      'sequence', (select json_build_object('literal', quote_literal(q), 'last', pg_sequence_last_value(q::regclass)::text,
          'rises', (select seqincrement > 0 from pg_sequence where seqrelid = q::regclass))
        from pg_get_serial_sequence(t.sql, a.attname) q where q is not null)) order by a.attnum), '[]')
    from pg_attribute a where a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped),
  'key', coalesce((select (${indexColumns}) from pg_index ix where ix.indrelid = t.oid and ix.indisprimary), '[]'),
  'uniques', (select coalesce(json_agg(json_build_object('name', i.relname, 'columns', (${indexColumns})) order by i.relname), '[]')
    from pg_index ix join pg_class i on i.oid = ix.indexrelid
    where ix.indrelid = t.oid and ix.indisunique and not ix.indisprimary and ix.indisvalid and ix.indimmediate
      and ix.indpred is null and ix.indexprs is null),
  'references', (${references('conrelid')}),
  'referencedBy', (${references('confrelid')}),
  'triggers', (select coalesce(json_agg(json_build_object('name', g.tgname, 'sql', quote_ident(g.tgname),
      'tableSql', format('%I.%I', n.nspname, c.relname),
      'enable', case g.tgenabled when 'A' then 'enable always trigger' else 'enable trigger' end,
      'onInsert', g.tgtype & 4 <> 0, 'onDelete', g.tgtype & 8 <> 0) order by c.relname, g.tgname), '[]')
    from pg_trigger g join pg_class c on c.oid = g.tgrelid join pg_namespace n on n.oid = c.relnamespace
    where g.tgrelid in (select oid from tree) and not g.tgisinternal and g.tgenabled in ('O', 'A'))
) from t))`
