import assert from 'node:assert/strict'
import { catalogue, isChange, isOnce, type KindName, kindOf } from '../../../domain/steps/catalogue.ts'
import type { ChangeKind, Plan, ReadKind, StepParams } from '../../../domain/steps/contract.ts'
import { isReached } from '../../../domain/steps/only.ts'
import type { Json } from '../../../domain/words.ts'

const plan = (more: Partial<Plan> = {}): Plan => ({
  target: 'deployment/shodo/shodo-backend',
  says: { ja: '変更', en: 'a change' },
  nothingToDo: false,
  change: null,
  before: { replicas: 3, template: '5d4f8c7b9' },
  pods: { ready: 0, notReady: 0, ofReady: 0 },
  ...more,
})

function change(name: KindName): ChangeKind {
  const kind = kindOf(name) ?? assert.fail(name)
  return isChange(kind) ? kind : assert.fail(`${name} changes nothing`)
}

/** What the undo of a step does, as its runbook says it and what was there before. */
const undone = (name: KindName, given: StepParams, before: Json) => {
  const kind = change(name)
  const undo = kind.undo(kind.params.parse(given), plan({ before }))
  return 'irreversible' in undo ? undo.irreversible.en : undo
}

const messages = (name: KindName, given: StepParams): readonly string[] =>
  (kindOf(name)?.params.safeParse(given).error?.issues ?? []).map(
    ({ message }) => message.split('\n')[0] ?? '',
  )

describe('the undo of a step', () => {
  it('puts back how many replicas there were, and the template that ran', () => {
    const deployment = 'shodo-backend'
    assert.deepEqual(undone('kubernetes.scale', { deployment, replicas: 8 }, { replicas: 0 }), {
      kind: 'kubernetes.scale',
      with: { deployment, replicas: 0 },
    })
    const more: { readonly [name: string]: StepParams } = {
      'kubernetes.rollout-undo': {},
      'kubernetes.rollout-restart': {},
      'kubernetes.set-resources': { limits: { memory: '1Gi' } },
    }
    for (const [name, given] of Object.entries(more))
      assert.deepEqual(undone(name as KindName, { deployment, ...given }, { template: '7c9d' }), {
        kind: 'kubernetes.rollout-undo',
        with: { deployment, toTemplate: '7c9d' },
      })
  })

  it('is none where the plan does not say what was there: nothing is made up', () => {
    const deployment = 'shodo-backend'
    for (const before of [null, 7, 'replicas', [], {}, { replicas: '3' }, { replicas: null }])
      assert.throws(
        () => undone('kubernetes.scale', { deployment, replicas: 8 }, before),
        /plan\.before\.replicas of deployment\/shodo\/shodo-backend is no number/,
      )
    for (const before of [null, 7, 'template', [], {}, { template: 3 }])
      assert.throws(
        () => undone('kubernetes.rollout-restart', { deployment }, before),
        /plan\.before\.template of deployment\/shodo\/shodo-backend is no text/,
      )
  })

  it('of memory settings sets again what the step has set, and nothing else', () => {
    const before = { maxmemory: 1_024, policy: 'allkeys-lru' }
    const set = (given: StepParams) => undone('redis.set-memory', given, before)
    const connection = 'redis-master'
    const kind = 'redis.set-memory'
    assert.deepEqual(set({ maxmemory: '1gb' }), { kind, with: { connection, maxmemory: 1_024 } })
    assert.deepEqual(set({ policy: 'noeviction' }), { kind, with: { connection, policy: 'allkeys-lru' } })
    assert.deepEqual(set({ connection: 'other', maxmemory: 0, policy: 'noeviction' }), {
      kind,
      with: { connection: 'other', maxmemory: 1_024, policy: 'allkeys-lru' },
    })
  })
})

