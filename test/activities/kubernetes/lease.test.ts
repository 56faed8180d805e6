import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  holdingLease,
  holdingLeasesIfPossible,
  leaseName,
  leaseSeconds,
} from '../../../activities/kubernetes/api/lease.ts'
import { kubernetesApi } from '../../../activities/kubernetes/index.ts'
import { stoppable } from '../../../activities/pulse.ts'
import { isRefusal } from '../../../activities/refusal.ts'
import { until } from '../../../lab/waiting.ts'
import { carriedBy } from '../../../wire/carried.ts'
import { openWorld, type World } from './world.ts'

type Lease = {
  metadata: { uid: string; resourceVersion: string }
  spec: { holderIdentity: string; renewTime: string }
}

describe('the Lease of a target', () => {
  let world: World
  before(async function () {
    this.timeout(300_000)
    world = await openWorld('lease')
  })
  after(() => world?.close())

  const pathOf = (target: string) =>
    `/apis/coordination.k8s.io/v1/namespaces/${world.namespace}/leases/${leaseName(target)}`
  const read = (target: string) => world.cluster.get<Lease>(pathOf(target))

  it('names its holder while the work is done, is renewed, and is gone afterwards', async () => {
    const result = await holdingLease(world.kubernetes, 'a', world.context('one'), async () => {
      const first = await read('a')
      assert.equal(first.spec.holderIdentity, 'shodo-42/one')
      await sleep(2_500)
      assert.notEqual((await read('a')).spec.renewTime, first.spec.renewTime)
      return 5
    })
    assert.equal(result, 5)
    await assert.rejects(read('a'), { code: 404 })
  })

  it('keeps another step out while it is held', async () => {
    await holdingLease(world.kubernetes, 'b', world.context('one'), async () => {
      await assert.rejects(
        holdingLease(world.kubernetes, 'b', world.context('two'), async () => assert.fail('both held it')),
        (error) => {
          assert.deepEqual(carriedBy(error)?.params, { target: 'b', holder: 'shodo-42/one' })
          return true
        },
      )
    })
  })

  it('is no hindrance to a database where Kubernetes is out of reach, and keeps others out where it is not', async () => {
    await holdingLease(world.kubernetes, 'postgres/a', world.context('one'), async () => {
      await assert.rejects(
        holdingLeasesIfPossible(world.kubernetes, ['postgres/a'], world.context('two'), async () =>
          assert.fail('both held it'),
        ),
        (error) => isRefusal(error, 'target-busy'),
      )
    })
    const nowhere = kubernetesApi({ cluster: 'nowhere', kubeconfigPath: '/nowhere' })
    assert.equal(
      await holdingLeasesIfPossible(nowhere, ['postgres/a'], world.context('two'), async () => 7),
      7,
    )
    const own = new Error('of the work')
    await assert.rejects(
      holdingLeasesIfPossible(world.kubernetes, ['postgres/b'], world.context('two'), () =>
        Promise.reject(own),
      ),
      own,
    )
  })

  it('lets a retry of the same step run in at once', async () => {
    await holdingLease(world.kubernetes, 'c', world.context('one'), async () => {
      // The holder's lease is kept alive all the while: who had to wait for it would wait for ever.
      await holdingLease(world.kubernetes, 'c', world.context('one'), async () => {})
    })
  })

  it('is taken from a holder that died, but not before 5 s after it was last seen alive', async () => {
    const now = new Date().toISOString().replace('Z', '000Z')
    await world.cluster.post(`/apis/coordination.k8s.io/v1/namespaces/${world.namespace}/leases`, {
      metadata: { name: leaseName('d') },
      spec: { holderIdentity: 'shodo-1/dead', leaseDurationSeconds: leaseSeconds, renewTime: now },
    })
    const before = performance.now()
    await holdingLease(world.kubernetes, 'd', world.context('one'), async () => {})
    const waited = performance.now() - before
    assert.ok(waited > 4_900, `waited ${waited} ms`)
  })

  it('ends the work of a holder that has lost it', async () => {
    await assert.rejects(
      holdingLease(world.kubernetes, 'e', world.context('one'), async () => {
        await world.cluster.mergePatch(pathOf('e'), { spec: { holderIdentity: 'shodo-9/thief' } })
        await sleep(6_000)
        assert.fail('it went on without the Lease')
      }),
      (error) => {
        assert.equal(carriedBy(error)?.name, 'result-unknown')
        return true
      },
    )
    assert.equal((await read('e')).spec.holderIdentity, 'shodo-9/thief', "another's Lease is not released")
  })

  it('is held until work that was told to stop has ended, so that the next step does not begin beside it', async () => {
    const stop = new AbortController()
    const order: string[] = []
    let begin: () => void = () => {}
    const begun = new Promise<void>((resolve) => {
      begin = resolve
    })
    const first = stoppable(stop.signal, () =>
      holdingLease(world.kubernetes, 'slow', world.context('one'), async () => {
        begin()
        await sleep(1_500)
        order.push('the first ended')
      }),
    )
    await begun
    stop.abort(new Error('stopped'))
    await assert.rejects(first, /stopped/)
    await until(
      () =>
        read('slow').then(
          () => undefined,
          () => true,
        ),
      { what: 'the Lease to go', withinMs: 5_000 },
    )
    await holdingLease(world.kubernetes, 'slow', world.context('two'), async () => {
      order.push('the second began')
    })
    assert.deepEqual(order, ['the first ended', 'the second began'])
  })

  it('is taken by one of two that come at the same moment', async () => {
    let inside = 0
    const enter = (step: string) =>
      holdingLease(world.kubernetes, 'f', world.context(step), async () => {
        inside++
        assert.equal(inside, 1)
        await sleep(2_500)
        inside--
      })
    const outcomes = await Promise.allSettled([enter('one'), enter('two')])
    assert.deepEqual(outcomes.map((o) => o.status).sort(), ['fulfilled', 'rejected'])
  })
})
