import assert from 'node:assert/strict'
import { stoppable } from '../../../activities/pulse.ts'
import { said } from '../../../domain/words.ts'
import { until } from '../../../lab/waiting.ts'
import { carriedBy } from '../../../wire/carried.ts'
import { openWorld, type Seen, type World } from './world.ts'

type Plan = Awaited<ReturnType<World['hands']['kubernetes.delete-pods']['plan']>>

describe('deleting pods that a PodDisruptionBudget protects', () => {
  let world: World
  before(async function () {
    this.timeout(300_000)
    world = await openWorld('budgets')
  })
  after(() => world?.close())

  const hand = () => world.hands['kubernetes.delete-pods']
  const podsOf = async (name: string) =>
    (await world.pods()).filter((pod) => pod.metadata.labels?.app === name)
  const uidsOf = async (name: string) => (await podsOf(name)).map((pod) => pod.metadata.uid).sort()
  const params = (name: string, oneByOne = false) => ({
    selector: `app=${name}`,
    notReady: false,
    oneByOne,
  })

  async function protect(name: string, minAvailable: number): Promise<string> {
    const path = `/apis/policy/v1/namespaces/${world.namespace}/poddisruptionbudgets`
    await world.cluster.post(path, {
      metadata: { name },
      spec: { minAvailable, selector: { matchLabels: { app: name } } },
    })
    type Budget = { status?: { observedGeneration?: number; currentHealthy: number } }
    await until(
      async () => ((await world.cluster.get<Budget>(`${path}/${name}`)).status?.currentHealthy ?? 0) > 0,
      {
        what: `the budget ${name} to be counted`,
        withinMs: 20_000,
      },
    )
    return `${path}/${name}`
  }

  /** Pods of this label never become Ready again; those in their place do not have it. */
  async function crash({ metadata }: Seen): Promise<void> {
    const path = `/api/v1/namespaces/${world.namespace}/pods/${metadata.name}`
    await world.cluster.mergePatch(path, { metadata: { labels: { 'hikeshi.lab/crash': 'true' } } })
    type Pod = { status: { conditions?: { type: string; status: string }[] } }
    await until(
      async () => {
        const { status } = await world.cluster.get<Pod>(path)
        return status.conditions?.some((c) => c.type === 'Ready' && c.status === 'False') ?? false
      },
      { what: `${metadata.name} to crash`, withinMs: 20_000 },
    )
  }

  async function failureOf(work: Promise<unknown>) {
    try {
      await work
    } catch (error) {
      return carriedBy(error)
    }
    return assert.fail('it did not fail')
  }

  it('goes as fast as the budget allows, never below it, and all are new in the end', async () => {
    await world.deploy('web', { replicas: 3 })
    await protect('web', 2)
    const before = await uidsOf('web')
    const context = world.context('web')
    const plan = await hand().plan(params('web'), context)
    assert.deepEqual(await uidsOf('web'), before, 'planning evicts nothing')
    let least = 3
    let running = true
    const watching = (async () => {
      while (running) {
        const { status } = await world.read('web')
        least = Math.min(least, status.readyReplicas ?? 0)
      }
    })()
    const done = await hand().run(params('web'), plan, context)
    running = false
    await watching
    assert.ok(least >= 2, `only ${least} were Ready`)
    const verified = await hand().verify(params('web'), plan, done, context)
    assert.equal(verified.ok, true, verified.says.en)
    const after = await uidsOf('web')
    assert.equal(after.length, 3)
    assert.ok(!after.some((uid) => before.includes(uid)))
  })

  it('stops with the name of the budget that blocks, says what was done and what was not; a second try works', async () => {
    await world.deploy('held', { replicas: 3 })
    const pods = await podsOf('held')
    const [broken] = pods
    assert.ok(broken)
    const budget = await protect('held', 3)
    await crash(broken)
    const context = world.context('held')
    const plan = await hand().plan(params('held'), context)
    assert.match(
      plan.says.en,
      /PodDisruptionBudget held currently allows no evictions \(needs 3 healthy pods and has 2 currently\)/,
    )
    assert.match(plan.says.ja, /PodDisruptionBudget held により.*: 必要な正常 Pod 数 3、現在 2）/)
    const found = await failureOf(hand().run(params('held'), plan, context))
    assert.equal(found?.name, 'disruption-budget')
    assert.equal(found?.params.budget, 'held')
    assert.equal(found?.params.deleted, broken.metadata.name, 'what is not Ready needs no budget')
    const others = pods.slice(1).map((pod) => pod.metadata.name)
    assert.deepEqual(said(found?.params.left).en.split(', ').sort(), [...others].sort())
    const kept = await uidsOf('held')
    for (const pod of pods.slice(1)) assert.ok(kept.includes(pod.metadata.uid))
    await world.cluster.delete(budget)
    const again = world.context('again')
    const second = await hand().plan(params('held'), again)
    const done = await hand().run(params('held'), second, again)
    const verified = await hand().verify(params('held'), second, done, again)
    assert.equal(verified.ok, true, verified.says.en)
  })

  it('repairs an application whose pods are all broken, though its budget is long exceeded', async () => {
    await world.deploy('down', { replicas: 2 })
    await protect('down', 1)
    for (const pod of await podsOf('down')) await crash(pod)
    const context = world.context('down')
    const only = { ...params('down'), notReady: true }
    const plan = await hand().plan(only, context)
    assert.doesNotMatch(plan.says.en, /PodDisruptionBudget/)
    const done = await hand().run(only, plan, context)
    const verified = await hand().verify(only, plan, done, context)
    assert.equal(verified.ok, true, verified.says.en)
  })

  it('says that two budgets for one pod are more than the API can do', async () => {
    await world.deploy('double', { replicas: 2 })
    await protect('double', 1)
    const path = `/apis/policy/v1/namespaces/${world.namespace}/poddisruptionbudgets`
    await world.cluster.post(path, {
      metadata: { name: 'double-too' },
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'double' } } },
    })
    const found = await failureOf(hand().plan(params('double'), world.context('double')))
    assert.equal(found?.name, 'kubernetes-refused')
    assert.match(said(found?.params.reason).en, /more than one PodDisruptionBudget/)
  })

  describe('one by one', () => {
    /** Runs until the first pod is gone, and dies there. */
    async function killedAfterTheFirst(name: string, plan: Plan): Promise<void> {
      const before = await uidsOf(name)
      const killed = new AbortController()
      const running = stoppable(killed.signal, () =>
        hand().run(params(name, true), plan, world.context(name)),
      )
      await until(
        async () => (await uidsOf(name)).filter((uid) => before.includes(uid)).length < before.length,
        {
          what: 'the first pod to be gone',
          withinMs: 20_000,
          everyMs: 5,
        },
      )
      killed.abort(new Error('killed'))
      await assert.rejects(running)
    }

    it('takes the next only when the replacement of the one before is Ready', async () => {
      await world.deploy('single', { replicas: 3 })
      const before = await uidsOf('single')
      const context = world.context('single')
      const plan = await hand().plan(params('single', true), context)
      assert.equal(plan.pods.ready, 1, 'one at once')
      assert.match(plan.says.en, /one by one/)
      let most = 0
      let running = true
      const watching = (async () => {
        while (running) {
          const { status } = await world.read('single')
          most = Math.max(most, 3 - (status.readyReplicas ?? 0))
        }
      })()
      const done = await hand().run(params('single', true), plan, context)
      running = false
      await watching
      assert.ok(most <= 1, `${most} were missing at once`)
      const verified = await hand().verify(params('single', true), plan, done, context)
      assert.equal(verified.ok, true, verified.says.en)
      assert.ok(!(await uidsOf('single')).some((uid) => before.includes(uid)))
    })

    it('goes on where a killed worker stopped', async () => {
      await world.deploy('killed', { replicas: 3 })
      const before = await uidsOf('killed')
      const plan = await hand().plan(params('killed', true), world.context('killed'))
      await killedAfterTheFirst('killed', plan)
      const made = (await uidsOf('killed')).filter((uid) => !before.includes(uid))
      const done = await hand().run(params('killed', true), plan, world.context('killed'))
      const { deleted, gone } = done.after as { deleted: string[]; gone: string[] }
      assert.ok(gone.length >= 1)
      assert.equal(deleted.length + gone.length, 3)
      const verified = await hand().verify(params('killed', true), plan, done, world.context('killed'))
      assert.equal(verified.ok, true, verified.says.en)
      const after = await uidsOf('killed')
      for (const uid of made) assert.ok(after.includes(uid), 'a replacement was taken')
      assert.ok(!after.some((uid) => before.includes(uid)))
    })

    it('begins also with a pod that is not Ready, which it repairs', async () => {
      await world.deploy('sick', { replicas: 1 })
      for (const pod of await podsOf('sick')) await crash(pod)
      const context = world.context('sick')
      const plan = await hand().plan(params('sick', true), context)
      const done = await hand().run(params('sick', true), plan, context)
      const verified = await hand().verify(params('sick', true), plan, done, context)
      assert.equal(verified.ok, true, verified.says.en)
    })

    it('stops after the first whose replacement does not become Ready, and says why and what is left', async () => {
      await world.deploy('failing', { replicas: 2 })
      const context = world.context('failing')
      const plan = await hand().plan(params('failing', true), context)
      // No node takes a new pod, so the first one's place stays empty.
      const nodes = ['node-1', 'node-2'].map((name) => `/api/v1/nodes/${name}`)
      for (const node of nodes) await world.cluster.mergePatch(node, { spec: { unschedulable: true } })
      try {
        const found = await failureOf(hand().run(params('failing', true), plan, context))
        assert.equal(found?.name, 'replacement-not-ready')
        assert.match(
          said(found?.params.reason).en,
          /failing: 0 of 1 Ready; pod failing-\S+: Pending \(0\/2 nodes are available/,
        )
        assert.match(said(found?.params.reason).ja, /failing: 1 個中 0 個が Ready、pod failing-/)
        assert.match(said(found?.params.deleted).en, /^failing-\S+$/)
        assert.match(said(found?.params.left).en, /^failing-\S+$/)
      } finally {
        for (const node of nodes) await world.cluster.mergePatch(node, { spec: { unschedulable: null } })
      }
    })
  })
})
