import assert from 'node:assert/strict'
import { diagnosed, symptomParts } from '../../domain/diagnosis/diagnosis.ts'
import { lookGroups } from '../../domain/diagnosis/looks.ts'
import type { PartResult } from '../../domain/incident/fold/events.ts'
import { connectionParts } from '../../domain/runbook/parts.ts'
import { type PublishedRunbook, runbookSchema } from '../../domain/runbook/runbook.ts'
import { bad, finding, reading } from './incident/hands.ts'
import { smallBook, smallRunbook } from './incident/small-runbook.ts'

const title = { ja: '題', en: 'Title' }

/** The small runbook with other reading steps of its symptoms. */
function withSteps(...steps: readonly (readonly { kind: string; with?: object }[])[]): PublishedRunbook {
  const book = smallBook()
  const symptoms = steps.map((of, i) => ({
    id: `s${i}`,
    title,
    service: 'backend',
    steps: of.map((step, j) => ({ id: `a${j}`, title, ...step })),
  }))
  return { book: runbookSchema.parse({ ...book, symptoms }), version: 7, sha256: 'of-a-test' }
}

describe('a look at a service without an incident', () => {
  it('takes the picture of everything within four seconds, and the readings of its symptoms within twenty', () => {
    const groups = lookGroups(smallRunbook(), { at: 'service', service: 'backend' })
    assert.deepEqual(
      groups.map(({ key, withinMs, parts }) => [key, withinMs, parts.map(({ id }) => id)]),
      [
        ['picture', 4_000, ['pods', 'rollouts', 'events', 'health:backend', 'health:frontend']],
        ['symptoms', 20_000, ['5xx/logs']],
      ],
    )
  })

  it('asks every connection of the runbook, with the steps that go over it, and has ten seconds for that', () => {
    const [group, ...more] = lookGroups(smallRunbook({ database: true }), { at: 'connections' })
    assert.deepEqual(more, [])
    assert.deepEqual([group?.key, group?.withinMs], ['access', 10_000])
    assert.deepEqual(
      group?.parts.map(({ id, kind }) => [id, kind]),
      [
        ['kubernetes', 'kubernetes.access'],
        ['postgres postgres-primary', 'postgres.access'],
      ],
    )
    assert.deepEqual(group?.parts.slice(1), [
      {
        id: 'postgres postgres-primary',
        kind: 'postgres.access',
        params: {
          connection: 'postgres-primary',
          steps: ['postgres.connections', 'postgres.terminate-idle'],
        },
      },
    ])
    const asked = connectionParts(withSteps([{ kind: 'prometheus.alerts' }]).book)
    assert.deepEqual(
      asked.map(({ id, kind }) => [id, kind]),
      [
        ['kubernetes', 'kubernetes.access'],
        ['prometheus prometheus', 'prometheus.query'],
      ],
    )
  })

  it('reads one step of a service by its name, with what may be chosen by hand and nothing else of it', () => {
    const runbook = smallRunbook()
    const read = (service: string, step: string, chosen: object = {}) =>
      lookGroups(runbook, { at: 'step', service, step, with: { ...chosen } })
    const [logs, ...more] = read('backend', 'logs', { tail: 5, selector: 'app=secret' })
    assert.deepEqual([more, logs?.key, logs?.withinMs], [[], 'step', 25_000])
    const [published] = symptomParts(runbook, 'backend')
    assert.ok(published !== undefined && !('tail' in published.params))
    assert.deepEqual(logs?.parts, [
      { id: 'logs', kind: published.kind, params: { ...published.params, tail: 5 } },
    ])
    for (const [service, step] of [
      ['backend', 'rollback'],
      ['frontend', 'logs'],
      ['backend', 'nosuch'],
      ['constructor', 'logs'],
    ] as const)
      assert.deepEqual(read(service, step)[0]?.parts, [], `${service} ${step}`)
  })

  it('reads the smoke test by hand too, which ends before the look is given up', () => {
    const within = (params: object, chosen: object = {}) => {
      const runbook = withSteps([{ kind: 'http.healthy', with: { url: '$service.health', ...params } }])
      const looking = { at: 'step', service: 'backend', step: 'a0', with: { ...chosen } } as const
      const [group] = lookGroups(runbook, looking)
      const [part] = group?.parts ?? []
      assert.equal(part?.kind, 'http.healthy')
      return Number(part.params.within)
    }
    assert.deepEqual(
      [within({}), within({ within: '30s' }), within({ within: '5s' }), within({}, { within: '3s' })],
      [20_000, 20_000, 5_000, 3_000],
    )
  })

  it('looks at nothing to learn whom the workers believe', () => {
    assert.deepEqual(lookGroups(smallRunbook(), { at: 'trust' }), [])
  })

  it('reads once what several symptoms read, and not again what the picture shows', () => {
    const logs = { kind: 'kubernetes.logs', with: { deployment: '$service.deployment' } }
    const runbook = withSteps(
      [{ kind: 'kubernetes.rollouts' }, logs, { kind: 'kubernetes.rollout-restart', with: logs.with }],
      [{ ...logs, with: { deployment: 'shodo-backend', tail: 100 } }, { kind: 'kubernetes.top' }],
      [{ kind: 'http.healthy', with: { url: '$service.health' } }],
    )
    assert.deepEqual(
      symptomParts(runbook, 'backend').map(({ id, params }) => [id, params]),
      [
        ['s0/a1', { deployment: 'shodo-backend' }],
        ['s1/a1', {}],
      ],
    )
    assert.deepEqual(symptomParts(runbook, 'frontend'), [])
    assert.deepEqual(symptomParts(runbook, 'nobody'), [])
  })

  it('leaves out what wants something of the service that it does not have', () => {
    const { book } = withSteps([{ kind: 'kubernetes.logs', with: { deployment: '$service.deployment' } }])
    const { deployment: _, ...backend } = book.services.backend ?? assert.fail()
    const runbook = {
      book: { ...book, services: { ...book.services, backend } },
      version: 1,
      sha256: '',
    }
    assert.deepEqual(symptomParts(runbook, 'backend'), [])
  })

  it('tells what is of the service from what is of others, each finding once, and which symptoms it speaks for', () => {
    const runbook = smallRunbook()
    const well: PartResult = { ok: true, reading: reading() }
    const own = finding('bad-rollout')
    const other = finding('bad-rollout', 'deployment/shodo/shodo-frontend')
    const nobodys = finding('crash-loop', 'deployment/shodo/nightly-report')
    const parts = {
      pods: { ok: true, reading: reading(nobodys, own) },
      rollouts: { ok: true, reading: reading(own, other) },
      events: bad('no-answer'),
      'health:backend': well,
    } as const
    const { findings, elsewhere, symptoms, ...rest } = diagnosed(runbook, 'backend', { tookMs: 900, parts })
    assert.deepEqual(
      findings.map(({ subject, service }) => [subject, service]),
      [
        ['deployment/shodo/nightly-report', undefined],
        ['deployment/shodo/shodo-backend', 'backend'],
      ],
    )
    assert.deepEqual(
      elsewhere.map(({ service }) => service),
      ['frontend'],
    )
    assert.deepEqual(
      symptoms.map(({ id, findings }) => [id, findings.length]),
      [['5xx', 1]],
    )
    assert.deepEqual(rest, { desk: 'shodo', version: 1, service: 'backend', tookMs: 900, parts })
  })
})
