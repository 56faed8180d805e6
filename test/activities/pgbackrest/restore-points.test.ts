import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { connectionsOf } from '../../../activities/connections-file.ts'
import { kubernetesApi } from '../../../activities/kubernetes/api/client.ts'
import { restoreHands } from '../../../activities/pgbackrest/index.ts'
import { placeOf } from '../../../activities/pgbackrest/place.ts'
import { catalogue } from '../../../domain/steps/catalogue.ts'
import type { Reading, StepContext } from '../../../domain/steps/contract.ts'
import { said } from '../../../domain/words.ts'
import { describeUnless } from '../../lab/skip.ts'
import {
  type Cluster,
  type Committed,
  nextSecond,
  noCluster,
  openCluster,
  storedFile,
  until,
} from '../../restore/cluster.ts'

const context: StepContext = {
  incident: 'shodo-1',
  stepRun: 'shodo-1/points',
  cluster: 'lab',
  namespace: 'shodo',
  nowMs: Date.now(),
  head: { seq: 0, hash: '0'.repeat(64) },
}

type Points = {
  readonly liveTimeline: number | null
  readonly windows: readonly Readonly<Record<string, unknown>>[]
  readonly timelines: readonly Readonly<Record<string, unknown>>[]
  readonly backups: readonly Readonly<Record<string, unknown>>[]
  readonly gaps: readonly Readonly<Record<string, unknown>>[]
  readonly archiver: Readonly<Record<string, unknown>> | null
  readonly unarchived: Readonly<Record<string, unknown>> | null
  readonly commits: readonly Readonly<Record<string, unknown>>[] | null
  readonly commitsComplete: boolean | null
}

describeUnless(noCluster, 'postgres.restore-points', () => {
  let cluster: Cluster

  const read = (given: object = {}, connections = cluster.connections): Promise<Reading> => {
    const params = catalogue['postgres.restore-points'].params.parse(given)
    const place = placeOf(connections, kubernetesApi({ cluster: 'none', kubeconfigPath: '/nonexistent' }))
    return restoreHands(place)['postgres.restore-points'](params, context)
  }
  const pointsIn = ({ facts }: Reading) => facts as unknown as Points
  const codesIn = ({ findings }: Reading) => findings.map(({ code }) => code)

  before(async function () {
    this.timeout(180_000)
    cluster = await openCluster()
  })
  after(() => cluster?.close())

  it('finds that there is no backup', async () => {
    const reading = await read()
    assert.deepEqual(codesIn(reading), ['backup-missing'])
    assert.deepEqual(pointsIn(reading).windows, [])
    assert.equal(reading.findings[0]?.subject, 'postgres/postgres-primary')
    const connections = connectionsOf(
      {
        'postgres-primary': cluster.connections.postgres('postgres-primary'),
        'postgres-backups': { ...cluster.settings, stanza: 'other' },
      },
      process.env,
    )
    assert.deepEqual(codesIn(await read({}, connections)), ['backup-missing'])
  })

  it('tells the window, both ends, what is not archived yet, and the commits around a time', async function () {
    this.timeout(120_000)
    await cluster.backup()
    await nextSecond()
    const archived: Committed[] = [await cluster.commit('a'), await cluster.commit('b')]
    const segment = await cluster.archived()
    const waiting = await cluster.commit('c')

    const near = waiting.atMs
    const reading = await read({ near })
    const { windows, backups, unarchived, commits, commitsComplete, liveTimeline, archiver } =
      pointsIn(reading)
    assert.deepEqual(codesIn(reading), [])
    assert.equal(reading.partial, undefined)
    assert.equal(liveTimeline, 1)
    assert.equal(archiver?.lastArchived, segment)
    const [backup] = backups
    assert.equal(backup?.usable, true)
    const [window, ...others] = windows
    assert.deepEqual(others, [])
    assert.equal(window?.end, 'now')
    assert.equal(Date.parse(String(window?.from)), Date.parse(String(backup?.stopped)) + 1_000)
    assert.equal(window?.lastArchivedCommit, new Date(archived[1]?.atMs ?? 0).toISOString())
    assert.equal(unarchived?.commits, 1)
    assert.ok(Number(unarchived?.bytes) > 0)
    for (const { xid } of [...archived, waiting])
      assert.ok(
        commits?.some((one) => one.xid === xid),
        `${xid} is missing`,
      )
    assert.equal(commitsComplete, true)
    const { en, ja } = said(reading.text ?? '')
    assert.match(en, /^timeline 1: \S+ \S+ UTC to now, archived up to the commit at \S+ \S+ UTC\n/)
    assert.match(en, /If the primary died now: \S+ \S+ of log lost, 1 commit/)
    assert.match(ja, /^タイムライン 1: \S+ \S+ UTC から現在まで。/)
  })

  it('lists only what ended within the span', async () => {
    const one = await cluster.commit('alone')
    const { commits } = pointsIn(await read({ near: one.atMs, around: 0 }))
    assert.deepEqual(
      commits?.map(({ xid }) => xid),
      [one.xid],
    )
  })

  it('finds that a backup is old, and that commits have waited too long', async () => {
    const reading = await read({ maxAge: 0, behindOver: 0 })
    assert.deepEqual(codesIn(reading), ['archive-behind', 'backup-old'])
  })

  it('finds that archiving fails', async () => {
    await cluster.sql("alter system set archive_command = 'false'")
    await cluster.sql('select pg_reload_conf()')
    await cluster.commit('not archived')
    await cluster.sql('select pg_switch_wal()')
    await until(
      async () =>
        (await cluster.sql('select failed_count::int as n from pg_stat_archiver'))[0]?.n ? true : undefined,
      'a failure',
    )
    const reading = await read()
    assert.deepEqual(codesIn(reading), ['archive-failing'])
    assert.ok(Number(pointsIn(reading).archiver?.failedCount) > 0)
    await cluster.sql('alter system reset archive_command')
    await cluster.sql('select pg_reload_conf()')
  })

  it('still tells the repository’s part when the primary does not answer, and what it does not know', async () => {
    const connections = connectionsOf(
      {
        'postgres-primary': { ...cluster.connections.postgres('postgres-primary'), port: 1 },
        'postgres-backups': cluster.settings,
      },
      process.env,
    )
    const reading = await read({}, connections)
    assert.equal(reading.partial, true)
    const { windows, archiver, unarchived, liveTimeline } = pointsIn(reading)
    assert.deepEqual([archiver, unarchived, liveTimeline], [null, null, null])
    assert.equal(windows[0]?.end, 'last-commit')
    assert.match(
      said(reading.text ?? '').en,
      /^Cannot reach postgres-primary: .* Unknown whether archiving works/,
    )
  })

  it('finds the gap that a lost segment leaves: up to it one can return, and to nothing after it', async function () {
    this.timeout(120_000)
    const before = await cluster.commit('before the gap')
    const kept = await cluster.archived()
    await cluster.commit('lost')
    const lost = await cluster.archived()
    await cluster.commit('after the gap')
    await cluster.archived()
    rmSync(storedFile(cluster, lost))

    const reading = await read()
    assert.deepEqual(codesIn(reading), ['archive-gap'])
    const { windows, gaps } = pointsIn(reading)
    assert.deepEqual(gaps, [{ timeline: 1, first: lost, last: lost, segments: 1 }])
    assert.deepEqual(
      windows.map(({ before: end, lastSegment, cut }) => ({ end, lastSegment, cut })),
      [{ end: new Date(before.atMs).toISOString(), lastSegment: kept, cut: true }],
    )
  })
})
