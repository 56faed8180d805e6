import assert from 'node:assert/strict'
import { failure } from '../../../domain/failures.ts'
import { connectionsNamed, connectionsUsed, lackingSystem } from '../../../domain/runbook/connections-used.ts'
import { neededBy, needing } from '../../../domain/runbook/dependencies.ts'
import { missingIn } from '../../../domain/runbook/fill.ts'
import { codesOf, ownerOf } from '../../../domain/runbook/found-of.ts'
import { strangeAddress } from '../../../domain/runbook/health-addresses.ts'
import { type Runbook, runbookSchema, type Service } from '../../../domain/runbook/runbook.ts'
import { smallBook } from '../incident/small-runbook.ts'

const title = { ja: '題', en: 'Title' }

const service = (more: object): Service => ({ title, slowAfter: 1_000, look: [], ...more }) as Service

describe('what services need', () => {
  const services = {
    web: service({ dependsOn: ['api'] }),
    api: service({ dependsOn: ['database', 'cache'] }),
    worker: service({ dependsOn: ['database'] }),
    database: service({}),
    cache: service({}),
  }

  it('is told over any number of hands, in both directions, without the service itself', () => {
    assert.deepEqual([...neededBy({ services }, 'web')].toSorted(), ['api', 'cache', 'database'])
    assert.deepEqual([...neededBy({ services }, 'database')], [])
    assert.deepEqual([...needing({ services }, 'database')].toSorted(), ['api', 'web', 'worker'])
    assert.deepEqual([...needing({ services }, 'web')], [])
    assert.deepEqual([...neededBy({ services }, 'nobody'), ...needing({ services }, 'nobody')], [])
  })
})

describe('the connections of a runbook', () => {
  it('are those that its steps name, or that a declaration fills in', () => {
    const named = (kind: string, given: object = {}) =>
      connectionsNamed({ kind, with: { ...given } }).map(({ system, name }) => `${system}/${name}`)
    assert.deepEqual(named('postgres.ready'), ['postgres/postgres-primary'])
    assert.deepEqual(named('postgres.ready', { connection: 'other' }), ['postgres/other'])
    assert.deepEqual(named('postgres.rebuild-replica'), [
      'postgres/postgres-primary',
      'postgres/postgres-replica',
    ])
    assert.deepEqual(named('redis.memory'), ['redis/redis-master'])
    assert.deepEqual(named('prometheus.targets'), ['prometheus/prometheus'])
    for (const [kind, given] of [
      ['kubernetes.pods', {}],
      ['postgres.nonsense', {}],
      ['postgres.ready', { connection: 'no name' }],
    ] as const)
      assert.deepEqual(named(kind, given), [], kind)
  })

  it('are told each once, with the kinds of steps that use it by name', () => {
    const step = (id: string, kind: string) => ({ id, title, kind })
    const steps = [
      step('a', 'postgres.ready'),
      step('b', 'redis.ready'),
      step('c', 'postgres.connections'),
      step('d', 'postgres.ready'),
      step('e', 'kubernetes.pods'),
    ]
    const symptoms = [{ id: 's', title, service: 'backend', steps }]
    assert.deepEqual(connectionsUsed(runbookSchema.parse({ ...smallBook(), symptoms })), [
      { system: 'postgres', name: 'postgres-primary', steps: ['postgres.connections', 'postgres.ready'] },
      { system: 'redis', name: 'redis-master', steps: ['redis.ready'] },
    ])
  })

  it('are of a system that the cluster lacks altogether only where it has none of them', () => {
    const lacking = (params: object, name: 'unknown-connection' | 'unknown-runbook' = 'unknown-connection') =>
      lackingSystem(failure(name, { kind: 'redis', connection: 'a', known: 'none', ...params }))
    assert.equal(lacking({}), 'redis')
    assert.equal(lacking({ kind: 'postgres' }), 'postgres')
    assert.equal(lacking({ known: 'redis-master' }), undefined)
    assert.equal(lacking({}, 'unknown-runbook'), undefined)
    assert.equal(lacking({ kind: 'mysql' }), undefined)
  })
})

