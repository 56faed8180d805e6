import assert from 'node:assert/strict'
import { idleWords } from '../../../domain/runbook/check-words.ts'
import { showPath } from '../../../domain/runbook/problem.ts'
import { type Runbook, runbookSchema } from '../../../domain/runbook/runbook.ts'
import { smallBook } from '../incident/small-runbook.ts'

const title = { ja: '題', en: 'Title' }

/** The small runbook with one symptom of these words. */
function warned(
  symptom: {
    readonly service?: string
    readonly signs?: readonly string[]
    readonly steps: readonly object[]
  },
  change: Partial<Runbook> = {},
): readonly string[] {
  const steps = symptom.steps.map((step, i) => ({ id: `a${i}`, title, ...step }))
  const symptoms = [{ id: 's', title, service: 'backend', ...symptom, steps }]
  const book = runbookSchema.parse({ ...smallBook(), symptoms, ...change })
  return idleWords(book).map(({ path, says }) => `${showPath(path)}: ${says.en}`)
}

const scale = { kind: 'kubernetes.scale', with: { deployment: 'shodo-backend', replicas: 8 } }
const logs = { kind: 'kubernetes.logs', with: { deployment: 'shodo-backend' } }

describe('words of a runbook that can never act', () => {
  it('are none where the picture, a quick step or a step of the symptom finds what they wait for', () => {
    assert.deepEqual(warned({ signs: ['crash-loop', 'slow-responses'], steps: [scale] }), [])
    assert.deepEqual(warned({ signs: ['errors-in-logs'], steps: [logs] }), [])
    assert.deepEqual(warned({ steps: [logs, { ...scale, when: ['errors-in-logs', 'bad-rollout'] }] }), [])
  })

  it('are signs and reasons that nothing finds which is looked at there', () => {
    assert.deepEqual(warned({ signs: ['crash-loop', 'redis-full'], steps: [scale] }), [
      'symptoms[0].signs[1]: No reading here finds "redis-full" for its service: it never points to this symptom.',
    ])
    assert.deepEqual(warned({ steps: [{ ...scale, when: ['redis-full'] }] }), [
      'symptoms[0].steps[0].when[0]: No reading here finds "redis-full" for its service: step "a0" is never proposed for it.',
    ])
    const { severities } = smallBook()
    const [quick] = severities.HIGH.quick
    const high = (when: string) => ({
      severities: {
        ...severities,
        HIGH: { ...severities.HIGH, quick: quick === undefined ? [] : [{ ...quick, when: [when] }] },
      },
    })
    assert.deepEqual(warned({ steps: [scale] }, high('errors-in-logs')), [
      'severities.HIGH.quick[0].when[0]: No reading here finds "errors-in-logs" for its service: step "quick-scale-out" is never proposed for it.',
    ])
    // A step of any symptom may find what a quick step waits for.
    assert.deepEqual(warned({ steps: [logs] }, high('errors-in-logs')), [])
  })

  it('are findings of another service, for a step answers those of its own alone', () => {
    const { services } = smallBook()
    const look = [
      { kind: 'redis.memory', with: {} },
      { kind: 'prometheus.alerts', with: {} },
    ]
    const more = { services: { ...services, redis: { title, look, slowAfter: 1_000 } } }
    const memory = { kind: 'redis.memory', with: {} }
    const says = 'No reading here finds "redis-full" for its service: step'
    assert.deepEqual(warned({ steps: [{ ...scale, when: ['redis-full', 'slow-responses'] }] }, more), [
      `symptoms[0].steps[0].when[0]: ${says} "a0" is never proposed for it.`,
    ])
    // Whoever reads it: the connection is the other one's.
    assert.deepEqual(warned({ steps: [memory, { ...scale, when: ['redis-full'] }] }, more), [
      `symptoms[0].steps[1].when[0]: ${says} "a1" is never proposed for it.`,
    ])
    const flush = { kind: 'redis.flushdb', with: {}, when: ['redis-full'] }
    assert.deepEqual(warned({ service: 'redis', steps: [flush] }, more), [])
    // An alert says itself of what it speaks.
    assert.deepEqual(warned({ steps: [{ ...scale, when: ['alert-firing'] }] }, more), [])
  })

  it('are health findings where no service has an address', () => {
    const { services } = smallBook()
    const look = [{ kind: 'kubernetes.pods', with: {} }]
    const bare = Object.fromEntries(
      Object.entries(services).map(([id, { health: _, ...service }]) => [id, { ...service, look }]),
    )
    assert.deepEqual(warned({ signs: ['slow-responses'], steps: [scale] }, { services: bare }), [
      'symptoms[0].signs[0]: No reading here finds "slow-responses" for its service: it never points to this symptom.',
    ])
  })

  it('are deployments of no service, with the one that was most likely meant', () => {
    const named = (deployment: string) => ({ ...scale, with: { deployment, replicas: 8 } })
    assert.deepEqual(warned({ steps: [named('shodo-backnd'), named('$service.deployment')] }), [
      'symptoms[0].steps[0].with.deployment: No service has the deployment "shodo-backnd". Did you mean "shodo-backend"?',
    ])
    assert.deepEqual(warned({ steps: [named('payments')] }), [
      'symptoms[0].steps[0].with.deployment: No service has the deployment "payments".',
    ])
    const { services } = smallBook()
    const look = [{ kind: 'kubernetes.rollouts', with: { deployment: 'payments' } }]
    const backend = { ...services.backend, title, look, slowAfter: 1_000 }
    assert.deepEqual(warned({ steps: [scale] }, { services: { ...services, backend } }), [
      'services.backend.look[0].with.deployment: No service has the deployment "payments".',
    ])
  })

  it('is a threshold of slowness for what has no address', () => {
    const { services } = smallBook()
    const look = [{ kind: 'postgres.ready', with: {} }]
    const database = (slowAfter: number, more: object = {}) => ({
      services: { ...services, database: { title, look, slowAfter, ...more } },
    })
    assert.deepEqual(warned({ steps: [scale] }, database(1_000)), [])
    assert.deepEqual(warned({ steps: [scale] }, database(2_000)), [
      'services.database.slowAfter: "slowAfter" of "database" is not used: the service has no "health".',
    ])
    assert.deepEqual(warned({ steps: [scale] }, database(2_000, { health: 'http://a/' })), [])
  })
})
