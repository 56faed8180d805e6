import assert from 'node:assert/strict'
import type { z } from 'zod'
import { alertPlace } from '../../domain/alert/place.ts'
import { policyFile } from '../../domain/approval/policy.ts'
import { alertedTrouble, deskCommandSchemas, parseDeskCommand } from '../../domain/desk/commands.ts'
import { commandSchemas, parseCommand } from '../../domain/incident/commands.ts'
import { kubernetesName, name } from '../../domain/names.ts'
import { dataChecks } from '../../domain/restore/checks.ts'
import { runbookSchema } from '../../domain/runbook/runbook.ts'
import { catalogue, type KindName } from '../../domain/steps/catalogue.ts'
import { smallBook } from './incident/small-runbook.ts'
import { sato } from './incident/world.ts'

/** The last value that is taken, and the first that is not. */
type Edge = readonly [what: string, taken: unknown, refused: unknown]

function holds(schema: z.ZodType, around: (value: unknown) => unknown, edges: readonly Edge[]): void {
  for (const [what, taken, refused] of edges) {
    assert.equal(schema.safeParse(around(taken)).error?.message, undefined, `${what} was refused`)
    assert.equal(schema.safeParse(around(refused)).success, false, `${what} was not bounded`)
  }
}

const text = (length: number) => 'x'.repeat(length)
const list = (length: number, of: unknown) => Array.from({ length }, () => of)
function nested(levels: number): unknown {
  let value: unknown = 1
  for (let i = 0; i < levels; i += 1) value = { inner: value }
  return value
}

