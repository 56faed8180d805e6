/** What exactly a salvage does, worked out from the shapes of a table on both sides; refuses what cannot end well. */
import { z } from 'zod'
import type { RowCondition, TableName } from '../../../domain/restore/salvage.ts'
import type { Text } from '../../../domain/words.ts'
import { plainLine } from '../../../edge/plain-text.ts'
import { refuse } from '../../refusal.ts'
import { type Asks, json, type Sides } from './salvage-session.ts'
import { type Column, type Reference, type Shape, shapeOf, type Table } from './salvage-shape.ts'

export type Wanted = {
  readonly name: TableName
  /** `public.orders`, as it is shown. */
  readonly shown: string
  readonly rows: readonly RowCondition[]
  readonly into: 'missing-rows' | 'new-table'
  /** Names what this run leaves in the database. */
  readonly run: string
}

type Common = {
  readonly copy: Table
  /** Which rows of the copy: SQL. */
  readonly condition: string
  /** Those of the copy that are copied. */
  readonly columns: readonly Column[]
  /** They point out of the table, and are held by where the rows go. */
  readonly references: readonly Reference[]
  readonly notes: readonly Text[]
}
export type Outline =
  | (Common & { readonly mode: 'rows'; readonly live: Table })
  /** The table is gone, and comes back under its own name. */
  | (Common & { readonly mode: 'table' })
  | (Common & { readonly mode: 'new-table'; readonly newTable: NewTable })

type NewTable = {
  readonly name: string
  readonly table: string
  readonly sql: string
  readonly schemaSql: string
  readonly nameSql: string
  readonly owner: string | null
}

/** From the catalogues alone. `finished`: how it was done, of a salvage that has put its table there. */
export async function outlined(
  { copy: copySide, live: liveSide }: Sides,
  wanted: Wanted,
  finished?: Outline['mode'],
): Promise<Outline> {
  const copy = await shapeOf(copySide.asks, wanted.name)
  const found = await shapeOf(liveSide.asks, wanted.name)
  const live = finished === 'table' ? { ...found, table: null } : found
  const refused = (en: string, ja: string): never =>
    refuse('salvage-refused', { table: wanted.shown, reason: { en, ja } })
  const table = sourceOf(copy, refused)
  const condition = await conditionOf(copySide.asks, wanted, refused)
  const all = { copy: table, condition }
  if (live.schemaSql === null)
    return refused(
      `schema ${wanted.name.schema} is gone from the live database: create it first`,
      `稼働中のデータベースにスキーマ ${wanted.name.schema} がありません。先に作成してください`,
    )
  const own = table.columns.filter(({ generated }) => !generated)
  if (wanted.into === 'new-table') {
    const newTable = await newTableOf(liveSide.asks, wanted, live.table ?? table, finished !== undefined)
    return { mode: 'new-table', ...all, columns: table.columns, references: [], notes: [], newTable }
  }
  if (live.table === null) {
    if (table.kind === 'p')
      return refused(
        'it is partitioned and gone from the live database: salvage it with into=new-table, or each partition',
        'パーティションテーブルが稼働中のデータベースにありません。into=new-table を使うか、パーティションごとに救出してください',
      )
    const notes = table.referencedBy.filter(({ self }) => !self).map(pointed)
    return { mode: 'table', ...all, columns: own, references: table.references, notes }
  }
  return { mode: 'rows', ...all, ...intoLive(table, live.table, refused) }
}

type Refused = (en: string, ja: string) => never

function sourceOf({ table }: Shape, refused: Refused): Table {
  if (table === null) return refused('the copy has no such table', 'コピーにそのテーブルがありません')
  if (table.kind !== 'r' && table.kind !== 'p')
    return refused('it is no ordinary table', '通常のテーブルではありません')
  if (table.persistence !== 'p')
    return refused(
      'it is UNLOGGED: no backup has its rows',
      'UNLOGGED テーブルのため、行はバックアップにありません',
    )
  return table
}

function intoLive(
  copy: Table,
  live: Table,
  refused: Refused,
): Pick<Common, 'columns' | 'references' | 'notes'> & { readonly live: Table } {
  if (live.kind !== 'r' && live.kind !== 'p')
    return refused('in the live database that is no table', '稼働中のデータベースではテーブルではありません')
  if (live.key.length === 0)
    return refused(
      'it has no primary key, so nobody can tell which rows are missing: use into=new-table',
      '主キーがなく、不足している行を判別できません。into=new-table を使ってください',
    )
  if (live.rules > 0)
    return refused(
      'a rule of the live table rewrites INSERT or DELETE: use into=new-table',
      '稼働中のテーブルに INSERT か DELETE を書き換えるルールがあります。into=new-table を使ってください',
    )
  const takes = new Map(live.columns.filter(({ generated }) => !generated).map((each) => [each.name, each]))
  const columns = copy.columns.filter(({ name }) => takes.has(name))
  const has = new Set(columns.map(({ name }) => name))
  const lacking = [
    ...live.key.filter(({ name }) => !has.has(name)),
    ...live.columns.filter(({ name, required, generated }) => required && !generated && !has.has(name)),
  ].map(({ name }) => name)
  if (lacking.length > 0)
    return refused(
      `the copy lacks ${listed(lacking)}, without which no row can be added: use into=new-table`,
      `行の追加に必須の列 ${listed(lacking)} がコピーにありません。into=new-table を使ってください`,
    )
  const isOfLive = new Map(live.columns.map((each) => [each.name, each]))
  const dropped = copy.columns.filter(({ name }) => !isOfLive.has(name)).map(({ name }) => name)
  const added = [...takes.keys()].filter((name) => !has.has(name))
  const changed = columns.filter(({ name, type }) => isOfLive.get(name)?.type !== type)
  return {
    live,
    columns,
    references: live.references.filter(({ pairs }) => pairs.every(({ own }) => has.has(own))),
    notes: [
      ...note(dropped, 'not in the live table any more, left out', '稼働中のテーブルにない列（除外）'),
      ...note(added, 'not in the copy, gets its default', 'コピーにない列（既定値を使用）'),
      ...note(
        changed.map(({ name }) => name),
        'of another type by now',
        '型が変わった列',
      ),
    ],
  }
}

