import assert from 'node:assert/strict'
import { rankedSymptoms } from '../../../domain/diagnosis/rank.ts'
import { answering, answers, downBelow, isRecent } from '../../../domain/incident/fold/whose.ts'
import { present } from '../../../domain/present.ts'
import type { Finding, StepParams } from '../../../domain/steps/contract.ts'
import type { FindingCode } from '../../../domain/steps/finding-codes.ts'
import type { Json } from '../../../domain/words.ts'
import { finding, reading } from './hands.ts'
import { noon, sato, World } from './world.ts'

const own = 'deployment/shodo/shodo-backend'

function with_(of: Finding, data: Json): Finding {
  return { ...of, data }
}

/** Everything of the picture answers; these stand in the parts that say so. */
function seen(at: World, parts: { readonly [part: string]: readonly Finding[] }): void {
  const number = at.state.situation.wanted
  const well = { pods: [], rollouts: [], events: [], 'health:backend': [], 'health:frontend': [] }
  at.answer(`situation/${number}`, {
    type: 'situation-ended',
    number,
    tookMs: 900,
    parts: Object.fromEntries(
      Object.entries({ ...well, ...parts }).map(([id, findings]) => [
        id,
        { ok: true as const, reading: reading(...findings) },
      ]),
    ),
  })
}

function proposed(at: World): readonly string[] {
  return at.told('step-requested').flatMap((r) => (r.finding === undefined ? [] : [r.step]))
}

