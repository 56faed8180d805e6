import assert from 'node:assert/strict'
import type { Reading } from '../../../domain/steps/contract.ts'
import { said } from '../../../domain/words.ts'
import { until } from '../../../lab/waiting.ts'
import { carriedBy } from '../../../wire/carried.ts'
import { skipWithout } from '../../lab/skip.ts'
import { openWorld, type World, workerHands } from './world.ts'

describe('CPU and memory of the pods', () => {
  let world: World
  before(async function () {
    this.timeout(300_000)
    world = await openWorld('top')
  })
  after(() => world?.close())

  const context = () => ({ ...world.context(), namespace: 'shodo' })
  const top = () => workerHands(world.lab)['kubernetes.top']({ selector: 'app=shodo-frontend' }, context())

  type Facts = { pods: { used: { cpu: number; memory: number }; limits: { memory: number } }[] }

  /** metrics-server looks every 10 s, and has figures from its second look on. */
  const figures = (what: string, enough: (reading: Reading) => boolean) =>
    until(
      async () => {
        const reading = await top()
        return enough(reading) && reading
      },
      { what, withinMs: 90_000, everyMs: 500 },
    )

  it('are read against requests and limits, and memory near its limit is found', async function () {
    this.timeout(200_000)
    skipWithout(this, world.lab, 'metrics-server')
    const first = await figures('figures of both pods', ({ facts }) => (facts as Facts).pods.length === 2)
    const { pods } = first.facts as Facts
    assert.deepEqual(first.findings, [])
    assert.equal(pods[0]?.limits.memory, 256 * 2 ** 20)
    assert.ok((pods[0]?.used.memory ?? 0) >= 90 * 2 ** 20)
    assert.match(said(first.text).en, /NAME +CPU +MEMORY +CPU\(REQUEST\/LIMIT\)/)

    const path = '/api/v1/namespaces/shodo/pods'
    const list = await world.cluster.get<{ items: { metadata: { name: string } }[] }>(
      `${path}?labelSelector=app%3Dshodo-frontend`,
    )
    const name = list.items[0]?.metadata.name
    const use = (memory: string) =>
      world.cluster.mergePatch(`${path}/${name}`, {
        metadata: { annotations: { 'kwok.x-k8s.io/usage-memory': memory } },
      })
    await use('240Mi')
    try {
      const { findings } = await figures('the finding', ({ findings: found }) => found.length > 0)
      assert.equal(findings[0]?.code, 'memory-near-limit')
      assert.equal(findings[0]?.subject, 'deployment/shodo/shodo-frontend')
      assert.match(findings[0]?.says.en ?? '', /uses 93 % of its memory limit/)
    } finally {
      await use('90Mi')
    }
  })

  it('are said to be missing where the cluster has no metrics API', async () => {
    const service = '/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io'
    const announced = await world.cluster.get<{ spec: object }>(service).catch(() => undefined)
    if (announced) await world.cluster.delete(service)
    try {
      await until(
        async () => {
          try {
            await top()
            return false
          } catch (error) {
            return carriedBy(error)?.name === 'metrics-missing'
          }
        },
        { what: 'the sentence that there are no figures', withinMs: 20_000 },
      )
    } finally {
      if (announced) {
        await world.cluster.post('/apis/apiregistration.k8s.io/v1/apiservices', {
          apiVersion: 'apiregistration.k8s.io/v1',
          kind: 'APIService',
          metadata: { name: 'v1beta1.metrics.k8s.io' },
          spec: announced.spec,
        })
      }
    }
  })
})