const listed = (names: readonly string[]) => plainLine(names.join(', '), 200)

function note(names: readonly string[], en: string, ja: string): readonly Text[] {
  return names.length === 0 ? [] : [{ en: `${listed(names)}: ${en}`, ja: `${ja}: ${listed(names)}` }]
}

function pointed({ name, table }: Reference): Text {
  return {
    en: `foreign key ${listed([name])} of ${listed([table])} went with the table and does not come back: add it again`,
    ja: `${listed([table])} の外部キー ${listed([name])} はテーブルと共に失われ、復元されません。追加し直してください`,
  }
}

/** As the copy reads it: the type of each column says what a value means. */
async function conditionOf(asks: Asks, { name, rows }: Wanted, refused: Refused): Promise<string> {
  const found = await asks(
    z.object({ unknown: z.array(z.string()).nullable(), sql: z.string().nullable() }),
    conditionSql(json({ ...name, rows })),
  )
  if (found.unknown !== null)
    return refused(`there is no column ${listed(found.unknown)}`, `列 ${listed(found.unknown)} がありません`)
  return found.sql ?? 'true'
}

/** An operator of that name anybody may write for a type of his own; which ones compare a type for an index only a superuser says. */
const isOfTheType = `(n.nspname = 'pg_catalog' or exists (select from pg_amop a where a.amopopr = o.oid and a.amoppurpose = 's'))`

const conditionSql = (wanted: string) => `
with s as (select ${wanted} as s),
c as (select i, r ->> 'column' as col, r ->> 'is' as how, array(select jsonb_array_elements_text(r -> 'values')) as vals
  from s, jsonb_array_elements(s -> 'rows') with ordinality as e (r, i)),
t as (select c.*, ty.base, case how when 'in' then '=' else how end as op, a.attnum
  from c cross join s
    left join (pg_attribute a join pg_class k on k.oid = a.attrelid join pg_namespace n on n.oid = k.relnamespace)
      on n.nspname = s ->> 'schema' and k.relname = s ->> 'table' and a.attname = col and a.attnum > 0 and not a.attisdropped
    left join lateral (select case typtype when 'd' then typbasetype else oid end as base from pg_type where oid = a.atttypid) ty on true),
q as (select t.*, format_type(base, -1) as type, array(select format('operator(%I.%s)', coalesce((select n.nspname from pg_operator o
    join pg_namespace n on n.oid = o.oprnamespace where o.oprname = each and o.oprleft = base and o.oprright = base and ${isOfTheType}
    order by n.nspname <> 'pg_catalog' limit 1), 'pg_catalog'), each)
  from unnest(case how when 'between' then array['>=', '<='] else array[op] end) with ordinality u (each, i) order by i) as ops from t)
select json_build_object('unknown', json_agg(col) filter (where attnum is null), 'sql', string_agg(case how
  when 'is null' then format('%I is null', col)
  when 'between' then format('%1$I %2$s %4$L::%6$s and %1$I %3$s %5$L::%6$s', col, ops[1], ops[2], vals[1], vals[2], type)
  else '(' || (select string_agg(format('%I %s %L::%s', col, ops[1], v, type), ' or ') from unnest(vals) v) || ')'
  end, ' and ' order by i)) from q`

/** `orders_salvaged_shodo-42.salvage`, as long as names may be. */
async function newTableOf(
  asks: Asks,
  { name, run, shown }: Wanted,
  { owner }: Table,
  isFinished: boolean,
): Promise<NewTable> {
  const suffix = `_salvaged_${run}`.slice(0, 45)
  const table = `${cutBytes(name.table, 63 - suffix.length)}${suffix}`
  const found = await asks(
    z.object({
      sql: z.string(),
      schemaSql: z.string(),
      nameSql: z.string(),
      exists: z.boolean(),
      owner: z.boolean(),
    }),
    `select json_build_object('sql', format('%I.%I', s ->> 'schema', s ->> 'table'), 'schemaSql', quote_ident(s ->> 'schema'),
      'nameSql', quote_ident(s ->> 'table'), 'owner', to_regrole(s ->> 'owner') is not null,
      'exists', to_regclass(format('%I.%I', s ->> 'schema', s ->> 'table')) is not null)
    from (select ${json({ schema: name.schema, table, owner })} as s) x`,
  )
  const { exists, owner: isKnown, ...words } = found
  const shownNew = plainLine(`${name.schema}.${table}`, 130)
  if (exists && !isFinished)
    refuse('salvage-refused', {
      table: shown,
      reason: { en: `${shownNew} already exists`, ja: `${shownNew} は既にあります` },
    })
  return { ...words, table, name: `${name.schema}.${table}`, owner: isKnown ? owner : null }
}

function cutBytes(text: string, most: number): string {
  let cut = [...text]
  while (Buffer.byteLength(cut.join('')) > most) cut = cut.slice(0, -1)
  return cut.join('')
}
