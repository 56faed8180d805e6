/** What one transaction changed, from the lines of pg_waldump: rows by operation and relation file, whole files made and dropped. */

/** `1663/5/16385`: tablespace, database and file of a relation. */
export type RelationFile = { readonly tablespace: number; readonly database: number; readonly file: number }

export type Operation = 'INSERT' | 'UPDATE' | 'DELETE' | 'TRUNCATE' | 'DROP' | 'REWRITE'

export type Tally = {
  /** Rows by file, by operation. */
  readonly rows: Map<string, Map<Operation, number>>
  /** Files that it made: those of new tables, and the new ones of a table that was emptied or rewritten. */
  readonly made: Set<string>
  /** Files that went with its commit. */
  dropped: readonly string[]
}

export function newTally(): Tally {
  return { rows: new Map(), made: new Set(), dropped: [] }
}

const recordLine = /^rmgr: (\S+) .*? tx: +(\d+), lsn: ([0-9A-F]+\/[0-9A-F]+), .*? desc: (.*)$/

export type WalRecord = {
  readonly manager: string
  readonly xid: number
  /** As pg_waldump writes it, filled up with zeros. */
  readonly lsn: string
  readonly desc: string
}

export function recordIn(line: string): WalRecord | undefined {
  const [, manager = '', xid, lsn = '', desc = ''] = recordLine.exec(line) ?? []
  return xid === undefined ? undefined : { manager, xid: Number(xid), lsn, desc }
}

/** One more record of the transaction. What only moves rows about or locks them changes nothing. */
export function tally(into: Tally, { manager, desc }: WalRecord): void {
  if (manager === 'Storage') {
    const made = /^CREATE (\S+)/.exec(desc)?.[1]
    if (made !== undefined) into.made.add(fileAt(made))
    return
  }
  if (manager !== 'Heap' && manager !== 'Heap2') return
  const [, verb = '', tuples] = /^([A-Z_]+)(?:\+INIT)?(?: (\d+) tuples)?/.exec(desc) ?? []
  const operation = operations[verb]
  const file = /blkref #0: rel (\d+\/\d+\/\d+)/.exec(desc)?.[1]
  if (operation === undefined || file === undefined) return
  const count = verb === 'MULTI_INSERT' ? Number(tuples ?? /ntuples: (\d+)/.exec(desc)?.[1] ?? 1) : 1
  const own = into.rows.get(file) ?? new Map<Operation, number>()
  into.rows.set(file, own.set(operation, (own.get(operation) ?? 0) + count))
}

const operations: Readonly<Record<string, Operation>> = {
  INSERT: 'INSERT',
  MULTI_INSERT: 'INSERT',
  UPDATE: 'UPDATE',
  HOT_UPDATE: 'UPDATE',
  DELETE: 'DELETE',
}

/** Of a commit record: the subtransactions, whose records carry numbers of their own, and the files that it drops. */
export function commitIn(desc: string): {
  readonly subtransactions: readonly number[]
  readonly dropped: readonly string[]
} {
  const wordsOf = (label: string) =>
    (new RegExp(`; ${label}: ([^;]*)`).exec(desc)?.[1] ?? '').split(/\s+/).filter((word) => word !== '')
  return {
    subtransactions: wordsOf('subxacts').map(Number),
    dropped: wordsOf('rels').map(fileAt),
  }
}

/** The next number that a transaction would have got, in the list that the server writes of those under way. */
export function nextXidIn(desc: string): number | undefined {
  const found = /^RUNNING_XACTS nextXid (\d+)/.exec(desc)?.[1]
  return found === undefined ? undefined : Number(found)
}

/** Whether the first number was given out before the second; they wrap around at 2³². */
export function isBeforeXid(a: number, b: number): boolean {
  return ((a - b) | 0) < 0
}

/** `base/5/16385`, `global/1262`, `pg_tblspc/16390/PG_15_202209061/5/16391` as `1663/5/16385`. */
function fileAt(path: string): string {
  const parts = path.split('/')
  const [file = '0', database = '0'] = [parts.at(-1), parts.at(-2)]
  if (parts[0] === 'global') return `1664/0/${file}`
  return `${parts[0] === 'pg_tblspc' ? parts[1] : 1663}/${database}/${file}`
}

export function relationFile(key: string): RelationFile {
  const [tablespace = 0, database = 0, file = 0] = key.split('/').map(Number)
  return { tablespace, database, file }
}

/** What the copy calls a file. */
export type Named = { readonly relation: string; readonly isCatalog: boolean; readonly isTable: boolean }

/** `public.orders`; of a file that nothing had before, its number; of the catalogs, all of them together. */
export type Change = {
  readonly relation: string
  readonly database: string | null
  readonly operations: { readonly [operation: string]: number }
}

const pgClass = 'pg_catalog.pg_class'
export const catalogs = 'pg_catalog.*'

/**
 * The tally with names. A table whose file is dropped is gone where a row of pg_class is deleted; else it has a new file, which is empty after
 * TRUNCATE. Rows of several tables in one transaction can blur that.
 */
export function changesOf(
  { rows, made, dropped }: Tally,
  named: ReadonlyMap<string, Named>,
  databases: ReadonlyMap<number, string>,
): readonly Change[] {
  const changes = new Map<string, { database: string | null; operations: Map<string, number> }>()
  const add = (file: string, relation: string, operation: string, count: number) => {
    const database = databases.get(relationFile(file).database) ?? null
    const key = `${database}/${relation}`
    const { operations: own } = changes.get(key) ?? { operations: new Map<string, number>() }
    changes.set(key, { database, operations: own.set(operation, (own.get(operation) ?? 0) + count) })
  }
  for (const [file, counts] of rows)
    for (const [operation, count] of counts) {
      const name = named.get(file)
      if (name?.isCatalog) add(file, catalogs, operation, count)
      else if (name === undefined) add(file, `relfilenode ${relationFile(file).file}`, operation, count)
      else if (name.isTable) add(file, name.relation, operation, count)
    }
  const dropsTables = [...rows].some(
    ([file, counts]) => named.get(file)?.relation === pgClass && counts.has('DELETE'),
  )
  const isFilled = [...made].some((file) => rows.has(file))
  for (const file of dropped) {
    const name = named.get(file)
    if (name === undefined || !name.isTable || name.isCatalog) continue
    add(file, name.relation, dropsTables ? 'DROP' : isFilled ? 'REWRITE' : 'TRUNCATE', 1)
  }
  return [...changes]
    .map(([key, { database, operations: own }]) => ({
      relation: key.slice(key.indexOf('/') + 1),
      database,
      operations: Object.fromEntries(own),
    }))
    .toSorted((a, b) => Number(a.relation === catalogs) - Number(b.relation === catalogs))
}