describe('a finding', () => {
  it('of a workload of no service is shown, proposes nothing and ranks nothing, also where reversible steps run at once', () => {
    for (const subject of [
      'deployment/shodo/nightly-report',
      'daemonset/shodo/fluent-bit',
      'job/shodo/import',
    ]) {
      const at = new World({ severity: 'MEDIUM', policy: { automatic: ['reversible'] } })
      seen(at, { rollouts: [finding('bad-rollout', subject)], pods: [finding('slow-responses', subject)] })
      assert.equal(at.state.findings.length, 2)
      assert.deepEqual(proposed(at), [])
      assert.deepEqual(rankedSymptoms(at.state), [])
    }
  })

  it('proposes only the step whose target it speaks of', () => {
    // scale-out names shodo-backend; a canary of the same service is another Deployment.
    const at = new World({ severity: 'MEDIUM' })
    const canary = { ...finding('slow-responses', 'deployment/shodo/canary'), service: 'backend' }
    seen(at, { pods: [canary] })
    assert.deepEqual(proposed(at), [])
    const other = new World({ severity: 'MEDIUM' })
    seen(other, {
      'health:backend': [finding('slow-responses', 'http://127.0.0.1:8080/health/shodo-backend')],
    })
    assert.deepEqual(proposed(other), ['scale-out'])
  })

  it('of a bad rollout proposes the very revision that it names as the good one', () => {
    const answer = { 'kubernetes.rollout-undo': { deployment: 'shodo-backend', toTemplate: '7c9d' } }
    const proposes = (of: Finding, said: StepParams) => {
      const at = new World({ severity: 'MEDIUM', policy: { rollback: said } })
      seen(at, { rollouts: [of] })
      return at.step('rollback').params
    }
    const own = { deployment: 'shodo-backend' }
    const found = { ...finding('bad-rollout'), answers: answer }
    assert.deepEqual(proposes(found, own), { ...own, toTemplate: '7c9d' })
    // Another kind's answer is none, and what the runbook itself names is not talked over.
    const ofAnother = { ...finding('bad-rollout'), answers: { 'kubernetes.scale': { replicas: 9 } } }
    assert.deepEqual(proposes(ofAnother, own), own)
    assert.deepEqual(proposes(found, { ...own, toRevision: 3 }), { ...own, toRevision: 3 })
  })

  it('says what it knows better to the kind of step that it answers, and only what that kind takes', () => {
    const title = { ja: '題', en: 'Title' }
    const undo = 'kubernetes.rollout-undo'
    const told = (kind: string, answers?: Finding['answers']) => {
      const step = { id: 'a', title, kind, with: { deployment: 'shodo-backend' } }
      const found = { ...finding('bad-rollout'), ...present({ answers }) }
      return answering(step, found)
    }
    const said = { deployment: 'shodo-backend' }
    const better = { [undo]: { toTemplate: '7c9d' } }
    assert.deepEqual(told(undo, better), { ...said, toTemplate: '7c9d' })
    assert.deepEqual(told('kubernetes.rollout-restart', better), said)
    assert.deepEqual(told(undo), said)
    assert.deepEqual(told(undo, { [undo]: { toTemplate: 7 } }), said)
    assert.deepEqual(told('kubernetes.nonsense', { 'kubernetes.nonsense': { a: 1 } }), said)
  })

  it('proposes nothing while what the service depends on is down, and does so once that is up', () => {
    const at = new World({ service: 'frontend', policy: { depends: true } })
    const book = at.state.runbook.book
    assert.deepEqual(book.services.frontend?.dependsOn, ['backend'])
    // The small runbook has no step for the frontend: whose it is and what is down below is what matters here.
    seen(at, { pods: [finding('service-dead', own)] })
    assert.equal(at.state.findings[0]?.service, 'backend')
    assert.deepEqual(proposed(at), [])
  })

  it('is answered by a step on the very pod, selector or connection that it speaks of', () => {
    const { runbook } = new World().state
    const title = { ja: '題', en: 'Title' }
    const does = (params: object, subject: string, kind = 'kubernetes.delete-pods') => {
      const step = { id: 'a', title, kind, with: { ...params }, when: ['crash-loop'] }
      return answers({ runbook, service: 'backend' }, step, {
        ...finding('crash-loop', subject),
        service: 'backend',
      })
    }
    const pod = { pod: 'postgres-replica-0' }
    assert.equal(does(pod, 'statefulset/shodo/postgres-replica'), true)
    assert.equal(does(pod, 'statefulset/shodo/postgres-primary'), false)
    assert.equal(does(pod, 'statefulset/other/postgres-replica'), false)
    assert.equal(does(pod, 'http://127.0.0.1:8080/'), true)
    assert.equal(does({ deployment: 'shodo-backend' }, own), true)
    assert.equal(does({ deployment: 'shodo-backend' }, 'deployment/shodo/canary'), false)
    assert.equal(does({ deployment: 'shodo-backend' }, 'http://127.0.0.1:8080/'), true)
    assert.equal(does({ deployment: 'canary' }, 'http://127.0.0.1:8080/'), false)
    assert.equal(does({ selector: 'app=shodo-backend' }, own), true)
    assert.equal(does({ selector: 'tier=1,app=shodo-backend' }, own), true)
    assert.equal(does({ selector: 'app=shodo-frontend' }, own), false)
    const terminate = 'postgres.terminate-idle'
    assert.equal(does({}, 'postgres/postgres-primary', terminate), true)
    assert.equal(does({}, 'postgres/other', terminate), false)
    assert.equal(does({ connection: 'other' }, 'postgres/other', terminate), true)
    assert.equal(does({}, 'redis/other', terminate), true)
    // Either server may say that the replica is gone.
    const rebuild = (subject: string) => does({}, subject, 'postgres.rebuild-replica')
    assert.deepEqual(
      ['postgres/postgres-primary', 'postgres/postgres-replica', 'postgres/other'].map(rebuild),
      [true, true, false],
    )
  })

  it('is answered once what its service depends on is up, and not before', () => {
    const at = new World({ severity: 'MEDIUM', policy: { database: true } })
    const { runbook } = at.state
    const backend = { ...(runbook.book.services.backend ?? assert.fail()), dependsOn: ['database'] }
    const book = { ...runbook.book, services: { ...runbook.book.services, backend } }
    at.state = { ...at.state, runbook: { ...runbook, book } }
    const dead = { ...finding('service-dead', 'statefulset/shodo/postgres'), service: 'database' }
    seen(at, { rollouts: [finding('bad-rollout')], pods: [dead] })
    assert.deepEqual(proposed(at), [])
    at.command('situation', sato, {})
    seen(at, { rollouts: [finding('bad-rollout')], 'connections:database': [] })
    assert.deepEqual(proposed(at), ['rollback'])
  })

  it('that something is down holds a service up only where it depends on that, and on nothing less than being down', () => {
    const { runbook } = new World({ policy: { depends: true, database: true } }).state
    const below = (code: FindingCode, of?: string) => {
      const seen = { ...finding(code), ...present({ service: of }) }
      return downBelow({ runbook, service: 'frontend', findings: [seen] }).length
    }
    for (const code of ['database-down', 'redis-down', 'service-dead'] as const)
      assert.equal(below(code, 'backend'), 1, code)
    assert.equal(below('crash-loop', 'backend'), 0)
    assert.equal(below('service-dead', 'database'), 0)
    assert.equal(below('service-dead', 'frontend'), 0)
    assert.equal(below('service-dead'), 0)
  })

  it('of what happened long ago and is well since proposes nothing, and weighs less than what happens now', () => {
    const at = new World({ severity: 'MEDIUM' })
    const lastAt = (agoMs: number) => new Date(noon - agoMs).toISOString()
    const old = with_(finding('slow-responses'), { lastAt: lastAt(55 * 60_000) })
    seen(at, { 'health:backend': [old], rollouts: [] })
    assert.deepEqual(proposed(at), [])
    const fresh = new World({ severity: 'MEDIUM' })
    seen(fresh, { 'health:backend': [with_(old, { lastAt: lastAt(60_000) })] })
    assert.deepEqual(proposed(fresh), ['scale-out'])
    const { service: _, ...edge } = old
    assert.equal(isRecent(with_(edge, { lastAt: lastAt(10 * 60_000) }), noon), true)
    assert.equal(isRecent(with_(edge, { lastAt: lastAt(10 * 60_000 + 1) }), noon), false)
    assert.equal(isRecent(with_(edge, { newestAt: lastAt(10 * 60_000 + 1) }), noon), false)
    for (const nothing of [null, {}, { lastAt: 'soon' }, { lastAt: 1 }])
      assert.equal(isRecent(with_(edge, nothing), noon), true)
    const both = new World({ severity: 'MEDIUM' })
    seen(both, { 'health:backend': [old], rollouts: [finding('bad-rollout')] })
    assert.deepEqual(
      rankedSymptoms(both.state).map(({ symptom }) => symptom.id),
      ['5xx', 'slow'],
    )
  })

  it('that is a cause weighs more than any number of what comes of it', () => {
    const { runbook } = new World().state
    const [slow] = runbook.book.symptoms
    assert.ok(slow !== undefined)
    const symptoms = [
      { ...slow, id: 'much', signs: ['health-failing', 'errors-in-logs', 'target-down'] },
      { ...slow, id: 'cause', signs: ['pods-pending'] },
    ]
    const codes = ['health-failing', 'errors-in-logs', 'target-down', 'pods-pending'] as const
    const findings = codes.map((code) => ({ ...finding(code), service: 'backend' }))
    const known = {
      runbook: { ...runbook, book: { ...runbook.book, symptoms } },
      service: 'backend',
      findings,
    }
    assert.deepEqual(
      rankedSymptoms(known).map(({ symptom }) => symptom.id),
      ['cause', 'much'],
    )
  })

  it('that speaks as much for two symptoms leaves them in the order of the runbook', () => {
    const { runbook } = new World().state
    const [slow, errors] = runbook.book.symptoms
    assert.ok(slow !== undefined && errors !== undefined)
    const symptoms = ['a', 'b', 'c'].map((id) => ({ ...slow, id, signs: ['pods-pending'] }))
    const book = {
      ...runbook.book,
      symptoms: [...symptoms, { ...errors, signs: ['pods-pending', 'no-room'] }],
    }
    const of = (...codes: FindingCode[]) => {
      const findings = codes.map((code) => ({ ...finding(code), service: 'backend' }))
      const ranked = rankedSymptoms({ runbook: { ...runbook, book }, service: 'backend', findings })
      return ranked.map(({ symptom }) => symptom.id)
    }
    assert.deepEqual(of('pods-pending'), ['a', 'b', 'c', '5xx'])
    assert.deepEqual(of('pods-pending', 'no-room'), ['5xx', 'a', 'b', 'c'])
  })

  it('stands under a symptom only when it is one of its signs, the causes first', () => {
    const at = new World({ severity: 'MEDIUM' })
    const codes: FindingCode[] = ['errors-in-logs', 'bad-rollout', 'pods-pending']
    seen(at, { pods: codes.map((code) => finding(code)) })
    const [first, ...more] = rankedSymptoms(at.state)
    assert.deepEqual(
      [first?.symptom.id, first?.findings.map(({ code }) => code)],
      ['5xx', ['bad-rollout', 'errors-in-logs']],
    )
    assert.deepEqual(more, [])
  })
})