describe('the kinds of steps', () => {
  it('are as dangerous as their exact plan: pods that are Ready, keys that go', () => {
    const pods = (ready: number) =>
      change('kubernetes.delete-pods').riskOf?.(plan({ pods: { ready, notReady: 1, ofReady: 3 } }))
    assert.deepEqual([0, 1, 2].map(pods), ['reversible', 'disruptive', 'disruptive'])
    const memory = (evicts: boolean) =>
      change('redis.set-memory').riskOf?.(plan({ change: { maxmemory: 1, policy: 'x', evicts } }))
    assert.deepEqual([true, false].map(memory), ['destructive', 'reversible'])
  })

  it('are heavy where they take longer than a picture has', () => {
    const heavy = (name: KindName, given: StepParams) => {
      const kind = kindOf(name) as ReadKind
      return kind.heavy?.(kind.params.parse(given)) === true
    }
    const url = 'http://a/'
    assert.equal(heavy('http.healthy', { url }), true)
    assert.equal(heavy('http.timings', { url }), true)
    assert.equal(heavy('http.health', { url }), false)
    assert.equal(heavy('postgres.restore-points', {}), true)
    for (const [follow, is] of [
      [0, false],
      [1, true],
      ['40s', true],
    ] as const)
      assert.equal(heavy('kubernetes.logs', { pod: 'a', follow }), is, String(follow))
    assert.equal(heavy('kubernetes.logs', { pod: 'a' }), false)
  })

  it('read as much as others of their kind only where they look at all of it', () => {
    const covers = (name: KindName, all: StepParams, some: StepParams) =>
      (kindOf(name) as ReadKind).covers?.(all, some)
    const [api, web] = ['deployment/api', 'deployment/web']
    const pods: readonly (readonly [StepParams, StepParams, boolean])[] = [
      [{}, { selector: 'app=api' }, true],
      [{ selector: 'app=api' }, { selector: 'app=api' }, true],
      [{ selector: 'app=api' }, { selector: 'app=web' }, false],
      [{ selector: 'app=api' }, {}, false],
      [{}, { expect: [] }, true],
      [{}, { expect: [api] }, false],
      [{ expect: [api] }, { expect: [api] }, true],
      [{ expect: [api, web] }, { expect: [web] }, true],
      [{ expect: [api] }, { expect: [api, web] }, false],
      [{ expect: [api] }, {}, true],
    ]
    for (const [all, some, does] of pods)
      assert.equal(covers('kubernetes.pods', all, some), does, JSON.stringify([all, some]))
    const rollouts: readonly (readonly [StepParams, StepParams, boolean])[] = [
      [{}, { deployment: 'api' }, true],
      [{ deployment: 'api' }, { deployment: 'api' }, true],
      [{ deployment: 'api' }, { deployment: 'web' }, false],
      [{ deployment: 'api' }, {}, false],
    ]
    for (const [all, some, does] of rollouts)
      assert.equal(covers('kubernetes.rollouts', all, some), does, JSON.stringify([all, some]))
  })

  it('take no parameter that they do not have', () => {
    for (const [name, kind] of Object.entries(catalogue)) {
      const issues = kind.params.safeParse({ 'no-such-parameter': 1 }).error?.issues ?? []
      assert.ok(
        issues.some(({ code }) => code === 'unrecognized_keys'),
        `the params of ${name} are no z.strictObject`,
      )
    }
  })

  it('are begun once where a second time would do it all again', () => {
    const once = Object.keys(catalogue).filter(isOnce)
    assert.deepEqual(once, ['http.load'])
    assert.equal(isOnce('constructor'), false)
  })

  it('say where something can be done: at one place, and with figures that go together', () => {
    const url = 'http://a/'
    const [either, both] = [
      ['expected either deployment or pod'],
      ['expected toRevision or toTemplate, not both'],
    ]
    const cases: readonly (readonly [KindName, StepParams, readonly string[]])[] = [
      ['kubernetes.logs', {}, either],
      ['kubernetes.logs', { deployment: 'a', pod: 'a' }, either],
      ['kubernetes.logs', { deployment: 'a', previous: true }, []],
      [
        'kubernetes.logs',
        { deployment: 'a', previous: true, follow: 1 },
        ['expected no "previous": that run has ended and logs nothing new'],
      ],
      ['kubernetes.logs', { deployment: 'a', follow: '41s' }, ['expected at most 40 s']],
      ['kubernetes.exec', { argv: ['a'] }, either],
      ['kubernetes.exec', { argv: ['a'], deployment: 'a', pod: 'a' }, either],
      ['ai-server.gpu', {}, either],
      ['ai-server.models', { deployment: 'a', pod: 'a' }, either],
      ['kubernetes.rollout-undo', { deployment: 'a' }, []],
      ['kubernetes.rollout-undo', { deployment: 'a', toRevision: 1 }, []],
      ['kubernetes.rollout-undo', { deployment: 'a', toTemplate: 'b' }, []],
      ['kubernetes.rollout-undo', { deployment: 'a', toRevision: 1, toTemplate: 'b' }, both],
      ['kubernetes.set-resources', { deployment: 'a', requests: { cpu: '1' } }, []],
      ['kubernetes.set-resources', { deployment: 'a', limits: { cpu: '1' } }, []],
      ['kubernetes.set-resources', { deployment: 'a' }, ['expected limits or requests']],
      ['kubernetes.delete-pods', {}, ['expected either pod or selector']],
      ['kubernetes.delete-pods', { pod: 'a', selector: 'a=b' }, ['expected either pod or selector']],
      ['kubernetes.delete-pods', { pod: 'a' }, []],
      ['redis.set-memory', {}, ['expected maxmemory, policy or both']],
      ['redis.set-memory', { maxmemory: 0 }, []],
      ['redis.set-memory', { policy: 'noeviction' }, []],
      ['http.timings', { url, times: 13, every: 3_076 }, []],
      ['http.timings', { url, times: 13, every: 3_077 }, ['expected at most 40 s in all (times × every)']],
      [
        'prometheus.range',
        { query: 'up', last: '501s', every: '1s' },
        ['expected at most 500 points (last / every)'],
      ],
    ]
    for (const [name, given, says] of cases)
      assert.deepEqual(messages(name, given), says, `${name} ${JSON.stringify(given)}`)
  })
})

describe('a number that may go one way only', () => {
  it('stays where it is as far already, and goes wherever nobody says a way', () => {
    const cases = [1, 2, 3].map((has) => [
      isReached(has, 2, 'up'),
      isReached(has, 2, 'down'),
      isReached(has, 2, undefined),
    ])
    assert.deepEqual(cases, [
      [false, true, false],
      [true, true, true],
      [true, false, false],
    ])
  })
})
