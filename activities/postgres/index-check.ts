import { z } from 'zod'
import { verbFor } from '../../domain/counted.ts'
import { held, notRun, type Outcome } from './check-outcome.ts'
import type { Session } from './session.ts'
import { onTable, qualified } from './table-checks.ts'

/** The function that checks an index, wherever the extension was put; `usable` to the role that asks. */
export const amcheckFunction = `
  select n.nspname::text as schema,
    has_schema_privilege(n.oid, 'usage') and has_function_privilege(p.oid, 'execute') as usable
  from pg_extension e
    join pg_depend d on d.refclassid = 'pg_extension'::regclass and d.refobjid = e.oid and d.classid = 'pg_proc'::regclass
    join pg_proc p on p.oid = d.objid join pg_namespace n on n.oid = p.pronamespace
  where e.extname = 'amcheck' and p.proname = 'bt_index_check' and p.pronargs = 2`

/**
 * Those of the table, its partitions and what is stored out of line. A server in recovery has nothing of what is not logged. An index that
 * is not valid was never finished.
 */
const indexes = `
  with tables as (
    select $1::oid as oid union select relid from pg_partition_tree($1::oid::regclass)
  ), stored as (
    select oid from tables union
    select c.reltoastrelid from pg_class c join tables t on t.oid = c.oid where c.reltoastrelid <> 0
  )
  select c.oid
  from pg_index i join stored s on s.oid = i.indrelid
    join pg_class c on c.oid = i.indexrelid join pg_am a on a.oid = c.relam
  where a.amname = 'btree' and c.relkind = 'i' and i.indisvalid
    and (c.relpersistence = 'p' or c.relpersistence = 'u' and not pg_is_in_recovery())
  order by c.oid`

const missing = {
  en: 'the extension amcheck is missing: create extension amcheck',
  ja: '拡張 amcheck がありません（create extension amcheck で導入）',
}
const unusable = {
  en: 'the role may not use amcheck: grant execute on function bt_index_check(regclass, boolean)',
  ja: 'ロールに amcheck の実行権限がありません（grant execute on function bt_index_check(regclass, boolean)）',
}

/**
 * Each B-tree index against the rows of its table. By `bt_index_check`, which a replica and a copy in recovery can do as well: its
 * stricter sibling takes a lock that they do not have. What it finds is an error of the server's (XX002), which names the index.
 */
export function checkIndexes(session: Session, name: string): Promise<Outcome> {
  return onTable(session, name, async ({ oid }) => {
    const [amcheck] = await session.rows(
      z.object({ schema: z.string(), usable: z.boolean() }),
      amcheckFunction,
    )
    if (amcheck === undefined) return notRun(missing)
    if (!amcheck.usable) return notRun(unusable)
    const found = await session.rows(z.object({ oid: z.number() }), indexes, [oid])
    if (found.length === 0)
      return notRun({
        en: 'there is no B-tree index to check',
        ja: '確認できる B-tree インデックスがありません',
      })
    const check = `select ${qualified(amcheck.schema, 'bt_index_check')}($1::oid::regclass, true)`
    for (const { oid } of found) await session.rows(z.unknown(), check, [oid])
    const many = verbFor(found.length, 'index', 'indexes')
    return held({ en: `${found.length} ${many}`, ja: `インデックス ${found.length} 個` })
  })
}