describe('what is found of a service', () => {
  const book = runbookSchema.parse({
    ...smallBook(),
    services: {
      ...smallBook().services,
      store: { title, statefulSets: ['pg-a', 'pg-b'], look: [{ kind: 'postgres.ready' }] },
      bare: { title, look: [{ kind: 'redis.memory', with: { connection: 'cache' } }] },
    },
  })

  it('is what has its name: workload, address or connection', () => {
    const owners: readonly (readonly [string, string | undefined])[] = [
      ['deployment/shodo/shodo-backend', 'backend'],
      ['deployment/shodo/shodo-frontend', 'frontend'],
      ['deployment/other/shodo-backend', undefined],
      ['http://127.0.0.1:8080/health/shodo-frontend', 'frontend'],
      ['statefulset/shodo/pg-b', 'store'],
      ['postgres/postgres-primary', 'store'],
      ['redis/cache', 'bare'],
      ['redis/redis-master', undefined],
    ]
    for (const [subject, owner] of owners) assert.equal(ownerOf(book, subject), owner, subject)
  })

  it('is what its own looks can find, and what steps find that look at it', () => {
    const step = (kind: string, given: object = {}) => ({ kind, with: { ...given } })
    const has = (of: string, code: string, ...steps: readonly ReturnType<typeof step>[]) =>
      codesOf(book, of, steps).has(code)
    assert.deepEqual([...codesOf(book, 'nobody', [step('kubernetes.logs', { deployment: 'a' })])], [])
    // Pods are looked at in every picture; addresses only of those that have one.
    for (const name of ['backend', 'store', 'bare']) assert.equal(has(name, 'crash-loop'), true, name)
    assert.deepEqual(
      ['backend', 'store'].map((name) => has(name, 'health-failing')),
      [true, false],
    )
    assert.deepEqual(
      ['store', 'bare', 'backend'].map((name) => has(name, 'database-down')),
      [true, false, false],
    )
    const own = step('kubernetes.logs', { deployment: 'shodo-backend' })
    const other = step('kubernetes.logs', { deployment: 'shodo-frontend' })
    const itself = step('kubernetes.logs', { deployment: '$service.deployment' })
    const named = [own, other, itself].map((each) => has('backend', 'errors-in-logs', each))
    assert.deepEqual(named, [true, false, true])
    // A pod of no name that the runbook knows may be anybody's.
    assert.equal(has('backend', 'errors-in-logs', step('kubernetes.logs', { pod: 'a' })), true)
    const replica = step('postgres.lag')
    assert.deepEqual(
      ['store', 'backend'].map((name) => has(name, 'replica-lag', replica)),
      [false, false],
    )
  })

  it('wants of a service what the step names of it', () => {
    const wants = (given: object, of: object) =>
      missingIn({ kind: 'http.health', with: { ...given } }, service(of))
    const every = { a: '$service.deployment', b: ['$service.selector'], c: { d: 'x$service.health' } }
    assert.deepEqual(wants(every, {}), ['deployment', 'selector', 'health'])
    assert.deepEqual(wants(every, { deployment: 'a', health: 'http://a/' }), ['selector'])
    assert.deepEqual(wants({ a: '$service.title', b: 'deployment' }, {}), [])
  })

  it('has an address that may be asked for nobody else’s', () => {
    const { services } = smallBook()
    const strange = (given: object, kind = 'http.load') => strangeAddress(kind, { ...given }, services)?.got
    const [backend, frontend] = ['backend', 'frontend'].map((name) => services[name]?.health)
    for (const url of [backend, frontend, '$service.health', undefined])
      assert.equal(strange({ url }), undefined, url)
    assert.equal(strange({ url: 'http://elsewhere/' }), 'http://elsewhere/')
    assert.equal(strange({ url: 7 }), 7)
    assert.equal(strange({ url: 'http://elsewhere/' }, 'http.health'), undefined)
    assert.equal(strange({ url: 'http://elsewhere/' }, 'no.kind'), undefined)
    const bare = { a: service({}) } satisfies Runbook['services']
    const found = strangeAddress(
      'http.load',
      { url: backend },
      { ...bare, ...services, again: services.backend ?? assert.fail() },
    )
    assert.equal(found, undefined)
    assert.deepEqual(
      strangeAddress('http.load', { url: 'x' }, { ...services, again: service({ health: backend }) })?.known,
      [backend, frontend],
    )
  })
})
