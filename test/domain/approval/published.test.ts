import assert from 'node:assert/strict'
import { automaticKeys, publishedKey, publishedKeys, wholeKey } from '../../../domain/runbook/published.ts'
import type { Service } from '../../../domain/runbook/runbook.ts'
import { smallBook, smokeTest } from '../incident/small-runbook.ts'

const book = smallBook({ database: true, programs: true })
const place = { cluster: 'lab', namespace: 'shodo' }
const health = 'http://127.0.0.1:8080/health/shodo-backend'

describe('what a published runbook has a worker do', () => {
  const keys = publishedKeys(book)
  const isPublished = (kind: string, params: object, at = place) => {
    const key = publishedKey({ kind, params: { ...params } }, at)
    return key !== undefined && keys.has(key)
  }

  it('is its steps, its looks, the picture, its connections, and the health of its services', () => {
    for (const [kind, params] of [
      ['kubernetes.logs', { deployment: 'shodo-backend' }],
      ['kubernetes.exec-read', { deployment: 'shodo-backend', argv: ['cat', '/etc/hostname'] }],
      ['kubernetes.pods', {}],
      ['kubernetes.rollouts', {}],
      ['postgres.connections', {}],
      ['postgres.access', { steps: ['postgres.connections', 'postgres.terminate-idle'] }],
      ['http.health', { url: health }],
      ['http.healthy', { url: health }],
    ] as const)
      assert.equal(isPublished(kind, params), true, kind)
    for (const [kind, params] of [
      ['kubernetes.logs', { deployment: 'payments' }],
      ['kubernetes.exec-read', { deployment: 'shodo-backend', argv: ['cat', '/etc/passwd'] }],
      ['http.healthy', { url: 'http://127.0.0.1:8080/else' }],
      ['postgres.ready', { connection: 'other' }],
    ] as const)
      assert.equal(isPublished(kind, params), false, kind)
  })

  it('has the smoke test of a service as it is published, and its health without one', () => {
    const smoking = smallBook({ smokes: true })
    const known = publishedKeys(smoking)
    const asks = (params: object) => {
      const key = publishedKey({ kind: 'http.healthy', params: { url: health, ...params } }, place)
      return key !== undefined && known.has(key)
    }
    assert.deepEqual([asks({ smokeTest, times: 5 }), asks({ times: 3 })], [true, true])
    const elsewhere = [{ url: 'http://169.254.169.254/latest/meta-data' }]
    assert.deepEqual(
      [asks({ smokeTest: elsewhere }), isPublished('http.healthy', { url: health, smokeTest })],
      [false, false],
    )
  })

  it('is so in its own cluster and namespace, whatever people may choose by hand', () => {
    const logs = { deployment: 'shodo-backend', tail: 7 }
    assert.equal(isPublished('kubernetes.logs', logs), true)
    assert.equal(isPublished('kubernetes.logs', logs, { ...place, cluster: 'other' }), false)
    assert.equal(isPublished('kubernetes.logs', logs, { ...place, namespace: 'other' }), false)
  })

  it('has the way back of its steps, from whatever copy or run it was, on the backups that it names', () => {
    const [first, ...others] = book.symptoms
    const [step] = first?.steps ?? []
    assert.ok(first !== undefined && step !== undefined)
    const restoring = (...kinds: string[]) => {
      const steps = kinds.map((kind) => ({
        ...step,
        kind,
        with: kind === 'postgres.salvage' ? { table: 'public.orders' } : {},
      }))
      return publishedKeys({ ...book, symptoms: [{ ...first, steps }, ...others] })
    }
    const ways = [
      ['postgres.restore', 'postgres.discard-copy', {}],
      ['postgres.cut-over', 'postgres.cut-back', { copy: 'shodo-1.restore' }],
      ['postgres.salvage', 'postgres.unsalvage', { run: 'shodo-1.salvage' }],
    ] as const
    for (const [kind, back, params] of ways) {
      const key = (more: object = {}) =>
        publishedKey({ kind: back, params: { ...params, ...more } }, place) ?? assert.fail(back)
      assert.equal(restoring(kind).has(key()), true, back)
      assert.equal(restoring(kind).has(key({ backups: 'other' })), false, back)
      const others = ways.map(([other]) => other).filter((other) => other !== kind)
      assert.equal(restoring(...others).has(key()), false, back)
    }
  })

  it('holds nothing of a step that wants something which the service does not have', () => {
    const { health: _, ...backend } = book.services.backend ?? assert.fail()
    const argv = ['cat', '$service.health']
    const [symptom] = book.symptoms.filter(({ id }) => id === 'programs')
    const [look] = symptom?.steps ?? []
    assert.ok(symptom !== undefined && look !== undefined)
    const symptoms = [{ ...symptom, steps: [{ ...look, with: { deployment: 'shodo-backend', argv } }] }]
    const keysOf = (service: Service) =>
      publishedKeys({ ...book, symptoms, services: { ...book.services, backend: service } })
    const key = (word: string) => {
      const params = { deployment: 'shodo-backend', argv: ['cat', word] }
      return publishedKey({ kind: 'kubernetes.exec-read', params }, place) ?? assert.fail()
    }
    assert.equal(keysOf({ ...backend, health }).has(key(health)), true)
    assert.equal(keysOf(backend).has(key('$service.health')), false)
  })

  it('has no name where its kind or its parameters are none, or where all of a change is for people to choose', () => {
    assert.equal(publishedKey({ kind: 'kubernetes.nonsense', params: {} }, place), undefined)
    assert.equal(publishedKey({ kind: 'kubernetes.logs', params: { tial: 1 } }, place), undefined)
    assert.equal(
      publishedKey({ kind: 'kubernetes.rollout-restart', params: { deployment: 'x' } }, place),
      undefined,
    )
    assert.equal(wholeKey({ kind: 'kubernetes.nonsense', params: {} }, place), undefined)
    assert.equal(wholeKey({ kind: 'kubernetes.logs', params: { tial: 1 } }, place), undefined)
  })

  it('has a name for a change of which something is the runbook’s alone to say', () => {
    const key = (params: object) =>
      publishedKey({ kind: 'kubernetes.delete-pods', params: { selector: 'app=x', ...params } }, place)
    assert.equal(key({}), undefined)
    assert.equal(key({ notReady: true }), undefined)
    assert.notEqual(key({ olderThan: '5m' }), undefined)
    assert.equal(key({ olderThan: '5m', notReady: true }), key({ olderThan: '5m' }))
    assert.notEqual(key({ olderThan: '6m' }), key({ olderThan: '5m' }))
  })

  it('runs without people only where a severity lets what is reversible run at once, and then word for word', () => {
    const scale = (replicas: number) =>
      wholeKey({ kind: 'kubernetes.scale', params: { deployment: 'shodo-backend', replicas } }, place) ?? ''
    assert.deepEqual(
      [8, 10, 9].map((replicas) => automaticKeys(book).has(scale(replicas))),
      [true, true, false],
    )
    const { CRITICAL, ...others } = book.severities
    const asked = { ...book, severities: { ...others, CRITICAL: { ...CRITICAL, automatic: [] } } }
    assert.equal(automaticKeys(asked).size, 0)
  })
})
