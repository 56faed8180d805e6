import assert from 'node:assert/strict'
import type { Finding } from '../../../domain/steps/contract.ts'
import { said, type Words } from '../../../domain/words.ts'
import { breakLab, healLab } from '../../../lab/index.ts'
import { until } from '../../../lab/waiting.ts'
import { carriedBy } from '../../../wire/carried.ts'
import { sharedLab } from '../../lab/shared.ts'
import { openWorld, type World } from './world.ts'

describe('reading a namespace', () => {
  let world: World
  before(async function () {
    this.timeout(300_000)
    world = await openWorld('reading')
    await world.deploy('steady', { replicas: 2 })
    await world.deploy('backend', { image: 'web:1', replicas: 3 })
    await world.rollOut('backend', { image: 'web:bad', crash: 'later' })
  })
  after(() => world?.close())

  const coded = (findings: readonly Finding[], name: string) =>
    findings.filter((f) => f.subject === `deployment/${world.namespace}/${name}`).map((f) => f.code)

  it('finds the crash loop of a whole service, with its evidence', async () => {
    const { facts, findings, text } = await world.hands['kubernetes.pods']({}, world.context())
    assert.deepEqual(coded(findings, 'backend'), ['crash-loop', 'service-dead', 'pods-not-ready'])
    assert.deepEqual(coded(findings, 'steady'), [])
    assert.match(
      said(findings[0]?.evidence[0]).en,
      /^pod backend-.*, container web: CrashLoopBackOff \(back-off/,
    )
    assert.match(said(findings[0]?.evidence[0]).en, /last exit 1 Error/)
    assert.equal((facts as { notReady: number }).notReady, 3)
    assert.match(said(text).en, /deployment\/reading-\w+\/backend +0\/3/)
  })

  it('says since which ReplicaSet, how long after its rollout, and what was good before', async () => {
    const context = world.context('rollouts', Date.now() + 3 * 60_000)
    const { findings, facts, text } = await world.hands['kubernetes.rollouts']({}, context)
    assert.equal(findings.length, 1)
    const [found] = findings
    const sets = await world.replicaSets()
    const ofImage = (image: string) =>
      sets.find(
        (rs) => rs.spec.template.spec.containers[0]?.image === image && rs.metadata.labels?.app === 'backend',
      )
    const bad = ofImage('web:bad')
    assert.equal(
      found?.says.en,
      `CrashLoopBackOff since ReplicaSet ${bad?.metadata.name}, rolled out 3 minutes before: revision 2 "web:bad"`,
    )
    assert.equal(
      found?.says.ja,
      `ReplicaSet ${bad?.metadata.name}（3分前にロールアウト、リビジョン 2「web:bad」）から CrashLoopBackOff`,
    )
    const data = found?.data as { good: { template: string; revision: number }; bad: { template: string } }
    assert.equal(data.bad.template, bad?.metadata.labels?.['pod-template-hash'])
    assert.equal(data.good.template, ofImage('web:1')?.metadata.labels?.['pod-template-hash'])
    assert.equal(data.good.revision, 1)
    assert.deepEqual(found?.answers, {
      'kubernetes.rollout-undo': { deployment: 'backend', toTemplate: data.good.template },
    })
    const [first] = (facts as { deployments: { deployment: string; complete: boolean; status: string }[] })
      .deployments
    assert.equal(first?.deployment, 'backend')
    assert.match(said(text).en, /REVISION +REPLICASET/)
  })

  it('blames a rollout that got stuck, and goes back to the revision whose pods still serve', async () => {
    await world.deploy('stuck', { image: 'web:1' })
    await world.rollOut('stuck', { image: 'web:worse', crash: 'at once' })
    const found = await until(
      async () => {
        const params = { deployment: 'stuck' }
        return (await world.hands['kubernetes.rollouts'](params, world.context())).findings[0]
      },
      { what: 'the finding', withinMs: 20_000 },
    )
    assert.equal((found.data as { good: { revision: number } }).good.revision, 1)
    const { findings } = await world.hands['kubernetes.pods']({ selector: 'app=stuck' }, world.context())
    assert.ok(!coded(findings, 'stuck').includes('service-dead'))
    await world.cluster.delete(`${world.deployments}/stuck`)
  })

  it('blames a rollout whose pods run and never become Ready, with its revision and why it was made', async () => {
    await world.deploy('unready', { image: 'web:1', spec: { progressDeadlineSeconds: 1 } })
    await world.cluster.mergePatch(`${world.deployments}/unready`, {
      metadata: { annotations: { 'kubernetes.io/change-cause': '1.9.0: new database driver' } },
    })
    // The lab's kubelet plays such a pod as one that never comes up.
    await world.beginRollOut('unready', { image: 'web:2', labels: { 'hikeshi.lab/process': 'nobody' } })
    const found = await until(
      async () =>
        (await world.hands['kubernetes.rollouts']({ deployment: 'unready' }, world.context())).findings[0],
      { what: 'the deadline to be over', withinMs: 20_000 },
    )
    assert.match(
      found.says.en,
      /^2 new pods are running but not Ready since ReplicaSet unready-\w+, rolled out \d+ seconds? before: revision 2 "1\.9\.0: new database driver"$/,
    )
    assert.equal((found.data as { good: { revision: number } }).good.revision, 1)
    await world.cluster.delete(`${world.deployments}/unready`)
  })

  it('does not blame a rollout whose pods were well for long, and tells every recent one', async () => {
    const context = world.context('recent')
    const { facts } = await world.hands['kubernetes.rollouts']({}, context)
    assert.match(
      said((facts as { recent: Words }).recent).en,
      /backend revision 2 "web:bad", \d+ (second|minute)s? ago/,
    )
    const later = await world.hands['kubernetes.rollouts']({}, world.context('x', context.nowMs + 7_200_000))
    assert.equal((later.facts as { recent?: string }).recent, undefined)
  })

  it('blames no single rollout when everything fails at once', async () => {
    const apart = await openWorld('all')
    try {
      for (const name of ['one', 'two']) {
        await apart.deploy(name, { image: 'web:1' })
        await apart.rollOut(name, { image: 'web:2' })
      }
      // Pods of the old templates may still be on their way out.
      for (const pod of await apart.pods()) {
        await apart.cluster
          .mergePatch(`/api/v1/namespaces/${apart.namespace}/pods/${pod.metadata.name}`, {
            metadata: { labels: { 'hikeshi.lab/crash': 'true' } },
          })
          .catch((error) => assert.equal(error.code, 404))
      }
      await until(
        async () => {
          const reading = await apart.hands['kubernetes.pods']({}, apart.context())
          return reading.findings.filter((f) => f.code === 'service-dead').length === 2
        },
        { what: 'both services to be down', withinMs: 20_000 },
      )
      const { findings } = await apart.hands['kubernetes.rollouts']({}, apart.context())
      assert.deepEqual(findings, [])
    } finally {
      await apart.close()
    }
  })

  it('finds a deployment that has no pods at all by the labels they would have', async () => {
    await world.cluster.post(world.deployments, {
      metadata: { name: 'empty' },
      spec: {
        replicas: 2,
        paused: true,
        selector: { matchLabels: { app: 'empty' } },
        template: {
          metadata: { labels: { app: 'empty' } },
          spec: { containers: [{ name: 'web', image: 'web:1' }] },
        },
      },
    })
    const { findings } = await world.hands['kubernetes.pods']({ selector: 'app=empty' }, world.context())
    assert.deepEqual(coded(findings, 'empty'), ['service-dead', 'pods-not-ready'])
    await world.cluster.delete(`${world.deployments}/empty`)
  })

  it('finds first what the runbook names and is not there, or wants no pods', async () => {
    await world.deploy('idle', { replicas: 0 })
    const expect = ['deployment/steady', 'deployment/idle', 'deployment/gone', 'statefulset/gone-too']
    const { findings } = await world.hands['kubernetes.pods']({ expect }, world.context())
    assert.deepEqual(
      findings.slice(0, 3).map(({ code, subject, says }) => [code, subject, says.en]),
      [
        ['service-dead', `deployment/${world.namespace}/idle`, 'idle is scaled to 0'],
        ['service-dead', `deployment/${world.namespace}/gone`, 'gone does not exist'],
        ['service-dead', `statefulset/${world.namespace}/gone-too`, 'gone-too does not exist'],
      ],
    )
    const unnamed = await world.hands['kubernetes.pods']({}, world.context())
    assert.deepEqual(coded(unnamed.findings, 'idle'), [])
    await world.cluster.delete(`${world.deployments}/idle`)
  })

  it('finds a StatefulSet whose pod cannot be made, in the words of what forbids it', async () => {
    const quotas = `/api/v1/namespaces/${world.namespace}/resourcequotas`
    await world.cluster.post(quotas, { metadata: { name: 'none' }, spec: { hard: { pods: '0' } } })
    // No controller of the lab counts quotas, so their first count is written here.
    await world.cluster.mergePatch(`${quotas}/none/status`, {
      status: { hard: { pods: '0' }, used: { pods: '9' } },
    })
    const sets = `/apis/apps/v1/namespaces/${world.namespace}/statefulsets`
    const app = { app: 'store' }
    await world.cluster.post(sets, {
      metadata: { name: 'store' },
      spec: {
        serviceName: 'store',
        replicas: 1,
        selector: { matchLabels: app },
        template: { metadata: { labels: app }, spec: { containers: [{ name: 'web', image: 'web:1' }] } },
      },
    })
    try {
      const params = { selector: 'app=store' }
      const { findings, text } = await until(
        async () => {
          const seen = await world.hands['kubernetes.pods'](params, world.context())
          return seen.findings.some(({ code }) => code === 'pods-refused') && seen
        },
        { what: 'the controller to be refused', withinMs: 20_000 },
      )
      assert.match(said(text).en, /statefulset\/\S+\/store +0\/1/)
      assert.deepEqual(
        findings.map(({ code }) => code),
        ['pods-refused', 'service-dead', 'pods-not-ready'],
      )
      assert.match(
        findings[0]?.says.en ?? '',
        /^1 of 1 pods of store cannot be created, refused by the namespace's quota: .*exceeded quota: none/,
      )
      const deletion = { ...params, notReady: true, oneByOne: false }
      await assert.rejects(world.hands['kubernetes.delete-pods'].plan(deletion, world.context()), (error) => {
        const found = carriedBy(error)
        assert.equal(found?.name, 'precondition-failed')
        assert.match(said(found?.params.reason).en, /store wants 1 \(.*exceeded quota: none/)
        return true
      })
    } finally {
      await world.cluster.delete(`${quotas}/none`)
      await world.cluster.delete(`${sets}/store`)
    }
  })

  it('shows warning events, newest first, without what could move a terminal', async () => {
    const at = new Date(Date.now() - 60_000).toISOString().replace(/\.\d+Z/, 'Z')
    await world.cluster.post(`/api/v1/namespaces/${world.namespace}/events`, {
      metadata: { name: 'evil' },
      involvedObject: { kind: 'Pod', name: 'web-1', namespace: world.namespace },
      type: 'Warning',
      reason: 'FailedScheduling',
      message: '\u001b[2J\u001b]0;title\u0007no node\u202e fits\nsecond line',
      lastTimestamp: at,
      count: 3,
    })
    const { facts, text } = await world.hands['kubernetes.events'](
      { since: 3_600_000, limit: 100 },
      world.context(),
    )
    const { events } = facts as { events: { reason: string; message: string; count: number }[] }
    const found = events.find((event) => event.reason === 'FailedScheduling')
    assert.equal(found?.message, 'no node fits second line')
    assert.equal(found?.count, 3)
    assert.ok(!/[\u001b\u0007\u202e]/.test(said(text).en))
    const none = await world.hands['kubernetes.events'](
      { since: 1_000, limit: 100 },
      world.context('x', Date.now() + 90_000),
    )
    assert.equal((none.facts as { warnings: number }).warnings, 0)
  })

  it('names a deployment that is not there', async () => {
    const params = { deployment: 'nobody', tail: 10, grep: [], previous: false, follow: 0 }
    for (const read of [
      () => world.hands['kubernetes.rollouts']({ deployment: 'nobody' }, world.context()),
      () => world.hands['kubernetes.logs'](params, world.context()),
    ]) {
      await assert.rejects(read(), (error) => carriedBy(error)?.name === 'target-not-found')
    }
  })

  it('reads logs of the shodo backend, at most 16 KiB, and keeps the lines with the words asked for', async () => {
    const context = { ...world.context(), namespace: 'shodo' }
    const hand = world.hands['kubernetes.logs']
    const all = await hand(
      { deployment: 'shodo-backend', tail: 5_000, grep: [], previous: false, follow: 0 },
      context,
    )
    assert.ok(Buffer.byteLength(said(all.text).en) <= 16_384)
    assert.match(said(all.text).en, /==> shodo-backend-/)
    assert.ok((all.facts as { linesRead: number }).linesRead > 0)
    const some = await hand(
      // All of them: a lab that has been up for a while has said much since.
      { deployment: 'shodo-backend', tail: 5_000, grep: ['startup complete'], previous: false, follow: 0 },
      context,
    )
    const lines = said(some.text)
      .en.split('\n')
      .filter((line) => line !== '' && !line.startsWith('==>'))
    assert.ok(lines.length > 0)
    assert.ok(lines.every((line) => line.includes('startup complete')))
  })

  it('says how many lines are errors, and how old the newest of them is', async () => {
    const lab = await sharedLab()
    await breakLab(lab, 'errors')
    const params = { deployment: 'shodo-backend', tail: 100, grep: [], previous: false, follow: 2_000 }
    const { findings } = await world.hands['kubernetes.logs'](params, {
      ...world.context(),
      namespace: 'shodo',
    })
    await healLab(lab)
    const [found] = findings
    assert.match(found?.says.en ?? '', / are errors, the newest \d+m?s ago$/)
    assert.match(said(found?.evidence.at(-1)).en, /^shodo-backend-\S+: .*ERROR/)
  })

  it('goes on reading for as long as it is to follow, and brings each line once', async () => {
    const context = { ...world.context(), namespace: 'shodo' }
    const hand = world.hands['kubernetes.logs']
    const started = performance.now()
    const params = { deployment: 'shodo-backend', tail: 1, grep: [], previous: false, follow: 5_000 }
    const { facts, text = '' } = await hand(params, context)
    const tookMs = performance.now() - started
    assert.ok(tookMs >= 5_000, `took ${tookMs} ms`)
    const { pods } = facts as { pods: { pod: string; lines: number }[] }
    // The app logs one line a second for each pod.
    for (const { pod, lines } of pods) assert.ok(lines >= 4, `${pod}: ${lines} lines`)
    for (const part of said(text).en.split('\n\n')) {
      const [head = '', ...shown] = part.split('\n')
      const name = head.replace('==> ', '').replace(/ .*/, '')
      const log = await world.cluster.get<string>(
        `/api/v1/namespaces/shodo/pods/${name}/log?tailLines=1000&timestamps=false`,
      )
      const all = log.split('\n')
      const first = all.indexOf(shown[0] ?? '')
      assert.ok(first >= 0, `${name}: the first line is none of its log`)
      assert.deepEqual(shown, all.slice(first, first + shown.length), `${name}: a line is missing or twice`)
    }
  })
})