describe('limits', () => {
  it('of names: 40 characters for what people type, 253 for what Kubernetes names', () => {
    holds(name, (value) => value, [['a name', text(40), text(41)]])
    holds(kubernetesName, (value) => value, [['an object', text(253), text(254)]])
  })

  it('of commands to an incident', () => {
    const given = (type: keyof typeof commandSchemas, member: string, rest: object = {}) => ({
      schema: commandSchemas[type],
      around: (value: unknown) => ({ v: 1, by: sato, ...rest, [member]: value }),
    })
    const declaration = { service: 'backend', severity: 'LOW', description: 'x' }
    const alerts = { group: 'a'.repeat(32), version: 1, fired: 0, firing: 0, clear: true, declaration }
    const cases: readonly (readonly [ReturnType<typeof given>, readonly Edge[]])[] = [
      [
        given('note', 'text'),
        [
          ['a long note', text(10_000), text(10_001)],
          ['a short note', 'x', ''],
        ],
      ],
      [
        given('acknowledge', 'id'),
        [
          ['the id of a request', text(200), text(201)],
          ['a short id', 'x', ''],
        ],
      ],
      [given('set-commander', 'person'), [['a person', text(64), text(65)]]],
      [given('reject', 'reason', { step: 'a' }), [['a reason', text(2_000), text(2_001)]]],
      [
        given('run', 'step'),
        [
          ['a step', text(60), text(61)],
          ['the number of a run', 'a.1234', 'a.12345'],
        ],
      ],
      [
        given('run', 'with', { step: 'a' }),
        [
          ['nesting', nested(20), nested(21)],
          ['4 KB of parameters', { a: text(3_992) }, { a: text(3_993) }],
        ],
      ],
      [
        given('approve', 'attestation', { step: 'a', hash: 'a'.repeat(64) }),
        [['an attestation', text(300), text(301)]],
      ],
      [given('freeze', 'version', { on: true }), [['the moment of a freeze', 0, -1]]],
      [given('alerts', 'version', alerts), [['the version of news', 1, 0]]],
      [given('alerts', 'fired', alerts), [['how often alerts fired', 0, -1]]],
      [given('alerts', 'firing', alerts), [['how many fire', 0, -1]]],
      [given('alerts', 'joins', alerts), [['that the group is a report as well', true, false]]],
      [
        given('report', 'declaration'),
        [
          [
            'a description',
            { ...declaration, description: text(10_000) },
            { ...declaration, description: text(10_001) },
          ],
          [
            'an unknown place',
            { ...declaration, service: `unknown/${text(200)}` },
            { ...declaration, service: `unknown/${text(201)}` },
          ],
        ],
      ],
    ]
    for (const [{ schema, around }, edges] of cases) holds(schema, around, edges)
  })

  it('of what is said back: 60 characters of an unknown command, 20 of a version', () => {
    for (const [parse, known] of [
      [parseCommand, 'note'],
      [parseDeskCommand, 'declare'],
    ] as const) {
      const params = (type: string, input: unknown) => {
        const refused = parse(type, input)
        return 'params' in refused ? refused.params : assert.fail('it was taken')
      }
      assert.equal(params(`a${text(99)}`, {}).command, `a${text(59)}`)
      assert.equal(params(known, { v: `a${text(99)}` }).version, `a${text(19)}`)
      for (const input of [null, undefined, 'v', 1, {}, []])
        assert.equal(params(known, input).version, 'none')
    }
  })

  it('of commands to a desk', () => {
    const declaration = { service: 'backend', severity: 'LOW', description: 'x' }
    const trouble = { severity: 'LOW', description: 'x' }
    const alert = { id: 'a', startsAtMs: 0 }
    const declare = (member: string) => (value: unknown) => ({ v: 1, by: sato, declaration, [member]: value })
    const told = { v: 1, by: sato, group: 'a'.repeat(32), trouble, alerts: [] }
    const alerts = (member: string) => (value: unknown) => ({ ...told, [member]: value })
    const changed = (member: string) => (value: unknown) => ({
      v: 1,
      by: sato,
      incident: 'shodo-1',
      phase: 'resolved',
      severity: 'LOW',
      [member]: value,
    })
    holds(deskCommandSchemas.declare, declare('key'), [
      ['a key', text(300), text(301)],
      ['a short key', 'x', ''],
    ])
    holds(deskCommandSchemas.declare, declare('id'), [
      ['the id of a request', text(200), text(201)],
      ['a short id', 'x', ''],
    ])
    holds(deskCommandSchemas.alerts, alerts('alerts'), [
      ['how many alerts', list(1_000, alert), list(1_001, alert)],
      ['when one began', [alert], [{ ...alert, startsAtMs: -1 }]],
      ['when one ended', [{ ...alert, endsAtMs: 0 }], [{ ...alert, endsAtMs: -1 }]],
    ])
    holds(deskCommandSchemas.alerts, alerts('hidden'), [['hidden alerts', 0, -1]])
    holds(deskCommandSchemas.alerts, alerts('unheardBy'), [['an incident', text(60), text(61)]])
    holds(deskCommandSchemas['incident-changed'], changed('version'), [['how far it is', 0, -1]])
    holds(deskCommandSchemas['incident-changed'], changed('service'), [
      ['a service', text(200), text(201)],
      ['a short service', 'x', ''],
    ])
    const about = (member: string) => (value: unknown) => ({ ...trouble, [member]: value })
    holds(alertedTrouble, about('service'), [
      ['a service of an alert', text(253), text(254)],
      ['a short one', 'x', ''],
    ])
    holds(alertedTrouble, about('description'), [
      ['a description', text(10_000), text(10_001)],
      ['a short one', 'x', ''],
    ])
    const signature = {
      by: 'sato',
      at: '2026-11-24T03:00:00Z',
      sha256: 'a'.repeat(64),
      guarded: 'a'.repeat(64),
      signature: 'a'.repeat(86),
    }
    holds(deskCommandSchemas.publish, (signatures) => ({ v: 1, by: sato, book: {}, signatures }), [
      ['signatures', list(20, signature), list(21, signature)],
    ])
    const parsed = deskCommandSchemas.alerts.parse(told)
    assert.equal(parsed.hidden, 0)
    assert.equal(deskCommandSchemas.declare.parse(declare('v')(1)).fresh, false)
  })

  it('of the place of an alert', () => {
    holds(alertPlace, (workloads) => ({ workloads }), [
      ['workloads', list(20, 'a'), list(21, 'a')],
      ['the name of one', [text(253)], [text(254)]],
      ['a short name', ['x'], ['']],
    ])
  })

  it('of a worker’s policy: it asks for what is usual, and never for less', () => {
    assert.deepEqual(policyFile.parse({}), {
      approvals: { reversible: 0, disruptive: 1, destructive: 2 },
      blastRadius: { readyPodsPercent: 50 },
      mask: [],
    })
    assert.deepEqual(policyFile.parse({ approvals: {}, blastRadius: {} }), policyFile.parse({}))
    for (const [risk, least] of [
      ['reversible', 0],
      ['disruptive', 1],
      ['destructive', 2],
    ] as const)
      holds(policyFile, (people) => ({ approvals: { [risk]: people } }), [
        [`few people for ${risk}`, least, least - 1],
        [`many people for ${risk}`, 5, 6],
      ])
    holds(policyFile, (readyPodsPercent) => ({ blastRadius: { readyPodsPercent } }), [
      ['a small blast radius', 1, 0],
      ['a large one', 100, 101],
    ])
    holds(policyFile, (namespaces) => ({ namespaces }), [
      ['few namespaces', ['a'], []],
      ['many of them', list(200, 'a'), list(201, 'a')],
    ])
  })

  it('of pauses between calls: 5 seconds at least', () => {
    const book = smallBook()
    const { shape } = runbookSchema
    for (const key of ['repeatEvery', 'acknowledgedFor'])
      holds(shape.escalation, (pause) => ({ ...book.escalation, [key]: pause }), [[key, '5s', '4999ms']])
  })

  it('of checks of data', () => {
    const one = (member: string, rest: object) => (value: unknown) => [
      { name: 'a', ...rest, [member]: value },
    ]
    const many = (count: number) => Array.from({ length: count }, (_, i) => ({ name: `a${i}`, indexes: 'a' }))
    holds(dataChecks, (value) => value, [['checks', many(50), many(51)]])
    holds(dataChecks, one('sql', { expect: 1 }), [
      ['a statement', `select ${text(3_993)}`, `select ${text(3_994)}`],
    ])
    holds(dataChecks, one('expect', { sql: 'select 1' }), [['a value', text(1_000), text(1_001)]])
    holds(dataChecks, one('atLeast', { rows: 'a' }), [['a count', 0, -1]])
    holds(dataChecks, one('atMost', { rows: 'a' }), [['a whole count', 1, 1.5]])
    holds(dataChecks, one('indexes', {}), [['a table', `${text(63)}.${text(63)}`, `${text(64)}.${text(63)}`]])
    holds(dataChecks, one('column', { fresh: 'a', within: '1h' }), [['a column', text(63), text(64)]])
    holds(dataChecks, one('within', { fresh: 'a', column: 'a' }), [['an age', '1s', '999ms']])
    holds(catalogue['postgres.verify-data'].params, (checks) => ({ checks }), [['few checks', many(1), []]])
  })

  it('of the parameters of steps, where several of them are bounded together', () => {
    const edges: readonly (readonly [KindName, (value: never) => unknown, Edge])[] = [
      [
        'kubernetes.logs',
        (follow) => ({ deployment: 'a', follow }),
        ['how long logs are followed', '40s', '40001ms'],
      ],
      [
        'kubernetes.log-count',
        (contains) => ({ deployment: 'a', contains }),
        ['what a line contains', text(200), text(201)],
      ],
      [
        'kubernetes.log-count',
        (pattern) => ({ deployment: 'a', pattern }),
        ['repetitions of a pattern', 'a*b*', 'a*b*c*'],
      ],
      [
        'kubernetes.exec',
        (argv) => ({ pod: 'a', argv }),
        ['the words of a program in all', ['a', text(3_999), text(3_998)], ['a', text(3_999), text(3_999)]],
      ],
      [
        'kubernetes.exec',
        (argv) => ({ pod: 'a', argv }),
        ['one word of a program', ['a', text(4_000)], ['a', text(4_001)]],
      ],
      [
        'kubernetes.exec',
        (argv) => ({ pod: 'a', argv }),
        ['the words of a program', list(30, 'a'), list(31, 'a')],
      ],
      ['kubernetes.exec', (argv) => ({ pod: 'a', argv }), ['a program', ['a'], []]],
      ['kubernetes.exec', (within) => ({ pod: 'a', argv: ['a'], within }), ['its time', '30s', '30001ms']],
      ['kubernetes.exec', (within) => ({ pod: 'a', argv: ['a'], within }), ['some time', 1, 0]],
      [
        'http.timings',
        (every) => ({ url: 'http://a/', times: 10, every }),
        ['how long it measures', '4s', '4001ms'],
      ],
      [
        'http.healthy',
        (smokeTest) => ({ url: 'http://a/', smokeTest }),
        ['requests of a smoke test', list(10, { url: 'http://a/' }), list(11, { url: 'http://a/' })],
      ],
      [
        'http.load',
        (concurrency) => ({ url: 'http://a/', requests: 7, concurrency }),
        ['requests at a time', 7, 8],
      ],
      ['prometheus.range', (last) => ({ query: 'up', every: '1m', last }), ['points', '500m', '500m1ms']],
      [
        'prometheus.range',
        (every) => ({ query: 'up', last: '1s', every }),
        ['the step of a range', '1s', '999ms'],
      ],
      ['prometheus.range', (last) => ({ query: 'up', every: '1s', last }), ['its length', '1s', '999ms']],
      ['redis.biggest-keys', (within) => ({ within }), ['the time of a walk', '30s', '30001ms']],
      [
        'postgres.salvage',
        (rows) => ({ table: 'public.a', rows }),
        ['conditions', list(10, { column: 'a', is: 'is null' }), list(11, { column: 'a', is: 'is null' })],
      ],
      [
        'postgres.salvage',
        (values) => ({ table: 'public.a', rows: [{ column: 'a', is: 'in', values }] }),
        ['values of one', list(200, '1'), list(201, '1')],
      ],
      [
        'postgres.salvage',
        (value) => ({ table: 'public.a', rows: [{ column: 'a', is: '=', values: [value] }] }),
        ['a value', text(1_000), text(1_001)],
      ],
      [
        'postgres.salvage',
        (column) => ({ table: 'public.a', rows: [{ column, is: 'is null' }] }),
        ['a column', text(63), text(64)],
      ],
      ['postgres.salvage', (table) => ({ table }), ['a table', `public.${text(63)}`, `public.${text(64)}`]],
      [
        'postgres.bisect',
        (check) => ({ checks: [{ name: 'a', rows: 'a', atLeast: 0 }], check }),
        ['a check of the list', 'a', 'b'],
      ],
      [
        'postgres.bisect',
        (bad) => ({ checks: [{ name: 'a', rows: 'a', atLeast: 0 }], good: '2026-11-30T03:05:00.000Z', bad }),
        ['a time after the good one', '2026-11-30T03:05:00.001Z', '2026-11-30T03:05:00.000Z'],
      ],
      ['postgres.restore-points', (around) => ({ around }), ['the span of commits', '1h', '3600001ms']],
      [
        'postgres.restore-points',
        (near) => ({ near }),
        ['a time in UTC', '2026-11-30T03:05:00.123Z', '2026-11-30T03:05:00+09:00'],
      ],
      ['postgres.restore-points', (near) => ({ near }), ['a time that exists', 0, '2026-13-30T03:05:00Z']],
    ]
    for (const [kind, around, edge] of edges)
      holds(catalogue[kind].params, around as (value: unknown) => unknown, [edge])
  })

  it('of the parameters of steps, what stands where nobody says anything', () => {
    const minute = 60_000
    const checks = [{ name: 'a', rows: 'a', atLeast: 0 }]
    const usual: readonly (readonly [KindName, object, object])[] = [
      ['kubernetes.logs', { pod: 'a' }, { pod: 'a', tail: 100, grep: [], previous: false, follow: 0 }],
      ['kubernetes.events', {}, { since: 60 * minute, limit: 100 }],
      ['kubernetes.delete-pods', { pod: 'a' }, { pod: 'a', notReady: false, oneByOne: false }],
      ['kubernetes.connections', { deployment: 'a' }, { deployment: 'a', pods: 5 }],
      ['kubernetes.exec-read', { pod: 'a', argv: ['a'] }, { pod: 'a', argv: ['a'], within: 10_000 }],
      ['ai-server.gpu', { pod: 'a' }, { pod: 'a', gpus: 1, fullFromPercent: 95 }],
      ['ai-server.models', { pod: 'a' }, { pod: 'a', path: '/models/', expect: [], minBytes: 1 }],
      ['postgres.ready', {}, { connection: 'postgres-primary' }],
      ['postgres.connections', {}, { connection: 'postgres-primary', idleAfter: 10 * minute }],
      [
        'postgres.replication',
        {},
        { connection: 'postgres-primary', replicas: 1, lagOver: 30_000, lagOverBytes: 16_777_216 },
      ],
      ['postgres.lag', {}, { connection: 'postgres-replica', lagOver: 30_000, lagOverBytes: 16_777_216 }],
      ['postgres.slow-queries', {}, { connection: 'postgres-primary', top: 10, runningOver: 10_000 }],
      [
        'postgres.terminate-idle',
        {},
        { connection: 'postgres-primary', olderThan: 10 * minute, inTransaction: false, limit: 500 },
      ],
      [
        'postgres.restore-points',
        { near: '2026-11-30T03:05Z' },
        {
          backups: 'postgres-backups',
          near: Date.UTC(2026, 10, 30, 3, 5),
          around: 5 * minute,
          maxAge: 26 * 60 * minute,
          behindOver: 10 * minute,
          zone: 'UTC',
        },
      ],
      ['postgres.bisect', { checks }, { backups: 'postgres-backups', checks, zone: 'UTC' }],
      ['postgres.verify-data', { checks }, { connection: 'postgres-primary', checks }],
      ['redis.biggest-keys', {}, { connection: 'redis-master', keys: 100_000, within: 10_000, top: 20 }],
      [
        'prometheus.range',
        { query: 'up' },
        { connection: 'prometheus', query: 'up', series: 20, last: 60 * minute, every: minute },
      ],
      ['prometheus.alerts', {}, { connection: 'prometheus', except: ['Watchdog', 'InfoInhibitor'] }],
      [
        'kubernetes.log-count',
        { deployment: 'a', contains: 'x' },
        { deployment: 'a', contains: 'x', distinct: false },
      ],
      ['http.health', { url: 'http://a/' }, { url: 'http://a/', slowAfter: 1_000 }],
      [
        'http.healthy',
        { url: 'http://a/' },
        { url: 'http://a/', times: 5, within: 30_000, slowAfter: 1_000 },
      ],
      ['http.timings', { url: 'http://a/' }, { url: 'http://a/', times: 10, every: 1_000, slowAfter: 1_000 }],
      ['http.load', { url: 'http://a/' }, { url: 'http://a/', requests: 100, concurrency: 10 }],
    ]
    for (const [kind, given, says] of usual) assert.deepEqual(catalogue[kind].params.parse(given), says, kind)
  })
})
