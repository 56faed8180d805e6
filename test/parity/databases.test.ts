/** The seed's changes of PostgreSQL and Redis as they are written, by `kubectl exec` in the pods, and ours: the same is left behind. */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import type { ChangeHand } from '../../domain/steps/contract.ts'
import { podOf } from '../../lab/faults/databases/down.ts'
import { hasCaughtUp } from '../../lab/faults/databases/replica.ts'
import { breakLab, healLab, type Lab } from '../../lab/index.ts'
import { until } from '../../lab/waiting.ts'
import { context } from '../activities/postgres/reach.ts'
import { type DatabasePods, openDatabasePods } from './database-pods.ts'
import { describeWithKubectl, kubectlIn } from './kubectl.ts'

const idleSessions = `
  SELECT pg_terminate_backend(pid)
  FROM pg_stat_activity
  WHERE state = 'idle'
    AND state_change < now() - interval '2 seconds'`

describeWithKubectl('the seed’s changes of databases', () => {
  let pods: DatabasePods
  let lab: Lab
  let hands: DatabasePods['hands']
  let canaries: readonly Canary[]

  before(async function () {
    this.timeout(300_000)
    pods = await openDatabasePods(this)
    ;({ lab, hands } = pods)
    canaries = await canariesOfMachine()
  })
  beforeEach(() => healLab(lab))
  after(async () => {
    if (lab) await healLab(lab)
  })

  const redisCli = async (...words: readonly string[]) =>
    (await pods.seed('redis-master-0', 'redis-cli', ...words)).trim()

  async function change<P>(hand: ChangeHand<P>, params: P, step: string) {
    const plan = await hand.plan(params, context(step))
    const done = await hand.run(params, plan, context(step))
    const verified = await hand.verify(params, plan, done, context(step))
    assert.equal(verified.ok, true, verified.says.en)
    return { plan, done }
  }

  it('terminate idle: the same sessions end, and with ours nobody else’s', async () => {
    const idle = async (changed: '<' | '>') => {
      const [row] = await lab.databases.primary(
        `select count(*)::int as idle from pg_stat_activity where usename = 'shodo' and state = 'idle' and state_change ${changed} now() - interval '2 seconds'`,
      )
      return row?.idle
    }
    // Sessions of the fault before may still be going and count for this one's: some are then not idle for 2 s, and both leave them.
    const allIdle = () =>
      until(async () => (await idle('>')) === 0, { what: 'all to be idle for 2 s', withinMs: 20_000 })
    await breakLab(lab, 'pg-idle-connections')
    await allIdle()
    const ended = await pods.psql(idleSessions, 'postgres-primary-0', '-d', 'shodo')
    assert.ok(ended.filter(({ pg_terminate_backend: answer }) => answer === 't').length >= 200)
    assert.equal(await idle('<'), 0)
    await healLab(lab)
    await breakLab(lab, 'pg-idle-connections')
    await allIdle()
    const { done } = await change(
      hands['postgres.terminate-idle'],
      { connection: 'postgres-primary', olderThan: 2_000, inTransaction: false, limit: 500 },
      'terminate',
    )
    assert.ok((done.after as { ended: number[] }).ended.length >= 200)
    assert.equal(await idle('<'), 0)
  })

  it('rebuilding the replica: by kubectl delete pod, and by ours, one that streams with the same data', async () => {
    const works = async () =>
      (await lab.databases.replica('select count(*)::int as works from works'))[0]?.works
    for (const how of ['kubectl', 'ours'] as const) {
      await breakLab(lab, 'replica-gone')
      const { metadata } = await podOf(lab, 'postgres-replica')
      if (how === 'kubectl')
        await kubectlIn(lab, 'shodo', 'delete', 'pod', 'postgres-replica-0', '--wait=false')
      else
        await change(
          hands['postgres.rebuild-replica'],
          { pod: 'postgres-replica-0', primary: 'postgres-primary', replica: 'postgres-replica' },
          'rebuild',
        )
      await until(() => hasCaughtUp(lab), { what: 'the replica to stream', withinMs: 30_000 })
      assert.notEqual((await podOf(lab, 'postgres-replica')).metadata.uid, metadata.uid)
      assert.equal(await works(), 1_000)
    }
  })

  it('CONFIG SET maxmemory and policy: the same settings; ours goes back to the ones before', async () => {
    const settings = () =>
      lab.databases.redis(async (redis) => [
        await redis.config('GET', 'maxmemory'),
        await redis.config('GET', 'maxmemory-policy'),
      ])
    const before = await settings()
    assert.equal(await redisCli('CONFIG', 'SET', 'maxmemory', '2gb'), 'OK')
    await redisCli('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru')
    const theirs = await settings()
    await healLab(lab)
    const wanted = { connection: 'redis-master', maxmemory: 2 * 2 ** 30, policy: 'allkeys-lru' } as const
    const { plan } = await change(hands['redis.set-memory'], wanted, 'memory')
    assert.deepEqual(await settings(), theirs)
    const was = plan.before as { maxmemory: number; policy: 'noeviction' }
    await change(
      hands['redis.set-memory'],
      { connection: 'redis-master', maxmemory: was.maxmemory, policy: was.policy },
      'undo',
    )
    assert.deepEqual(await settings(), before)
  })

  it('FLUSHDB: no key is left but the mark of ours', async () => {
    const fill = () => lab.databases.redis((redis) => redis.mset('page-cache:a', '1', 'page-cache:b', '2'))
    const keys = () => lab.databases.redis((redis) => redis.keys('*'))
    await fill()
    assert.equal(await redisCli('FLUSHDB'), 'OK')
    assert.deepEqual(await keys(), [])
    await fill()
    const { plan } = await change(hands['redis.flushdb'], { connection: 'redis-master' }, 'flush')
    assert.match(plan.says.en, /\b2 keys/)
    assert.ok((await keys()).every((key) => key.startsWith('hikeshi:flushed:')))
  })

  it('none of it touched a server of the machine at its default port', async () => {
    for (const { port, answer } of canaries) assert.equal(await sayingOf(port), answer, `port ${port}`)
  })
})

type Canary = { readonly port: number; readonly answer: string | undefined }

/** What the machine's own servers say of themselves, where there are any; they are looked at and nothing else. */
async function canariesOfMachine(): Promise<readonly Canary[]> {
  return Promise.all([5_432, 6_379].map(async (port) => ({ port, answer: await sayingOf(port) })))
}

/** Redis: its run id and keys. PostgreSQL: whether it answers at all, because who may log in there is not ours to know. */
function sayingOf(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    let said = ''
    const socket = connect(port, '127.0.0.1', () => {
      if (port === 6_379) socket.write('INFO server\r\nINFO keyspace\r\nQUIT\r\n')
      else socket.end(Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]))
    })
    socket.setTimeout(2_000, () => socket.destroy())
    socket.on('data', (chunk) => {
      said += chunk
    })
    socket.once('error', () => resolve(undefined))
    socket.once('close', () =>
      resolve(
        said
          .split(/\r?\n/)
          .filter((line) => /^(run_id|process_id|db\d+):|^[SN]$/.test(line))
          .map((line) => line.replace(/,expires=.*/, ''))
          .join(' '),
      ),
    )
  })
}
