import assert from 'node:assert/strict'
import { stoppable } from '../../../activities/pulse.ts'
import type { FailureName } from '../../../domain/failures.ts'
import { said } from '../../../domain/words.ts'
import type { KubernetesObject } from '../../../lab/cluster/api.ts'
import { until } from '../../../lab/waiting.ts'
import { carriedBy } from '../../../wire/carried.ts'
import { skipWithout } from '../../lab/skip.ts'
import { openWorld, type World, workerHands } from './world.ts'

describe('a program in a container', () => {
  let world: World
  before(async function () {
    this.timeout(300_000)
    world = await openWorld('exec')
    skipWithout(this, world.lab, 'exec')
    await world.deploy('web', { replicas: 2 })
  })
  after(() => world?.close())

  const read = (argv: readonly string[], more: object = {}) =>
    world.hands['kubernetes.exec-read'](
      { deployment: 'web', argv: [...argv], within: 10_000, ...more },
      world.context(),
    )
  const podName = async () => (await world.pods())[0]?.metadata.name ?? ''

  async function refused(work: Promise<unknown>, name: FailureName, says: RegExp = /./) {
    await assert.rejects(work, (error) => {
      const found = carriedBy(error)
      assert.equal(found?.name, name, String(error))
      assert.match(
        Object.values(found?.params ?? {})
          .map((value) => said(value).en)
          .join(' '),
        says,
      )
      return true
    })
  }

  it('reads, in a Ready pod of the Deployment or in the one that is named, without a shell', async () => {
    const { text, facts } = await read(['echo', '$HOME; ls', '\u0065nd'])
    assert.equal(text, '$HOME; ls end\n')
    const pod = await podName()
    const named = await read(['echo', 'x'], { deployment: undefined, pod })
    assert.equal((named.facts as { pod: string }).pod, pod)
    assert.equal((facts as { lines: number }).lines, 1)
  })

  it('keeps 16 KiB of what it reads, plain text, and says that it was cut', async () => {
    const { text, facts } = await read([
      'sh',
      '-c',
      'while true; do echo "\u001b[31mline\u001b[0m"; done | head -n 40000',
    ])
    assert.equal((facts as { cut: boolean }).cut, true)
    assert.match(said(text).en, /^line\nline\n/)
    assert.match(said(text).en, /\n…$/)
    assert.ok(Buffer.byteLength(said(text).en) < 16_500)
  })

  it('fails with its exit code and its last words, or since there is no such program', async () => {
    await refused(
      read(['sh', '-c', 'echo all is lost >&2; exit 7']),
      'program-failed',
      /7 .*all is lost|all is lost/,
    )
    await refused(read(['no-such-thing']), 'program-not-found', /no-such-thing/)
    await refused(read(['/usr/bin/no-such-thing']), 'program-not-found')
  })

  it('is given up when its time is over, and at once when the activity is cancelled', async () => {
    await refused(read(['sleep', '20'], { within: 700 }), 'no-answer')
    const cancelled = new AbortController()
    setTimeout(() => cancelled.abort(new Error('cancelled')), 500)
    await assert.rejects(
      stoppable(cancelled.signal, () => read(['sleep', '20'])),
      /cancelled/,
    )
  })

  it('is refused where nothing can run: no pod, another container, a container that crashes', async () => {
    await refused(read(['ls'], { deployment: undefined, pod: 'gone' }), 'target-not-found', /pod\/.*\/gone/)
    await refused(
      read(['ls'], { container: 'sidecar' }),
      'container-not-running',
      /it has the containers web/,
    )
    await world.deploy('crashing', { crash: 'later' })
    await until(
      async () => {
        await refused(read(['ls'], { deployment: 'crashing' }), 'container-not-running', /CrashLoopBackOff/)
        return true
      },
      { what: 'the refusal', withinMs: 20_000 },
    )
    await world.deploy('none', { replicas: 0 })
    await refused(read(['ls'], { deployment: 'none' }), 'container-not-running', /has no pod/)
  })

  it('needs a right of its own, which is asked for before anybody is asked to approve', async () => {
    const rights = `/apis/rbac.authorization.k8s.io/v1/namespaces/${world.namespace}`
    await world.cluster.post(`${rights}/roles`, {
      metadata: { name: 'looker' },
      rules: [
        {
          apiGroups: ['', 'apps'],
          resources: ['pods', 'deployments', 'replicasets'],
          verbs: ['get', 'list'],
        },
      ],
    })
    await world.cluster.post(`${rights}/rolebindings`, {
      metadata: { name: 'looker' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'looker' },
      subjects: [{ kind: 'ServiceAccount', name: 'hikeshi-worker', namespace: 'shodo' }],
    })
    const hands = workerHands(world.lab)
    const params = { deployment: 'web', argv: ['ls'], within: 10_000 }
    await refused(hands['kubernetes.exec-read'](params, world.context()), 'exec-forbidden')
    await refused(hands['kubernetes.exec'].plan(params, world.context()), 'exec-forbidden')
  })

  describe('that changes something', () => {
    const hand = () => world.hands['kubernetes.exec']
    const file = () => `/tmp/${world.namespace}`
    const adding = (word: string) => ({
      deployment: 'web',
      argv: ['sh', '-c', `echo ${word} >> ${file()}; echo added ${word}`],
      within: 10_000,
    })
    const count = async (word: string) =>
      said((await read(['cat', file()])).text)
        .en.split('\n')
        .filter((line) => line === word).length

    it('says exactly what and where, does it once however often it is run, also after it was verified', async () => {
      const context = world.context('add')
      const params = adding('once')
      const plan = await hand().plan(params, context)
      assert.match(plan.says.en, /^Run in web-\S+ \(web\): sh -c "echo once/)
      assert.equal(plan.target, `deployment/${world.namespace}/web`)
      const done = await hand().run(params, plan, context)
      assert.equal(done.already, false)
      assert.match(done.says.en, /added once/)
      assert.equal((await hand().run(params, plan, context)).already, true)
      assert.equal(await count('once'), 1)
      const verified = await hand().verify(params, plan, done, context)
      assert.equal(verified.ok, true, verified.says.en)
      assert.equal((await hand().run(params, plan, context)).already, true)
      assert.equal(await count('once'), 1)
      const later = await hand().plan(params, world.context('add', context.nowMs + 1_000))
      assert.equal((await hand().run(params, later, context)).already, false)
      assert.equal(await count('once'), 2)
    })

    it('leaves a sign that a later step takes away, not before its approval is worth nothing on any worker', async () => {
      const hours = 3_600_000
      const marks = async () => {
        const path = `/apis/coordination.k8s.io/v1/namespaces/${world.namespace}/leases`
        const { items } = await world.cluster.get<{ items: KubernetesObject[] }>(path)
        return items.map(({ metadata }) => metadata.annotations?.['hikeshi.dev/exec'])
      }
      const done = async (step: string, usableUntilMs?: number) => {
        const context = world.context(step)
        const plan = await hand().plan(adding(step), context)
        return {
          again: () => hand().run(adding(step), plan, context, usableUntilMs),
          verify: async () =>
            hand().verify(
              adding(step),
              plan,
              await hand().run(adding(step), plan, context, usableUntilMs),
              context,
            ),
        }
      }
      const old = await done('old', Date.now() - 25 * hours)
      const expired = await done('expired', Date.now() - 23 * hours)
      const open = await done('open', Date.now() + 1 * hours)
      const unsaid = await done('unsaid')
      for (const each of [old, expired, open, unsaid]) await each.again()
      assert.ok((await marks()).includes('shodo-42/old'))
      await open.verify()
      const left = await marks()
      for (const step of ['expired', 'open', 'unsaid']) assert.ok(left.includes(`shodo-42/${step}`), step)
      assert.ok(!left.includes('shodo-42/old'))
      for (const each of [expired, open, unsaid]) assert.equal((await each.again()).already, true)
      assert.equal(await count('expired'), 1)
    })

    it('is not started again after its worker died in the middle: nobody knows what it did', async () => {
      const context = world.context('killed')
      const params = { ...adding('slowly'), argv: ['sh', '-c', `echo slowly >> ${file()}; sleep 4`] }
      const plan = await hand().plan(params, context)
      const death = new AbortController()
      const dying = stoppable(death.signal, () => hand().run(params, plan, context))
      await until(async () => (await count('slowly')) === 1, {
        what: 'the program to begin',
        withinMs: 10_000,
      })
      death.abort(new Error('killed'))
      await assert.rejects(dying, /killed/)
      await refused(hand().run(params, plan, context), 'result-unknown', /died before it ended/)
      assert.equal(await count('slowly'), 1)
    })

    it('is known to have begun also when its pod is gone by then', async () => {
      const context = world.context('evicted')
      const params = { ...adding('evicted'), argv: ['sh', '-c', `echo evicted >> ${file()}; sleep 4`] }
      const plan = await hand().plan(params, context)
      const death = new AbortController()
      const dying = stoppable(death.signal, () => hand().run(params, plan, context))
      await until(async () => (await count('evicted')) === 1, { what: 'it to begin', withinMs: 10_000 })
      death.abort(new Error('killed'))
      await assert.rejects(dying, /killed/)
      const { pod } = plan.change as { pod: string }
      await world.cluster.delete(`/api/v1/namespaces/${world.namespace}/pods/${pod}`)
      await until(async () => !(await world.pods()).some(({ metadata }) => metadata.name === pod), {
        what: 'the pod to go',
        withinMs: 10_000,
      })
      await world.settled('web', 2)
      await refused(hand().run(params, plan, context), 'result-unknown', /died before it ended/)
    })

    it('that prints as if it had not been found, and was, is not started a second time', async () => {
      const context = world.context('lies')
      const says = `exec: "x": executable file not found in $PATH`
      const params = {
        ...adding('lies'),
        argv: ['sh', '-c', `echo lies >> ${file()}; echo '${says}' >&2; exit 127`],
      }
      const plan = await hand().plan(params, context)
      await refused(hand().run(params, plan, context), 'program-failed', /127/)
      await refused(hand().run(params, plan, context), 'program-failed', /earlier attempt/)
      assert.equal(await count('lies'), 1)
    })

    it('that failed stays failed when it is run again; one that was never there may be tried again', async () => {
      const context = world.context('fails')
      const params = { ...adding('bad'), argv: ['sh', '-c', `echo bad >> ${file()}; echo no >&2; exit 3`] }
      const plan = await hand().plan(params, context)
      await refused(hand().run(params, plan, context), 'program-failed', /3/)
      await refused(hand().run(params, plan, context), 'program-failed', /earlier attempt/)
      assert.equal(await count('bad'), 1)
      const missing = { ...params, argv: ['no-such-thing'] }
      const other = await hand().plan(missing, world.context('missing'))
      await refused(hand().run(missing, other, world.context('missing')), 'program-not-found')
      await refused(hand().run(missing, other, world.context('missing')), 'program-not-found')
    })

    it('says that nobody knows when its time is over', async () => {
      const context = world.context('late')
      const params = { deployment: 'web', argv: ['sleep', '20'], within: 600 }
      const plan = await hand().plan(params, context)
      await refused(hand().run(params, plan, context), 'result-unknown', /it did not end within 0.6 s/)
    })

    it('is for the pod that was looked at, not for one that took its place', async () => {
      const context = world.context('replaced')
      const params = adding('never')
      const plan = await hand().plan(params, context)
      const { pod } = plan.change as { pod: string }
      await world.cluster.delete(`/api/v1/namespaces/${world.namespace}/pods/${pod}`)
      await until(async () => !(await world.pods()).some(({ metadata }) => metadata.name === pod), {
        what: 'the pod to go',
        withinMs: 10_000,
      })
      await refused(hand().run(params, plan, context), 'target-not-found')
      assert.equal(await count('never'), 0)
    })
  })
})
