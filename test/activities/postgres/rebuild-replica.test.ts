/** What proves that a pod is the replica's: the one thing that must never happen is that the pod with the only good data goes. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectionsOf, type PostgresSettings } from '../../../activities/connections-file.ts'
import { handsOf } from '../../../activities/hands.ts'
import type { Kubernetes } from '../../../activities/kubernetes/api/client.ts'
import { leaseName } from '../../../activities/kubernetes/api/lease.ts'
import { type Patience, replicaHands } from '../../../activities/postgres/rebuild-replica.ts'
import { refuse } from '../../../activities/refusal.ts'
import { differenceOf } from '../../../domain/approval/same-plan.ts'
import type { Plan } from '../../../domain/steps/contract.ts'
import { until } from '../../../lab/waiting.ts'
import { carriedBy } from '../../../wire/carried.ts'
import { openCluster, openReplica, password, type Server } from './cluster.ts'
import { type PodBeside, podsBeside } from './pods-beside.ts'
import { describeWithPostgres } from './programs.ts'
import { context } from './reach.ts'

const params = { pod: 'postgres-replica-0', primary: 'postgres-primary', replica: 'postgres-replica' }

describeWithPostgres('rebuilding a replica', (programs) => {
  let primary: Server
  let replica: Server
  let other: Server
  before(async function () {
    this.timeout(240_000)
    primary = await openCluster(programs, ['wal_keep_size=256MB'])
    replica = await openReplica(programs, primary)
    other = await openCluster(programs)
  })
  after(async () => {
    await replica?.close()
    await primary?.close()
    await other?.close()
  })

  const primaryPod = (): PodBeside => ({ name: 'postgres-primary-0', server: primary })
  const replicaPod = (): PodBeside => ({ name: 'postgres-replica-0', server: replica })

  function settings(server: Server, host = '127.0.0.1'): PostgresSettings {
    return {
      kind: 'postgres',
      host,
      port: server.port,
      tls: 'off',
      database: 'postgres',
      user: 'hikeshi',
      secretEnv: 'PG_PASSWORD',
      pod: { name: 'unused', user: 'admin' },
    }
  }

  function world(
    pods: readonly PodBeside[],
    servers: { primary?: Server; replica?: Server } = {},
    patience?: Patience,
  ) {
    const beside = podsBeside(pods)
    const connections = connectionsOf(
      {
        'postgres-primary': settings(servers.primary ?? primary),
        'postgres-replica': settings(servers.replica ?? replica),
      },
      { PG_PASSWORD: password },
    )
    return {
      ...beside,
      connections,
      hand: replicaHands(beside.kubernetes, connections, patience)['postgres.rebuild-replica'],
    }
  }

  async function refusedWith(work: Promise<unknown>, name: string, says = /./): Promise<void> {
    await assert.rejects(work, (error) => {
      assert.equal(carriedBy(error)?.name, name, String(error))
      assert.match(String((error as Error).message), says)
      return true
    })
  }

  it('is planned and done for the pod whose own server is the replica that was asked', async () => {
    const { hand, deleted } = world([primaryPod(), replicaPod()])
    const plan = await hand.plan(params, context())
    assert.deepEqual(deleted, [], 'planning deletes nothing')
    const differs = async (told: Plan) =>
      differenceOf(told, await hand.plan(params, context(), told)) !== undefined
    assert.equal(await differs(plan), false)
    const pod = { name: 'postgres-replica-0', uid: 'another', ready: true }
    assert.equal(await differs({ ...plan, change: { ...(plan.change as object), pod } }), true)
    assert.equal(await differs({ ...plan, says: { en: 'Just look', ja: '見るだけ' } }), true)
    assert.equal(await hand.isDone?.(params, plan, context()), false)
    const done = await hand.run(params, plan, context())
    assert.deepEqual([done.already, deleted], [false, ['postgres-replica-0']])
    assert.equal(await hand.isDone?.(params, plan, context()), true)
    assert.equal((await hand.run(params, plan, context())).already, true)
  })

  it('holds what recreates the pod as well, by which a deletion of that pod waits its turn', async () => {
    const { kubernetes, connections } = world([primaryPod(), replicaPod()])
    const held: string[] = []
    const watched: Kubernetes = {
      ...kubernetes,
      call: async (question) => {
        const { resource, verb, target } = question
        if (resource !== 'leases') return kubernetes.call(question)
        if (verb === 'get') return refuse('target-not-found', { target })
        if (verb === 'create') held.push(target)
        return { metadata: { uid: 'lease', resourceVersion: '1' } } as never
      },
    }
    const hand = handsOf({ kubernetes: watched, connections })['postgres.rebuild-replica']
    await hand.run(params, await hand.plan(params, context()), context())
    const leases = ['pod/shodo/postgres-replica-0', 'statefulset/shodo/postgres-replica'].map(
      (target) => `lease/shodo/${leaseName(target)}`,
    )
    assert.deepEqual(held, leases)
  })

  it('never takes the primary’s pod, whether the replica answers or not', async () => {
    for (const servers of [{}, { replica: gone(replica) }]) {
      const { hand } = world([primaryPod(), replicaPod()], servers)
      await refusedWith(hand.plan({ ...params, pod: 'postgres-primary-0' }, context()), 'pod-is-primary')
    }
  })

  it('knows the primary’s pod by its address where no program may be run in it', async () => {
    const { hand } = world([{ name: 'postgres-primary-0', ip: '127.0.0.1' }])
    await refusedWith(hand.plan({ ...params, pod: 'postgres-primary-0' }, context()), 'pod-is-primary')
  })

  it('takes no pod that nothing ties to the replica', async () => {
    const strangers: readonly PodBeside[] = [
      { name: 'postgres-replica-0' },
      { name: 'postgres-replica-0', ip: '10.0.0.9' },
      // Of a pod in its node's network the address is everybody's there.
      { name: 'postgres-replica-0', ip: '127.0.0.1', hostNetwork: true },
    ]
    for (const pod of strangers) {
      const { hand } = world([pod])
      await refusedWith(hand.plan(params, context()), 'pod-not-proven')
    }
    const ofOthers = world([{ name: 'postgres-replica-0', server: other }])
    await refusedWith(ofOthers.hand.plan(params, context()), 'pod-is-primary')
  })

  it('takes the pod of a replica that does not answer where that is surely not the primary’s', async () => {
    const silent = { replica: gone(replica) }
    const dead = world([{ name: 'postgres-replica-0', runs: false }], silent)
    await dead.hand.plan(params, context())
    // The primary is seen in another pod.
    const elsewhere = world(
      [
        { name: 'postgres-replica-0', ip: '10.0.0.9' },
        { name: 'primary', ip: '127.0.0.1' },
      ],
      silent,
    )
    await elsewhere.hand.plan(params, context())
    const unknown = world([{ name: 'postgres-replica-0', ip: '10.0.0.9' }], silent)
    await refusedWith(unknown.hand.plan(params, context()), 'pod-not-proven')
  })

  it('looks at both again right before the deletion: after a failover the pod stays', async () => {
    const { hand, deleted } = world([primaryPod(), replicaPod()])
    const plan = await hand.plan(params, context())
    await replica.sql('select pg_promote()')
    await until(async () => (await replica.sql('select pg_is_in_recovery() as yes'))[0]?.yes === false, {
      what: 'the replica to be promoted',
      withinMs: 20_000,
    })
    await refusedWith(
      hand.run(params, plan, context()),
      'precondition-failed',
      /accepts writes, so it is not a replica/,
    )
    // The name of the primary leads to the promoted one by now, as a service that was switched does.
    const switched = world([primaryPod(), replicaPod()], { primary: replica })
    await refusedWith(switched.hand.run(params, plan as Plan, context()), 'precondition-failed')
    assert.deepEqual([deleted, switched.deleted], [[], []])
    await replica.close()
    replica = await openReplica(programs, primary)
  })

  it('waits for the first stream from the last sight of its copy on, and never for a copy of somebody else', async () => {
    const patience = { readyWithinMs: 3_000, lookForMs: 30_000, lookEveryMs: 100 }
    const { hand, become } = world([primaryPod(), replicaPod()], {}, patience)
    const plan = await hand.plan(params, context())
    // A backup of every night, begun before.
    const nightly = await copying(primary)
    const done = await hand.run(params, plan, context())
    await replica.stop()
    become([primaryPod(), { ...replicaPod(), uid: 'new', runs: false }])
    const alone = await hand.verify(params, plan, done, context())
    assert.equal(alone.ok, false, 'the nightly copy is none of ours')
    await nightly.end()

    const own = await copying(primary)
    const waiting = hand.verify(params, plan, done, context())
    // Longer than the grace: it began when the copy did, it counts from its end.
    await new Promise((resolve) => setTimeout(resolve, patience.readyWithinMs + 1_000))
    await own.end()
    await replica.start()
    become([primaryPod(), { ...replicaPod(), uid: 'new' }])
    const verified = await waiting
    assert.equal(verified.ok, true, verified.says.en)
  })

  /** A server at whose address nobody listens. */
  function gone(server: Server): Server {
    return { ...server, port: 1 }
  }

  /** A base backup that takes its time. */
  async function copying(server: Server) {
    const folder = await mkdtemp(join(tmpdir(), 'hikeshi-copy-'))
    const from = `host=127.0.0.1 port=${server.port} user=admin password=${password}`
    const how = [
      '-D',
      join(folder, 'data'),
      '-d',
      from,
      '--max-rate=32k',
      '-c',
      'fast',
      '-X',
      'none',
      '--no-sync',
    ]
    const child = spawn(programs.pg_basebackup, how, { stdio: 'ignore' })
    const ended = once(child, 'exit')
    const seen = 'select count(*)::int as copies from pg_stat_progress_basebackup'
    await until(async () => Number((await server.sql(seen))[0]?.copies) > 0, {
      what: 'the copy to run',
      withinMs: 20_000,
    })
    return {
      end: async () => {
        child.kill('SIGKILL')
        await ended
        await until(async () => Number((await server.sql(seen))[0]?.copies) === 0, {
          what: 'the copy to be over',
          withinMs: 20_000,
        })
        await rm(folder, { recursive: true, force: true })
      },
    }
  }
})
