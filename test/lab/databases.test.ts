import assert from 'node:assert/strict'
import { existsSync, renameSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { podOf } from '../../lab/faults/databases/down.ts'
import { hasCaughtUp } from '../../lab/faults/databases/replica.ts'
import { healLab, type Lab } from '../../lab/index.ts'
import { portsFrom } from '../../lab/ports.ts'
import { isReady } from '../../lab/shodo/rollout.ts'
import { readState } from '../../lab/state.ts'
import { until } from '../../lab/waiting.ts'
import { sharedLab } from './shared.ts'
import { skipWithout } from './skip.ts'

const pods = '/api/v1/namespaces/shodo/pods'

describe('the databases of the lab', () => {
  let lab: Lab
  before(async function () {
    this.timeout(300_000)
    lab = await sharedLab()
    skipWithout(this, lab, 'postgres', 'redis')
    await healLab(lab)
  })

  /** A pod of this name that is another one than before, and Ready. */
  async function replaced(set: Parameters<typeof podOf>[1], before: string | undefined): Promise<void> {
    await until(
      async () => {
        const pod = await podOf(lab, set)
        return pod.metadata.uid !== before && isReady(pod)
      },
      { what: `a new ${set}-0`, withinMs: 20_000 },
    )
  }

  it('are a primary, a replica that streams from it, and a Redis, each with its own log', async () => {
    assert.equal(await hasCaughtUp(lab), true)
    const [own] = await lab.databases.replica('select count(*)::int as works from works')
    assert.equal(own?.works, 1_000)
    const extensions = await lab.databases.primary('select extname from pg_extension order by 1')
    assert.ok(extensions.some(({ extname }) => extname === 'plpgsql'))
    for (const [pod, line] of [
      ['postgres-primary-0', /database system is ready to accept connections/],
      ['postgres-replica-0', /started streaming WAL from primary/],
      ['redis-master-0', /Ready to accept connections/],
    ] as const) {
      assert.match(await lab.cluster().get<string>(`${pods}/${pod}/log`), line)
    }
  })

  it('a new pod of the primary has the data of the old one, a new replica copies them', async () => {
    await lab.databases.primary(
      "insert into visits values ('/kept', 7) on conflict (page) do update set count = 7",
    )
    for (const set of ['postgres-primary', 'postgres-replica'] as const) {
      const { metadata } = await podOf(lab, set)
      await lab.cluster().delete(`${pods}/${set}-0`)
      await replaced(set, metadata.uid)
    }
    await until(() => hasCaughtUp(lab), { what: 'the replica to stream', withinMs: 20_000 })
    const visits = "select count::int from visits where page = '/kept'"
    assert.deepEqual(await lab.databases.replica(visits), [{ count: 7 }])
  })

  it('a primary whose data folder is gone makes no empty one in its place: it fails, and says so', async () => {
    const set = '/apis/apps/v1/namespaces/shodo/statefulsets/postgres-primary'
    const folder = join(readState(lab.dir)?.data ?? '', 'postgres-primary')
    const pgdata = join(folder, 'pgdata')
    await lab.cluster().mergePatch(set, { spec: { replicas: 0 } })
    await until(async () => !existsSync(join(pgdata, 'postmaster.pid')), {
      what: 'the primary to end',
      withinMs: 20_000,
    })
    renameSync(pgdata, join(folder, 'elsewhere'))
    rmSync(join(folder, 'made-for'))
    try {
      await lab.cluster().mergePatch(set, { spec: { replicas: 1 } })
      const log = () => lab.cluster().get<string>(`${pods}/postgres-primary-0/log`)
      await until(async () => (await log()).includes(`container: ${pgdata} is missing`), {
        what: 'the container to say so',
        withinMs: 20_000,
      })
      assert.equal(isReady(await podOf(lab, 'postgres-primary')), false)
      assert.equal(existsSync(pgdata), false)
    } finally {
      renameSync(join(folder, 'elsewhere'), pgdata)
    }
    await lab.databases.settled()
    const [own] = await lab.databases.primary('select count(*)::int as works from works')
    assert.equal(own?.works, 1_000)
    await until(() => hasCaughtUp(lab), { what: 'the replica to stream', withinMs: 20_000 })
  })

  it('a process that dies is started again, and its pod counts the restart', async () => {
    const restarts = async () => {
      const { status } = await podOf(lab, 'redis-master')
      return (status as unknown as { containerStatuses: { restartCount: number }[] }).containerStatuses[0]
        ?.restartCount
    }
    const before = (await restarts()) ?? 0
    await lab.databases.redis(async (redis) => {
      await redis.set('page-cache:kept', 'yes')
      await redis.shutdown('NOSAVE').catch(() => undefined)
    })
    await until(async () => (await restarts()) === before + 1 && isReady(await podOf(lab, 'redis-master')), {
      what: 'Redis to be there again',
      withinMs: 15_000,
    })
    assert.equal(await lab.databases.redis((redis) => redis.get('page-cache:kept')), 'yes')
  })

  it('end with the node agent that runs them, however it ends, and come back with the next', async () => {
    await lab.kill('node-agent')
    await until(() => isClosed(portOfRedis(lab)), { what: 'Redis to be gone', withinMs: 10_000 })
    await lab.start('node-agent')
    await until(async () => (await lab.databases.redis((redis) => redis.ping())) === 'PONG', {
      what: 'Redis to answer again',
      withinMs: 20_000,
    })
    await until(() => hasCaughtUp(lab), { what: 'the replica to stream', withinMs: 20_000 })
  })
})

function portOfRedis({ dir }: Lab): number {
  return portsFrom(readState(dir)?.base ?? 0).redis
}

function isClosed(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(false)
    })
    socket.once('error', () => resolve(true))
  })
}
