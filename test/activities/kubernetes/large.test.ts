import assert from 'node:assert/strict'
import { until } from '../../../lab/waiting.ts'
import { openWorld, type World } from './world.ts'

describe('a namespace with 1,000 pods', () => {
  let world: World
  before(async function () {
    this.timeout(300_000)
    world = await openWorld('large')
    // Two Deployments share the work of the controller; nobody waits for the pods to be Ready.
    for (const name of ['one', 'two']) {
      await world.cluster.post(world.deployments, {
        metadata: { name },
        spec: {
          replicas: 500,
          selector: { matchLabels: { app: name } },
          template: {
            metadata: { labels: { app: name } },
            spec: { containers: [{ name: 'web', image: 'web:1' }], automountServiceAccountToken: false },
          },
        },
      })
    }
    await until(async () => (await world.pods()).length === 1_000, {
      what: '1,000 pods',
      withinMs: 200_000,
      everyMs: 1_000,
    })
  })
  after(async () => {
    await world?.close()
  })

  it('is read in time and told in at most 64 KiB', async () => {
    const reading = await world.hands['kubernetes.pods']({}, world.context())
    assert.equal((reading.facts as { total: number }).total, 1_000)
    assert.ok(Buffer.byteLength(JSON.stringify(reading)) < 65_536)
    const rollouts = await world.hands['kubernetes.rollouts']({}, world.context())
    assert.ok(Buffer.byteLength(JSON.stringify(rollouts)) < 65_536)
  })
})
