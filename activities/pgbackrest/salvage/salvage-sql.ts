/** The statements of a salvage. Every name in them was quoted by a server, or is one of ours. */
import { noForeignCode, type Where } from './salvage-code.ts'
import type { Outline } from './salvage-outline.ts'
import { json } from './salvage-session.ts'
import type { Column, KeyColumn, Reference, Table } from './salvage-shape.ts'

/** Runs are named of letters, digits, dots and hyphens: nothing in them ends a quoted name. */
export const stagedTable = (run: string) => `hikeshi_salvage."${run} rows"`
export const ledgerTable = (run: string) => `hikeshi_salvage."${run}.keys"`
export const temporaryTable = 'pg_temp.hikeshi_rows'
export const rowMd5 = '"(row)"'

type Named = { readonly sql: string }

export const names = (columns: readonly Named[], alias = '') =>
  columns.map(({ sql }) => (alias === '' ? sql : `${alias}.${sql}`)).join(', ')

/** A row as text: every type has one, not every type has an equality. */
export const rowText = (columns: readonly Named[], alias: string) => `row(${names(columns, alias)})::text`

/** Of rows in any order. */
export const hashOf = (columns: readonly Named[], alias: string) =>
  `coalesce(sum(('x' || left(md5(${rowText(columns, alias)}), 16))::bit(64)::bigint), 0)::text`

/** Everything whose expressions the live database evaluates for a salvage, if only to plan what it reads. */
export function codeOf(outline: Outline): Where {
  const types = outline.columns.map(({ bareType }) => bareType)
  const pointed = outline.references.map(({ tableSql }) => tableSql)
  if (outline.mode === 'rows') return { tables: [...codeAround(outline.live).tables, ...pointed], types }
  const own = outline.mode === 'table' ? outline.copy.sql : outline.newTable.sql
  return { tables: [own, ...pointed], types }
}

/** The same of a table and those that point to it. */
export function codeAround({ sql, referencedBy }: Table): Where {
  return { tables: [sql, ...referencedBy.map(({ tableSql }) => tableSql)], types: [] }
}

export const sameKey = (key: readonly KeyColumn[], a: string, b: string) =>
  key.map(({ sql, equals }) => `${a}.${sql} ${equals} ${b}.${sql}`).join(' and ')

export function fromCopy({ copy, columns, condition }: Outline): string {
  return `select ${names(columns)} from ${copy.from} where ${condition}`
}

/** What is staged has the types of where it goes: another type reads it there, or says that it cannot. */
export function createStaged(outline: Outline, table: string): string {
  const what = table === temporaryTable ? 'create temporary table' : 'create table'
  if (outline.mode === 'rows')
    return `${what} ${table} as select ${names(outline.columns)} from ${outline.live.from} with no data`
  return `${what} ${table} (${outline.columns.map(({ sql, type }) => `${sql} ${type}`).join(', ')})`
}

/** What would be added, what stands in the way, and what is left as it is; one JSON value. */
export function compared(outline: Outline, table: string): string {
  const { references, columns, mode } = outline
  const live = mode === 'rows' ? outline.live : undefined
  const present =
    live === undefined ? 'false' : `exists (select from ${live.from} t where ${sameKey(live.key, 't', 's')})`
  const differ =
    live === undefined
      ? '0'
      : `(select count(*) from ${table} s join ${live.from} t on ${sameKey(live.key, 't', 's')} where ${rowText(columns, 't')} <> ${rowText(columns, 's')})`
  const collide = collidingIn(outline).map(
    ({ columns: unique }) =>
      `(select count(*) from absent s where exists (select from ${live?.from} t where ${sameKey(unique, 't', 's')}))`,
  )
  const missing = references.map(
    (one) => `(select count(*) from absent s where ${pointless(one, mode, 'absent', columns)})`,
  )
  const behind = sequencesOf(outline).map(
    ({ sql, sequence }) =>
      `(select max(s.${sql})::bigint > coalesce(pg_sequence_last_value(to_regclass(${sequence.literal})::oid), 0) from absent s)`,
  )
  return `with absent as materialized (select s.* from ${table} s where not ${present})
    select json_build_object('matched', (select count(*) from ${table}), 'absent', (select count(*) from absent), 'differ', ${differ},
      'collide', json_build_array(${collide.join(', ')}), 'missing', json_build_array(${missing.join(', ')}),
      'behind', json_build_array(${behind.join(', ')}))`
}

