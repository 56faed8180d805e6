import assert from 'node:assert/strict'
import type { Finding } from '../../../domain/steps/contract.ts'
import { breakLab, healLab, type Lab } from '../../../lab/index.ts'
import { until } from '../../../lab/waiting.ts'
import { sharedLab } from '../../lab/shared.ts'
import { context } from '../postgres/reach.ts'
import { workerHands } from './world.ts'

describe('a backend that wants memory, with the rights of a worker', () => {
  let lab: Lab
  let hands: ReturnType<typeof workerHands>
  before(async function () {
    this.timeout(300_000)
    lab = await sharedLab()
    hands = workerHands(lab)
  })
  afterEach(() => healLab(lab))

  const deployment = 'shodo-backend'
  const look = async () =>
    (await hands['kubernetes.pods']({ selector: 'app=shodo-backend' }, context('look'))).findings
  const coded = (findings: readonly Finding[], code: Finding['code']) => findings.find((f) => f.code === code)

  it('is found OOMKilled, and is well with the limits of the runbook', async () => {
    await breakLab(lab, 'oom')
    const found = await until(async () => coded(await look(), 'oom-killed'), {
      what: 'the finding',
      withinMs: 10_000,
    })
    assert.equal(found.subject, 'deployment/shodo/shodo-backend')
    assert.match(found.says.en, /^3 of 3 pods of shodo-backend were OOM-killed \(limit 2Gi, /)
    const hand = hands['kubernetes.set-resources']
    const params = { deployment, limits: { memory: '6Gi' }, requests: { memory: '2Gi' } }
    const plan = await hand.plan(params, context('memory'))
    assert.doesNotMatch(plan.says.en, /not checked/)
    const done = await hand.run(params, plan, context('memory'))
    const verified = await hand.verify(params, plan, done, context('memory'))
    assert.equal(verified.ok, true, verified.says.en)
    assert.deepEqual(await look(), [])
  })

  it('is found Pending where no node has room, and scaling out says so before its time is over', async () => {
    await breakLab(lab, 'pending')
    assert.match(
      coded(await look(), 'no-room')?.says.en ?? '',
      /^1 of 3 pods of shodo-backend are Pending, no node has enough memory: 0\/2 nodes are available: 2 Insufficient memory/,
    )
    const hand = hands['kubernetes.scale']
    const params = { deployment, replicas: 8 }
    const plan = await hand.plan(params, context('scale'))
    const done = await hand.run(params, plan, context('scale'))
    const verified = await hand.verify(params, plan, done, context('scale'))
    assert.equal(verified.ok, false)
    assert.match(verified.says.en, /no room: 6 of 8 new pods cannot start .* 2 new and 0 old pods are Ready/)
  })
})
