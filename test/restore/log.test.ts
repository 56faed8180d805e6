import assert from 'node:assert/strict'
import { readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { chooseByLog } from '../../activities/pgbackrest/repository/facts.ts'
import { pgbackrest, type Run, runAt } from '../../activities/pgbackrest/repository/program.ts'
import { readRepository, type Stored } from '../../activities/pgbackrest/repository/repository.ts'
import { endedLive, endedOn, type Log, parseEnded } from '../../activities/pgbackrest/repository/waldump.ts'
import { localStation } from '../../activities/pgbackrest/station/local-station.ts'
import { stoppable } from '../../activities/pulse.ts'
import { isRefusal } from '../../activities/refusal.ts'
import { pathTo } from '../../domain/restore/path.ts'
import { segmentNamed } from '../../domain/restore/segment.ts'
import { type Facts, gapsOf, windowsOf } from '../../domain/restore/window.ts'
import { describeUnless } from '../lab/skip.ts'
import {
  type Cluster,
  type Committed,
  nextSecond,
  noCluster,
  openCluster,
  storedFile,
  until,
} from './cluster.ts'

describeUnless(noCluster, 'the repository of a cluster', () => {
  let cluster: Cluster
  let run: Run
  let committed: Committed[] = []
  /** The last segment that is archived of the first timeline, and one in its middle. */
  let [middle, last] = ['', '']

  const read = (): Promise<Stored> => readRepository(run, 'postgres-backups', cluster.settings)
  const logOf = ({ repository }: Stored): Log => ({
    run,
    settings: cluster.settings,
    segmentBytes: repository.segmentBytes,
  })
  const facts = (more: Partial<Facts> = {}): Facts => ({
    nowMs: Date.now(),
    lastCommits: {},
    forks: {},
    ...more,
  })
  const number = (stored: Stored, name: string) =>
    segmentNamed(name, stored.repository.segmentBytes)?.segment ?? assert.fail(name)
  const choose = async (targetMs: number, more: Partial<Facts> = {}, timeline?: number) => {
    const stored = await read()
    const asked = { repository: stored.repository, targetMs, facts: facts(more), timeline }
    return (await chooseByLog(logOf(stored), asked)).choice
  }

  before(async function () {
    this.timeout(180_000)
    cluster = await openCluster()
    run = runAt(localStation(cluster.settings.as))
  })
  after(() => cluster?.close())

  it('has no backup at first, and takes the size of the segments from the server', async () => {
    const { repository } = await read()
    assert.deepEqual(repository.backups, [])
    assert.equal(repository.segmentBytes, 2 ** 20)
    assert.deepEqual(await choose(Date.now(), { live: 1 }), { kind: 'refused', reason: 'no-backups' })
  })

  it('has a window from the second after the backup up to now', async function () {
    this.timeout(120_000)
    await cluster.backup()
    await nextSecond()
    committed = [await cluster.commit('a'), await cluster.commit('b')]
    middle = await cluster.archived()
    committed.push(await cluster.commit('c'))
    const between = await cluster.archived()
    committed.push(await cluster.commit('d'), await cluster.commit('e'))
    last = await cluster.archived()

    const stored = await read()
    const [backup, ...others] = stored.repository.backups
    assert.deepEqual(others, [])
    assert.equal(backup?.type, 'full')
    assert.equal(stored.repository.segmentBytes, 2 ** 20)
    assert.deepEqual(stored.repository.runs.length, 1)
    assert.equal(stored.repository.runs[0]?.last, number(stored, last))
    assert.equal(number(stored, between), number(stored, middle) + 1)

    const nowMs = Date.now()
    assert.deepEqual(windowsOf(stored.repository, facts({ live: 1, nowMs }), 1), [
      {
        timeline: 1,
        fromMs: (backup?.stopMs ?? 0) + 1_000,
        beforeMs: nowMs + 1,
        end: 'now',
        backups: [backup?.label],
        lastSegment: last,
        cut: false,
      },
    ])
    const early = await choose((backup?.stopMs ?? 0) + 999, { live: 1 })
    assert.equal(early.kind === 'refused' ? early.reason : early.kind, 'before-oldest')
  })

  it('has in its log exactly what was committed, at the microsecond that the server says', async () => {
    const stored = await read()
    const [from, to] = [number(stored, middle), number(stored, last)]
    const ended = await endedOn(logOf(stored), pathTo(stored.repository, 1), from, to)
    const own = ended.filter(({ xid }) => committed.some((one) => one.xid === xid))
    assert.deepEqual(
      own.map(({ xid, atMs, kind }) => ({ xid, atMs, kind })),
      committed.map(({ xid, atMs }) => ({ xid, atMs, kind: 'commit' })),
    )
    for (const { xid, at } of own) {
      const [row] = await cluster.sql(
        'select pg_xact_commit_timestamp($1::text::xid) = $2::timestamptz as same',
        [String(xid), at],
      )
      assert.equal(row?.same, true, `${xid} at ${at}`)
    }
    assert.deepEqual(readdirSync(cluster.settings.copiesFolder), [], 'segments were left behind')
  })

  it('is behind the live log by what was committed since', async () => {
    const [start] = await cluster.sql('select pg_current_wal_flush_lsn()::text as lsn')
    const one = await cluster.commit('not archived')
    committed.push(one)
    const [end] = await cluster.sql('select pg_current_wal_flush_lsn()::text as lsn')
    const ended = await endedLive(
      { run, settings: cluster.settings },
      1,
      String(start?.lsn),
      String(end?.lsn),
    )
    assert.deepEqual(
      ended.map(({ xid, atMs }) => ({ xid, atMs })),
      [{ xid: one.xid, atMs: one.atMs }],
    )
  })

  it('leads to a target, and does not say so of one behind the last archived commit when nobody can make another', async () => {
    const [a] = committed
    const found = await choose((a?.atMs ?? 0) + 1)
    assert.equal(found.kind, 'found')
    const archivedUpTo = committed[4]?.atMs ?? 0
    const after = await choose(archivedUpTo)
    assert.equal(after.kind === 'refused' ? after.reason : after.kind, 'not-archived')
    const lastOne = await choose(archivedUpTo - 1)
    assert.equal(lastOne.kind, 'found')
    const live = await choose(Date.now(), { live: 1 })
    assert.equal(live.kind, 'found')
    const future = await choose(Date.now() + 60_000, { live: 1 })
    assert.equal(future.kind === 'refused' ? future.reason : future.kind, 'in-future')
  })

  it('cannot lead over a segment that is missing: two windows, and why there is none between', async function () {
    this.timeout(120_000)
    await cluster.archived()
    await cluster.backup()
    await nextSecond()
    const later = await cluster.commit('after the second backup')
    await cluster.archived()
    const file = storedFile(cluster, last)
    const aside = join(cluster.repository, 'aside')
    renameSync(file, aside)
    try {
      const { repository } = await read()
      assert.deepEqual(gapsOf(repository, 1), [{ timeline: 1, first: last, last, segments: 1 }])
      const [c, d] = [committed[2], committed[3]]
      const found = await choose((c?.atMs ?? 0) - 1, { live: 1 })
      assert.equal(found.kind, 'found')
      const lost = await choose(d?.atMs ?? 0, { live: 1 })
      if (lost.kind !== 'refused' || lost.reason !== 'in-gap') return assert.fail(JSON.stringify(lost))
      assert.equal(lost.before.beforeMs, c?.atMs)
      assert.equal(lost.after?.fromMs, (repository.backups[1]?.stopMs ?? 0) + 1_000)
      const second = await choose(later.atMs, { live: 1 })
      assert.equal(second.kind === 'found' ? second.backup.label : '', repository.backups[1]?.label)
    } finally {
      renameSync(aside, file)
    }
  })

  it('asks back where two timelines differ at the target, and not where they are the same', async function () {
    this.timeout(180_000)
    const kept = await cluster.commit('kept')
    const left = await cluster.commit('left behind')
    const more = await cluster.commit('left behind as well')
    await cluster.archived()
    const at = new Date(kept.atMs + 1).toISOString().replace('T', ' ').replace('Z', '+00')
    const options = ['--type=time', `--target=${at}`, '--target-action=promote']
    const copy = await cluster.beside('second', options, { archives: true })
    await until(
      async () => (await copy.sql('select pg_is_in_recovery() as is'))[0]?.is === false || undefined,
      'the copy to be promoted',
    )
    const new1 = await copy.commit('on the new timeline')
    const new2 = await copy.commit('also there')
    await copy.archived()

    const { repository } = await read()
    const [, second] = repository.timelines
    assert.deepEqual([second?.id, second?.parent?.timeline], [2, 1])
    assert.equal(second?.parent?.beforeMs, left.atMs)
    const live = { live: 2 }
    const shared = await choose(kept.atMs - 1, live)
    assert.equal(shared.kind === 'found' ? shared.timeline : shared.kind, 2)
    const same = await choose(left.atMs - 1, live)
    assert.equal(same.kind === 'found' ? same.timeline : same.kind, 2)
    const asked = await choose(left.atMs, live)
    if (asked.kind !== 'refused' || asked.reason !== 'on-two-histories')
      return assert.fail(JSON.stringify(asked))
    assert.deepEqual(
      asked.histories.map(({ timeline, live: isLive, from }) => ({ timeline, isLive, from })),
      [
        { timeline: 2, isLive: true, from: { timeline: 1, sharedMs: kept.atMs } },
        { timeline: 1, isLive: false, from: undefined },
      ],
    )
    const chosen = await choose(left.atMs, live, 1)
    assert.equal(chosen.kind === 'found' ? chosen.timeline : chosen.kind, 1)
    const ended = await choose(more.atMs, live, 1)
    assert.equal(ended.kind === 'refused' ? ended.reason : ended.kind, 'not-archived')
    const newest = await choose(new1.atMs, live)
    assert.equal(newest.kind === 'found' ? newest.timeline : newest.kind, 2)
    // Nobody knows who writes: the last commit of the log is the end.
    const unknown = await choose(new2.atMs)
    assert.equal(unknown.kind === 'refused' ? unknown.reason : unknown.kind, 'not-archived')
    const strange = await choose(left.atMs, live, 7)
    assert.deepEqual(strange, { kind: 'refused', reason: 'unknown-timeline', known: [1, 2] })
  })

  it('of another stanza, and a program that says no, are refused in its own words', async () => {
    const other = { ...cluster.settings, stanza: 'other' }
    await assert.rejects(readRepository(run, 'postgres-backups', other), (error: unknown) =>
      isRefusal(error, 'stanza-missing'),
    )
    const asked = run(pgbackrest({ ...cluster.settings, configFile: '/nowhere.conf' }, 'info'))
    await assert.rejects(asked, /ERROR: \[055\]: unable to open missing file '\/nowhere.conf'/)
    await assert.rejects(run(['/no/such/program']), (error: unknown) => isRefusal(error, 'command-failed'))
  })

  it('a program ends when the work must stop', async () => {
    const stop = new AbortController()
    const why = new Error('enough')
    const asked = stoppable(stop.signal, () => run(['sleep', '60']))
    stop.abort(why)
    await assert.rejects(asked, why)
  })
})

describe('a line of pg_waldump', () => {
  const line = (desc: string) =>
    `rmgr: Transaction len (rec/tot):     34/    34, tx:        725, lsn: 0/008020C0, prev 0/00802080, desc: ${desc}`

  it('tells who ended, when and where; other records tell nothing', () => {
    const lines = [
      line('COMMIT 2026-11-30 03:02:45.077549 UTC'),
      line('ABORT 2026-11-30 03:02:46 UTC'),
      line('COMMIT_PREPARED 724: 2026-11-30 03:02:47.5 UTC; inval msgs: catcache 7'),
      line('ASSIGNMENT xtop 725: subxacts: 726'),
      line('PREPARE gid a: 2026-11-30 03:02:45.077549 UTC'),
    ]
    const base = Date.UTC(2026, 10, 30, 3, 2)
    assert.deepEqual(parseEnded(lines.join('\n')), [
      { xid: 725, lsn: '0/8020C0', atMs: base + 45_077, at: '2026-11-30 03:02:45.077549+00', kind: 'commit' },
      { xid: 725, lsn: '0/8020C0', atMs: base + 46_000, at: '2026-11-30 03:02:46+00', kind: 'abort' },
      { xid: 724, lsn: '0/8020C0', atMs: base + 47_500, at: '2026-11-30 03:02:47.5+00', kind: 'commit' },
    ])
  })
})