/** Unique indexes besides the key's that can be compared: a row that meets one is left out. */
export function collidingIn(outline: Outline): Table['uniques'] {
  if (outline.mode !== 'rows') return []
  const has = new Set(outline.columns.map(({ name }) => name))
  return outline.live.uniques.filter(({ columns }) => columns.every(({ name }) => has.has(name)))
}

type WithSequence = Column & { readonly sequence: NonNullable<Column['sequence']> }

/** Numbers that the table gives itself, by the sequence of where the rows go. */
export function sequencesOf(outline: Outline): readonly WithSequence[] {
  if (outline.mode === 'new-table') return []
  const has = new Set(outline.columns.map(({ name }) => name))
  const { columns } = outline.mode === 'rows' ? outline.live : outline.copy
  return columns.filter(
    (one): one is WithSequence =>
      has.has(one.name) &&
      one.sequence?.rises === true &&
      ['smallint', 'integer', 'bigint'].includes(one.type),
  )
}

/** A row (`s`) that points to nothing: not to what is there, nor to another one that comes along. */
export function pointless(
  { pairs, from, self }: Reference,
  mode: Outline['mode'],
  beside: string,
  columns: readonly Named[],
): string {
  const has = new Set(columns.map(({ sql }) => sql))
  const points = pairs
    .map((each) => `o.${each.otherSql} ${each.equals} s.${each.ownSql}${each.collate}`)
    .join(' and ')
  const isAlong = self && pairs.every(({ otherSql }) => has.has(otherSql))
  const places = [...(self && mode === 'table' ? [] : [from]), ...(isAlong ? [beside] : [])]
  return [
    ...pairs.map(({ ownSql }) => `s.${ownSql} is not null`),
    ...places.map((place) => `not exists (select from ${place} o where ${points})`),
  ].join(' and ')
}

/** Rows come back as they were: what a trigger did then is in them, or has been sent. */
export function withoutTriggers(
  { triggers, from }: Table,
  on: 'onInsert' | 'onDelete',
  work: readonly string[],
): readonly string[] {
  const fire = triggers.filter((each) => each[on])
  if (fire.length === 0) return work
  return [
    `lock table ${from} in share row exclusive mode`,
    ...fire.map(({ tableSql, sql }) => `alter table only ${tableSql} disable trigger ${sql}`),
    ...work,
    ...fire.map(({ tableSql, sql, enable }) => `alter table only ${tableSql} ${enable} ${sql}`),
  ]
}

/**
 * As the owner of the table, in a function from which nobody comes back to the superuser: `reset role` is refused there, and what waits for the end of the
 * transaction is done before. Policies that are forced upon the owner would hide rows from it.
 */
export function asOwner(
  { owner, forced }: Pick<Table, 'owner' | 'forced'>,
  works: readonly string[],
): readonly string[] {
  if (forced) return works
  const body = [...works, 'set constraints all immediate'].map((one) => `${one};`).join('\n')
  return [
    `create function pg_temp.hikeshi_work() returns void language sql security definer as '${body.replaceAll("'", "''")}'`,
    `alter function pg_temp.hikeshi_work() owner to ${owner}`,
    'select pg_temp.hikeshi_work()',
    'drop function pg_temp.hikeshi_work()',
  ]
}

/** What the owner may use of ours for it: a view does it with the rights of who made it. */
export function lent(
  { owner }: Pick<Table, 'owner'>,
  right: 'select' | 'insert',
  view: string,
  table: string,
): readonly string[] {
  return [
    `create temporary view ${view} as select * from ${table}`,
    `grant ${right} on pg_temp.${view} to ${owner}`,
  ]
}

