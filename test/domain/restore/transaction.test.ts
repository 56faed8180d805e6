import assert from 'node:assert/strict'
import {
  changesOf,
  commitIn,
  isBeforeXid,
  type Named,
  newTally,
  nextXidIn,
  recordIn,
  tally,
} from '../../../domain/restore/transaction.ts'

const line = (manager: string, desc: string, xid = 726) =>
  `rmgr: ${manager.padEnd(11)} len (rec/tot):     61/    61, tx:        ${xid}, lsn: 0/00700028, prev 0/0065A688, desc: ${desc}`

const orders: Named = { relation: 'public.orders', isCatalog: false, isTable: true }
const pgClass: Named = { relation: 'pg_catalog.pg_class', isCatalog: true, isTable: true }
const index: Named = { relation: 'public.orders_pkey', isCatalog: false, isTable: false }
const named = new Map([
  ['1663/5/16385', orders],
  ['1663/5/1259', pgClass],
  ['1663/5/16390', index],
])
const databases = new Map([[5, 'shodo']])

function changed(lines: readonly string[], dropped: readonly string[] = []) {
  const counted = newTally()
  counted.dropped = dropped
  for (const each of lines) tally(counted, recordIn(each) ?? assert.fail(each))
  return changesOf(counted, named, databases).map(({ relation, operations }) => [relation, operations])
}

describe('what a transaction changed, by its records', () => {
  it('is counted in rows, by table; locks, indexes and pruning change nothing', () => {
    const rel = 'blkref #0: rel 1663/5/16385 blk 0'
    const lines = [
      line('Heap', `INSERT off 58 flags 0x00, ${rel}`),
      line('Heap', `INSERT+INIT off 1 flags 0x00, ${rel}`),
      line('Heap', `DELETE off 1 flags 0x00 KEYS_UPDATED , ${rel}`),
      line('Heap', `LOCK off 10: xid 727: flags 0x00 LOCK_ONLY EXCL_LOCK , ${rel}`),
      line(
        'Heap',
        `UPDATE off 10 xmax 727 flags 0x00 ; new off 59 xmax 0, ${rel}, blkref #1: rel 1663/5/16385 blk 5`,
      ),
      line('Heap', `HOT_UPDATE off 31 xmax 730 flags 0x60 ; new off 44 xmax 0, ${rel}`),
      line('Heap2', `MULTI_INSERT+INIT 6 tuples flags 0x02, ${rel}`),
      line('Heap2', `MULTI_INSERT ntuples: 2, flags: 0x02, ${rel}`),
      line('Heap2', `PRUNE latestRemovedXid 730 nredirected 0 ndead 2, ${rel}`),
      line('Btree', 'INSERT_LEAF off 58, blkref #0: rel 1663/5/16390 blk 1'),
    ]
    assert.deepEqual(changed(lines), [['public.orders', { INSERT: 10, DELETE: 1, UPDATE: 2 }]])
  })

  it('is a TRUNCATE, a DROP or a REWRITE where the file of a table goes', () => {
    const catalog = (verb: string) =>
      line('Heap', `${verb} off 6 flags 0x60, blkref #0: rel 1663/5/1259 blk 0`)
    const made = line('Storage', 'CREATE base/5/16393')
    const filled = line('Heap', 'INSERT off 1 flags 0x00, blkref #0: rel 1663/5/16393 blk 0')
    const files = ['1663/5/16390', '1663/5/16385']
    assert.deepEqual(changed([made, catalog('UPDATE')], files), [
      ['public.orders', { TRUNCATE: 1 }],
      ['pg_catalog.*', { UPDATE: 1 }],
    ])
    assert.deepEqual(changed([catalog('DELETE')], files), [
      ['public.orders', { DROP: 1 }],
      ['pg_catalog.*', { DELETE: 1 }],
    ])
    assert.deepEqual(changed([made, filled, catalog('UPDATE')], files)[1], ['public.orders', { REWRITE: 1 }])
  })

  it('names a file by its number where it came with the transaction', () => {
    const lines = [line('Heap', 'INSERT off 1 flags 0x00, blkref #0: rel 1663/5/16402 blk 0')]
    assert.deepEqual(changed(lines), [['relfilenode 16402', { INSERT: 1 }]])
  })

  it('counts subtransactions, and reads which files the commit drops, in tablespaces too', () => {
    const desc =
      'COMMIT 2026-11-30 03:26:18.415155 UTC; rels: base/5/16390 pg_tblspc/16500/PG_15_202209061/5/16391; subxacts: 727 728; inval msgs: catcache 55'
    assert.deepEqual(commitIn(desc), {
      subtransactions: [727, 728],
      dropped: ['1663/5/16390', '16500/5/16391'],
    })
    assert.deepEqual(commitIn('COMMIT 2026-11-30 03:26:18.415155 UTC'), { subtransactions: [], dropped: [] })
  })

  it('begins where its number was not given out yet, also when numbers have wrapped around', () => {
    const desc = 'RUNNING_XACTS nextXid 731 latestCompletedXid 730 oldestRunningXid 731'
    assert.equal(nextXidIn(desc), 731)
    assert.equal(nextXidIn('LOCK xid 729 db 5 rel 16385'), undefined)
    assert.deepEqual(
      [isBeforeXid(730, 731), isBeforeXid(731, 731), isBeforeXid(732, 731)],
      [true, false, false],
    )
    assert.equal(isBeforeXid(4_294_967_290, 5), true)
  })

  it('says nothing of a line that is no record', () => {
    assert.equal(recordIn('first record is after 0/700000, at 0/700028, skipping over 40 bytes'), undefined)
  })
})
