import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkConnections } from '../../client/doctor/connections.ts'
import { connect, type Temporal, temporalSettings } from '../../client/temporal/connect.ts'
import { breakLab, healLab } from '../../lab/index.ts'
import { startWorker } from '../../workers/main.ts'
import { skipWithout } from '../lab/skip.ts'
import { type Desk, openDesk, scratch, type World, world } from '../scenarios/world.ts'

describe('the doctor about the connections of a runbook', () => {
  let here: World
  let temporal: Temporal
  let desk: Desk
  before(async function () {
    this.timeout(300_000)
    here = await world()
    skipWithout(this, here.lab, 'postgres', 'pgbackrest', 'redis', 'prometheus')
    await healLab(here.lab)
    desk = await openDesk(here)
    temporal = await connect(temporalSettings(here.lab.env))
  })
  after(async () => {
    await temporal?.close()
    if (here) await healLab(here.lab)
  })

  const examineNow = async (at: Desk) =>
    (await checkConnections(temporal, [at.book])).map(({ check, status, says, next }) => ({
      check,
      status,
      says: says.en,
      next: next?.en,
    }))
  /** A machine with more to do than it can is no answer. */
  const examine = async (at = desk) => {
    for (let tries = 1; ; tries += 1) {
      const found = await examineNow(at)
      if (tries === 5 || !found.some(({ says }) => /^HK601 unknown: no answer in/.test(says))) return found
    }
  }
  const deskOf = (cluster: string) => openDesk(here, { change: (book) => ({ ...book, cluster }) })

  it('finds that what the docs ask for is enough for every step of the runbook', async () => {
    assert.deepEqual((await examine()).map(({ check, status }) => [check, status]).sort(), [
      ['kubernetes lab/shodo', 'ok'],
      ['pgbackrest postgres-backups', 'ok'],
      ['postgres postgres-primary', 'ok'],
      ['postgres postgres-replica', 'ok'],
      ['prometheus prometheus', 'ok'],
      ['redis redis-master', 'ok'],
    ])
  })

  it('names the right that was taken away, and the words that give it back', async () => {
    await here.lab.databases.primary('revoke pg_signal_backend from hikeshi')
    const found = await examine().finally(() =>
      here.lab.databases.primary('grant pg_signal_backend to hikeshi'),
    )
    const primary = found.find(({ status }) => status === 'fail')
    assert.equal(primary?.check, 'postgres postgres-primary')
    assert.match(primary.says, /not a member of pg_signal_backend, which postgres\.terminate-idle needs/)
    assert.equal(primary.next, 'grant pg_signal_backend to "hikeshi"')
  })

  it('says of a server that is down what it says to the steps, and of the others that they are well', async () => {
    await breakLab(here.lab, 'redis-down')
    const found = await examine()
    const redis = found.find(({ check }) => check === 'redis redis-master')
    assert.deepEqual([redis?.status, redis?.says.slice(0, 5)], ['fail', 'HK508'])
    assert.ok(found.filter(({ status }) => status === 'ok').length === 5)
  })

  it('warns of a system that the cluster does not have at all, as the steps on it are left out', async () => {
    await scratch(async (dir) => {
      const cluster = `bare-${process.pid}`
      const file = join(dir, 'connections.yaml')
      await writeFile(file, 'connections: {}')
      const env = {
        ...here.env,
        HIKESHI_CLUSTER: cluster,
        HIKESHI_CONNECTIONS: file,
        HIKESHI_WORKER_ROLES: 'cluster',
      }
      const worker = await startWorker({ env })
      try {
        const found = await examine(await deskOf(cluster))
        const systems = found.filter(({ check }) => !check.startsWith('kubernetes'))
        assert.deepEqual([...new Set(systems.map(({ status }) => status))], ['warn'])
        assert.match(
          JSON.stringify(found),
          /this cluster has no Prometheus connection: the runbook's steps on it/,
        )
      } finally {
        worker.stop()
        await worker.stopped
      }
    })
  })

  it('asks nobody where a cluster has no worker, and says so', async () => {
    const elsewhere = await deskOf('elsewhere')
    const found = await examine(elsewhere)
    assert.deepEqual(
      found.map(({ check, status, says }) => [check, status, says.slice(0, 5)]),
      [
        ['kubernetes elsewhere/shodo', 'warn', 'HK506'],
        [`connections ${elsewhere.name}`, 'warn', 'HK506'],
      ],
    )
  })
})
