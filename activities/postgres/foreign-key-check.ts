import { escapeIdentifier } from 'pg'
import { z } from 'zod'
import { plainLine } from '../../edge/plain-text.ts'
import { failed, held, notRun, type Outcome } from './check-outcome.ts'
import type { Session } from './session.ts'
import { onTable, qualified } from './table-checks.ts'

const column = z.object({
  own: z.string(),
  other: z.string(),
  /** The operator by which PostgreSQL itself compares the two: what is behind `=` depends on where one looks. */
  operatorSchema: z.string(),
  operator: z.string(),
  collationSchema: z.string().nullable(),
  collation: z.string().nullable(),
})
const key = z.object({
  name: z.string(),
  full: z.boolean(),
  /** A partitioned table has its rows in its partitions; any other is meant without those that inherit from it. */
  partitioned: z.boolean(),
  otherSchema: z.string(),
  otherTable: z.string(),
  otherPartitioned: z.boolean(),
  columns: z.array(column).min(1),
})
type Key = z.infer<typeof key>

/** One that a partitioned table is pointed at by has a twin for each partition, which says less. */
const keys = `
  select k.conname::text as name, k.confmatchtype = 'f' as full, t.relkind = 'p' as partitioned,
    n.nspname::text as "otherSchema", o.relname::text as "otherTable", o.relkind = 'p' as "otherPartitioned",
    (select json_agg(json_build_object(
        'own', mine.attname, 'other', theirs.attname, 'operatorSchema', os.nspname, 'operator', op.oprname,
        'collationSchema', cs.nspname, 'collation', co.collname) order by u.i)
      from unnest(k.conkey, k.confkey, k.conpfeqop) with ordinality as u (mine, theirs, op, i)
        join pg_attribute mine on mine.attrelid = k.conrelid and mine.attnum = u.mine
        join pg_attribute theirs on theirs.attrelid = k.confrelid and theirs.attnum = u.theirs
        join pg_operator op on op.oid = u.op join pg_namespace os on os.oid = op.oprnamespace
        left join pg_collation co on co.oid = theirs.attcollation and theirs.attcollation <> mine.attcollation
        left join pg_namespace cs on cs.oid = co.collnamespace) as columns
  from pg_constraint k join pg_class t on t.oid = k.conrelid
    join pg_class o on o.oid = k.confrelid join pg_namespace n on n.oid = o.relnamespace
  where k.conrelid = $1 and k.contype = 'f'
    and not exists (select from pg_constraint p where p.oid = k.conparentid and p.conrelid = k.conrelid)
  order by k.conname`

/** Rows that point to nothing, of every foreign key of the table, also of one that was never validated. */
export function checkForeignKeys(session: Session, name: string): Promise<Outcome> {
  return onTable(session, name, async ({ oid, sql }) => {
    const found = await session.rows(key, keys, [oid])
    if (found.length === 0)
      return notRun({ en: 'there is no foreign key to check', ja: '確認できる外部キーがありません' })
    for (const one of found) {
      const { count } = await session.row(z.object({ count: z.string() }), orphans(sql, one))
      if (count !== '0') return failed(pointless(one, count))
    }
    return held({
      en: `${found.length} foreign key${found.length === 1 ? '' : 's'}`,
      ja: `外部キー ${found.length} 個`,
    })
  })
}

/** As PostgreSQL looks when it validates one (RI_Initial_Check): of MATCH FULL also those that are null in part. */
function orphans(table: string, { full, partitioned, columns, ...other }: Key): string {
  const target = qualified(other.otherSchema, other.otherTable)
  const own = ({ own }: Key['columns'][number]) => `own.${escapeIdentifier(own)}`
  const pairs = columns.map((each) => {
    const collate =
      each.collation === null || each.collationSchema === null
        ? ''
        : ` collate ${qualified(each.collationSchema, each.collation)}`
    const operator = `operator(${escapeIdentifier(each.operatorSchema)}.${each.operator})`
    return `other.${escapeIdentifier(each.other)} ${operator} ${own(each)}${collate}`
  })
  return `
    select count(*)::text as count from ${partitioned ? '' : 'only '}${table} own
    where (${columns.map((each) => `${own(each)} is not null`).join(full ? ' or ' : ' and ')})
      and not exists (select from ${other.otherPartitioned ? '' : 'only '}${target} other where ${pairs.join(' and ')})`
}

function pointless({ name, otherSchema, otherTable }: Key, count: string) {
  const [key, target] = [plainLine(name, 63), plainLine(`${otherSchema}.${otherTable}`, 127)]
  return {
    en: `${key}: ${count} row${count === '1' ? '' : 's'} without a row in ${target}`,
    ja: `${key}: 参照先が ${target} にない行が ${count} 行`,
  }
}
