/** What a transaction changed, read from the log and named by the copy, which stands right before it. */
import { z } from 'zod'
import { segmentAt } from '../../../domain/restore/segment.ts'
import {
  type Change,
  catalogs,
  changesOf,
  commitIn,
  isBeforeXid,
  type Named,
  newTally,
  nextXidIn,
  recordIn,
  relationFile,
  tally,
} from '../../../domain/restore/transaction.ts'
import type { Text } from '../../../domain/words.ts'
import { plainLine } from '../../../edge/plain-text.ts'
import { pulse } from '../../pulse.ts'
import type { Copy } from '../copy.ts'
import { serverOf } from '../copy-server.ts'
import type { At } from '../place.ts'
import { psqlJson } from '../psql.ts'
import type { Past } from '../repository/past.ts'
import { eachLine } from '../repository/program.ts'
import { type Ended, lsnOf, withSegments } from '../repository/waldump.ts'
import { positionIn } from './bisect-log.ts'

/** `isWhole`: it is read from its first record on. */
export type Changed = { readonly changes: readonly Change[]; readonly isWhole: boolean }

/** A transaction that is older is told from here on. */
const mostSegmentsBack = 64
const relationsNamed = 200
const changesKept = 50

export async function changedBy(at: At, copy: Copy, past: Past, commit: Ended): Promise<Changed> {
  const end = segmentAt(positionIn(commit), past.log.segmentBytes)
  const last = Math.min(past.reach, end + 1)
  const read = (from: number, to: number, options: readonly string[], take: (line: string) => void) =>
    withSegments(past.log, past.path, from, to, (range) =>
      eachLine(at.station, [`${at.settings.postgresFolder}/pg_waldump`, ...options, ...range], take),
    )
  const own = new Set([commit.xid])
  const counted = newTally()
  await read(end, last, ['-r', 'Transaction'], (line) => {
    const record = recordIn(line)
    if (record === undefined || lsnOf(record.lsn) !== commit.lsn) return
    const { subtransactions, dropped } = commitIn(record.desc)
    for (const xid of subtransactions) own.add(xid)
    counted.dropped = dropped
  })
  const { start, isWhole } = await startOf(past, commit, end, read)
  for (let segment = start; segment <= end; segment += 1)
    await read(segment, Math.min(past.reach, segment + 1), [], (line) => {
      const record = recordIn(line)
      if (record === undefined || !own.has(record.xid)) return
      const position = positionIn({ lsn: lsnOf(record.lsn) })
      // What begins in the next segment comes with that one.
      if (segmentAt(position, past.log.segmentBytes) === segment) tally(counted, record)
    })
  const files = [...new Set([...counted.rows.keys(), ...counted.dropped])]
  const { named, databases } = await namesOf(at, copy, files)
  return { changes: changesOf(counted, named, databases).slice(0, changesKept), isWhole }
}

type Read = (
  from: number,
  to: number,
  options: readonly string[],
  take: (line: string) => void,
) => Promise<void>

/** The server lists every few seconds who is under way: before a list in which its number is not given out yet it has no record. */
async function startOf(past: Past, { xid }: Ended, end: number, read: Read) {
  const least = Math.max(past.first, end - mostSegmentsBack + 1)
  for (let segment = end; segment >= least; segment -= 1) {
    let isBefore = false
    await read(segment, Math.min(past.reach, segment + 1), ['-r', 'Standby'], (line) => {
      const record = recordIn(line)
      const next = record === undefined ? undefined : nextXidIn(record.desc)
      if (next !== undefined && !isBeforeXid(xid, next)) isBefore = true
    })
    if (isBefore) return { start: segment, isWhole: true }
  }
  return { start: Math.max(least, 0), isWhole: false }
}

const oidName = z.array(z.object({ oid: z.number(), name: z.string() }))
const relations = z.array(
  z.object({
    key: z.string(),
    relation: z.string(),
    isCatalog: z.boolean(),
    isTable: z.boolean(),
  }),
)

/** A file that nobody can name, because it came with the transaction or its catalog is locked, stays without a name. */
async function namesOf({ station, settings }: At, copy: Copy, files: readonly string[]) {
  const server = serverOf(settings, copy)
  const databases = new Map<number, string>()
  const named = new Map<string, Named>()
  const list = `select coalesce(json_agg(json_build_object('oid', oid::bigint, 'name', datname)), '[]')
    from pg_database where datallowconn`
  try {
    for (const { oid, name } of await psqlJson(station, settings, server, oidName, list))
      databases.set(oid, name)
    for (const [oid, name] of [...databases, [0, 'postgres'] as const]) {
      const own = files.filter((file) => relationFile(file).database === oid).slice(0, relationsNamed)
      if (own.length === 0) continue
      const found = await psqlJson(station, settings, server, relations, namesSql(own), name)
      for (const { key, relation, ...rest } of found)
        named.set(key, { ...rest, relation: plainLine(relation, 130) })
    }
  } catch {
    pulse().signal.throwIfAborted()
  }
  return { named, databases }
}

/** The keys are numbers of ours. */
function namesSql(files: readonly string[]): string {
  const values = files.map((file) => {
    const { tablespace, file: number } = relationFile(file)
    return `('${file}', '${tablespace}'::oid, '${number}'::oid)`
  })
  return `select coalesce(json_agg(json_build_object('key', f.key, 'relation', n.nspname || '.' || c.relname,
      'isCatalog', n.nspname in ('pg_catalog', 'information_schema'), 'isTable', c.relkind in ('r', 'm'))), '[]')
    from (values ${values.join(', ')}) f(key, tablespace, number)
    join pg_class c on c.oid = pg_filenode_relation(f.tablespace, f.number)
    join pg_namespace n on n.oid = c.relnamespace`
}

/** `public.orders: 3 DELETE, 1 UPDATE; …` */
export function changedText({ changes, isWhole }: Changed): Text {
  if (changes.length === 0) return { en: 'no rows of a table', ja: 'テーブルの行の変更なし' }
  const shown = changes.slice(0, 3).map(({ relation, operations }) => {
    const counts = Object.entries(operations).map(([operation, count]) =>
      operation === 'DROP' || operation === 'TRUNCATE' || operation === 'REWRITE'
        ? operation
        : `${count} ${operation}`,
    )
    const isNew = relation.startsWith('relfilenode ')
    const list = counts.join(', ')
    return {
      en: `${isNew ? `a new table (${relation})` : relation === catalogs ? 'system catalogs' : relation}: ${list}`,
      ja: `${isNew ? `新しいテーブル（${relation}）` : relation === catalogs ? 'システムカタログ' : relation}: ${list}`,
    }
  })
  const more = changes.length > shown.length ? ', …' : ''
  return {
    en: `${shown.map(({ en }) => en).join('; ')}${more}${isWhole ? '' : ' (of its last part)'}`,
    ja: `${shown.map(({ ja }) => ja).join('、')}${more === '' ? '' : ' など'}${isWhole ? '' : '（末尾の部分のみ）'}`,
  }
}