/** All of it in one transaction, which ends with its own record. `definition`: what makes the table that is gone. */
export function added(
  outline: Outline,
  run: string,
  about: object,
  definition: { readonly before: string; readonly after: string },
): readonly string[] {
  const [staged, ledger] = [stagedTable(run), ledgerTable(run)]
  const { columns } = outline
  const record = (count: string, hash: string) =>
    `insert into hikeshi_salvage.runs (run, about, added, hash) select convert_from(decode('${Buffer.from(run).toString('base64')}', 'base64'), 'UTF8'),
      ${json(about)}, (${count}), (${hash})`
  if (outline.mode === 'new-table') {
    const { sql, schemaSql, nameSql, owner } = outline.newTable
    return [
      `alter table ${staged} rename to ${nameSql}`,
      `alter table hikeshi_salvage.${nameSql} set schema ${schemaSql}`,
      ...(owner === null ? [] : [`alter table ${sql} owner to ${owner}`]),
      record(`select count(*) from only ${sql}`, `select ${hashOf(columns, 't')} from only ${sql} t`),
    ]
  }
  if (outline.mode === 'table') {
    const { sql } = outline.copy
    return [
      definition.before,
      noForeignCode({ tables: [sql], types: [] }),
      ...lent(outline.copy, 'select', 'hikeshi_rows', staged),
      ...asOwner(outline.copy, [
        `insert into ${sql} (${names(columns)}) overriding system value select ${names(columns)} from pg_temp.hikeshi_rows`,
      ]),
      'drop view pg_temp.hikeshi_rows',
      ...outline.copy.columns
        .flatMap((one) => sequencesOf(outline).filter(({ name }) => name === one.name))
        .map(
          ({ sql: name, sequence }) =>
            `select setval(${sequence.literal}::regclass, greatest(max(${name})::bigint, ${BigInt(sequence.last ?? 1)})) from ${sql} having max(${name}) is not null`,
        ),
      definition.after,
      record(`select count(*) from only ${sql}`, `select ${hashOf(columns, 't')} from only ${sql} t`),
      `drop table ${staged}`,
    ]
  }
  const { live } = outline
  return [
    `create table ${ledger} as select ${names(live.key)}, ''::text as ${rowMd5} from ${live.from} with no data`,
    ...lent(live, 'select', 'hikeshi_rows', staged),
    ...lent(live, 'insert', 'hikeshi_keys', ledger),
    // From here on nobody adds a constraint or an index.
    `lock table ${live.from} in row exclusive mode`,
    noForeignCode(codeOf(outline)),
    ...withoutTriggers(
      live,
      'onInsert',
      asOwner(live, [
        `with added as (insert into ${live.sql} as t (${names(columns)}) overriding system value
          select ${names(columns, 's')} from pg_temp.hikeshi_rows s where not exists (select from ${live.from} e where ${sameKey(live.key, 'e', 's')})
          on conflict do nothing
          returning ${names(live.key, 't')}, md5(${rowText(live.columns, 't')}) as ${rowMd5})
        insert into pg_temp.hikeshi_keys select * from added`,
      ]),
    ),
    'drop view pg_temp.hikeshi_rows, pg_temp.hikeshi_keys',
    `select hikeshi_salvage.must((select ${hashOf(columns, 't')} from ${live.from} t join ${ledger} l on ${sameKey(live.key, 't', 'l')})
      = (select ${hashOf(columns, 's')} from ${staged} s join ${ledger} l on ${sameKey(live.key, 's', 'l')}), 'the rows did not arrive as they are in the copy')`,
    ...sequencesOf(outline).map(
      ({ sql, sequence }) =>
        `select setval(${sequence.literal}::regclass, m) from (select max(${sql})::bigint as m from ${live.from}) x
        where m > coalesce(pg_sequence_last_value(${sequence.literal}::regclass), 0)`,
    ),
    `alter table ${ledger} add primary key (${names(live.key)})`,
    record(`select count(*) from ${ledger}`, 'null::text'),
    `drop table ${staged}`,
  ]
}
