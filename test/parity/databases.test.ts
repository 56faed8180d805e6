/**
 * The seed's commands on PostgreSQL and Redis as they are written, by `kubectl exec` in the pods, and our steps beside them: a change
 * leaves the same behind, and a reading holds every fact of the command's output.
 */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { openConnections } from '../../activities/connections.ts'
import { handsOf } from '../../activities/hands.ts'
import { kubernetesApi } from '../../activities/kubernetes/index.ts'
import type { ChangeHand } from '../../domain/steps/contract.ts'
import { podOf } from '../../lab/faults/databases/down.ts'
import { hasCaughtUp } from '../../lab/faults/databases/replica.ts'
import { breakLab, healLab, type Lab } from '../../lab/index.ts'
import { until } from '../../lab/waiting.ts'
import { context, factsOf } from '../activities/postgres/reach.ts'
import { sharedLab } from '../lab/shared.ts'
import { skipWithout } from '../lab/skip.ts'
import { describeWithKubectl, kubectlIn } from './kubectl.ts'

const idleSessions = `
  SELECT pg_terminate_backend(pid)
  FROM pg_stat_activity
  WHERE state = 'idle'
    AND state_change < now() - interval '2 seconds'`

describeWithKubectl('the seed’s commands on databases', () => {
  let lab: Lab
  let hands: ReturnType<typeof handsOf>
  let canaries: readonly Canary[]

  before(async function () {
    this.timeout(300_000)
    lab = await sharedLab()
    skipWithout(this, lab, 'exec', 'postgres', 'redis')
    canaries = await canariesOfMachine()
    hands = handsOf({
      kubernetes: kubernetesApi({ cluster: 'lab', kubeconfigPath: lab.workerKubeconfig }),
      connections: await openConnections(lab.env.HIKESHI_CONNECTIONS, {}),
    })
  })
  beforeEach(() => healLab(lab))
  after(async () => {
    if (lab) await healLab(lab)
  })

  async function seed(pod: string, ...argv: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await kubectlIn(lab, 'shodo', 'exec', pod, '--', ...argv)
    assert.equal(code, 0, stderr)
    return stdout
  }
  const psql = (sql: string) =>
    seed('postgres-primary-0', 'psql', '-U', 'shodo', '-d', 'shodo', '-At', '-F', '\t', '-c', sql)
  const rowsOf = (answer: string) =>
    answer
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split('\t'))

  async function change<P>(hand: ChangeHand<P>, params: P, step: string) {
    const plan = await hand.plan(params, context(step))
    const done = await hand.run(params, plan, context(step))
    const verified = await hand.verify(params, plan, done, context(step))
    assert.equal(verified.ok, true, verified.says.en)
    return { plan, done }
  }

  it('pg_isready: the same answer, up and down', async () => {
    const ready = () => hands['postgres.ready']({ connection: 'postgres-primary' }, context())
    assert.match(await seed('postgres-primary-0', 'pg_isready', '-U', 'shodo'), /accepting connections/)
    assert.equal((await ready()).facts !== null && factsOf(await ready()).answer, 'accepting')
    await breakLab(lab, 'pg-down')
    const { code } = await kubectlIn(
      lab,
      'shodo',
      'exec',
      'postgres-primary-0',
      '--',
      'pg_isready',
      '-U',
      'shodo',
    )
    assert.notEqual(code, 0)
    assert.equal(factsOf(await ready()).answer, 'no-response')
  })

  it('connections by state and wait: each line of psql is in the facts', async () => {
    await breakLab(lab, 'pg-idle-connections')
    const answer = rowsOf(
      await psql(
        "SELECT count(*), state, wait_event_type FROM pg_stat_activity WHERE usename = 'shodo' AND state = 'idle' GROUP BY state, wait_event_type;",
      ),
    )
    const { byState } = factsOf(
      await hands['postgres.connections']({ connection: 'postgres-primary', idleAfter: 2_000 }, context()),
    ) as { byState: { state: string; wait: string; count: number }[] }
    assert.equal(answer.length, 1)
    for (const [count, state, wait] of answer) {
      const own = byState.filter((s) => s.state === state && s.wait.startsWith(`${wait}/`))
      assert.ok(own.reduce((sum, s) => sum + s.count, 0) >= Number(count), `${count} ${state} ${wait}`)
    }
  })

  it('terminate idle: the same sessions end, and with ours nobody else’s', async () => {
    const idle =
      "select count(*)::int as idle from pg_stat_activity where usename = 'shodo' and state = 'idle' and state_change < now() - interval '2 seconds'"
    await breakLab(lab, 'pg-idle-connections')
    const ended = rowsOf(await psql(idleSessions)).filter(([answer]) => answer === 't')
    assert.ok(ended.length >= 200)
    assert.deepEqual(await lab.databases.primary(idle), [{ idle: 0 }])
    await healLab(lab)
    await breakLab(lab, 'pg-idle-connections')
    const { done } = await change(
      hands['postgres.terminate-idle'],
      { connection: 'postgres-primary', olderThan: 2_000, inTransaction: false, limit: 500 },
      'terminate',
    )
    assert.ok((done.after as { ended: number[] }).ended.length >= 200)
    assert.deepEqual(await lab.databases.primary(idle), [{ idle: 0 }])
  })

  it('replication, as primary and replica see it: every figure', async () => {
    const [row = []] = rowsOf(
      await psql(
        'SELECT application_name, state, sent_lsn = write_lsn, replay_lsn IS NOT NULL FROM pg_stat_replication;',
      ),
    )
    const seen = await hands['postgres.replication'](
      { connection: 'postgres-primary', replicas: 1, lagOver: 30_000, lagOverBytes: 16_777_216 },
      context(),
    )
    const { replicas } = factsOf(seen) as { replicas: Record<string, unknown>[] }
    assert.deepEqual([replicas[0]?.name, replicas[0]?.state], row.slice(0, 2))
    for (const figure of [
      'sentBytes',
      'writeBytes',
      'flushBytes',
      'replayBytes',
      'writeMs',
      'flushMs',
      'replayMs',
    ])
      assert.ok(figure in (replicas[0] ?? {}), figure)
    const lag = await seed(
      'postgres-replica-0',
      'psql',
      '-U',
      'shodo',
      '-Atc',
      'SELECT now() - pg_last_xact_replay_timestamp() AS replication_lag;',
    )
    assert.match(lag, /^\d\d:\d\d:\d\d/)
    const own = await hands['postgres.lag'](
      { connection: 'postgres-replica', lagOver: 30_000, lagOverBytes: 16_777_216 },
      context(),
    )
    assert.equal(typeof factsOf(own).lagAtMostMs, 'number')
  })

  it('slow queries: every statement of the ten slowest', async () => {
    const answer = rowsOf(
      await psql('SELECT queryid, calls FROM pg_stat_statements ORDER BY mean_exec_time DESC LIMIT 10;'),
    )
    const { statements, byMean } = factsOf(
      await hands['postgres.slow-queries'](
        { connection: 'postgres-primary', top: 30, runningOver: 10_000 },
        context(),
      ),
    ) as { statements: boolean; byMean: { calls: number }[] }
    assert.equal(statements, true)
    assert.ok(byMean.length >= Math.min(10, answer.length))
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

  it('redis-cli INFO memory: every figure that our facts name is the same', async () => {
    const info = Object.fromEntries(
      (await seed('redis-master-0', 'redis-cli', 'INFO', 'memory'))
        .split(/\r?\n/)
        .filter((line) => line.includes(':'))
        .map((line) => line.split(':', 2) as [string, string]),
    )
    const facts = factsOf(await hands['redis.memory']({ connection: 'redis-master' }, context()))
    assert.equal(String(facts.maxBytes), info.maxmemory)
    assert.equal(facts.policy, info.maxmemory_policy)
    // Memory in use moves with each client that looks.
    for (const [ours, theirs] of [
      ['usedBytes', 'used_memory'],
      ['peakBytes', 'used_memory_peak'],
      ['rssBytes', 'used_memory_rss'],
    ] as const)
      assert.ok(Math.abs(Number(facts[ours]) - Number(info[theirs])) < 20_000_000, ours)
  })

  it('redis-cli --bigkeys: the biggest key is our biggest', async () => {
    await lab.databases.redis(async (redis) => {
      // Each twice the one before: Redis hands out memory in steps, and two keys may take the same.
      for (let i = 0; i < 8; i += 1) await redis.set(`page-cache:${i}`, 'x'.repeat(1_000 * 2 ** i))
    })
    const answer = await seed('redis-master-0', 'redis-cli', '--bigkeys')
    const [, biggest] = /Biggest string found '"([^"]+)"'/.exec(answer) ?? []
    const { biggest: ours, keys } = factsOf(
      await hands['redis.biggest-keys'](
        { connection: 'redis-master', keys: 100_000, within: 10_000, top: 20 },
        context(),
      ),
    ) as { biggest: { key: string }[]; keys: number }
    assert.equal(ours[0]?.key, biggest)
    assert.match(answer, new RegExp(`Sampled ${keys} keys`))
  })

  it('CONFIG SET maxmemory and policy: the same settings; ours goes back to the ones before', async () => {
    const settings = () =>
      lab.databases.redis(async (redis) => [
        await redis.config('GET', 'maxmemory'),
        await redis.config('GET', 'maxmemory-policy'),
      ])
    const before = await settings()
    assert.equal(
      (await seed('redis-master-0', 'redis-cli', 'CONFIG', 'SET', 'maxmemory', '2gb')).trim(),
      'OK',
    )
    await seed('redis-master-0', 'redis-cli', 'CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru')
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
    assert.equal((await seed('redis-master-0', 'redis-cli', 'FLUSHDB')).trim(), 'OK')
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

/** Redis: its run id and keys. PostgreSQL: whether it answers at all, for who may log in there is not ours to know. */
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
