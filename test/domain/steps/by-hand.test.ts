import assert from 'node:assert/strict'
import { parseCommand } from '../../../domain/incident/commands.ts'
import { decide } from '../../../domain/incident/decide.ts'
import type { IncidentState } from '../../../domain/incident/fold/state.ts'
import { catalogue, isChange, isPeoples, type KindName, kindOf } from '../../../domain/steps/catalogue.ts'
import type { StepParams } from '../../../domain/steps/contract.ts'
import type { Actor } from '../../../domain/words.ts'
import { person, World } from '../incident/world.ts'

/** Where and on what something is done, and what is asked or run there. */
const places = [
  'deployment',
  'pod',
  'selector',
  'container',
  'connection',
  'primary',
  'replica',
  'backups',
  'url',
  'path',
  'query',
  'argv',
  'steps',
  'checks',
  'sql',
  'contains',
  'pattern',
]

/** What a runbook might say of a kind, and for each parameter there is something else that its kind would take as well. */
const published: { readonly [kind: string]: StepParams } = {
  'kubernetes.logs': { deployment: 'shodo-backend' },
  'kubernetes.scale': { deployment: 'shodo-backend', replicas: 8 },
  'kubernetes.rollout-undo': { deployment: 'shodo-backend' },
  'kubernetes.rollout-restart': { deployment: 'shodo-backend' },
  'kubernetes.set-resources': { deployment: 'shodo-backend', limits: { memory: '1Gi' } },
  'kubernetes.delete-pods': { selector: 'app=shodo-backend' },
  'kubernetes.connections': { deployment: 'shodo-backend' },
  'kubernetes.exec-read': { deployment: 'shodo-backend', argv: ['cat', '/etc/hostname'] },
  'kubernetes.exec': { deployment: 'shodo-backend', argv: ['rm', '/tmp/cache'] },
  'ai-server.gpu': { deployment: 'shodo-backend' },
  'ai-server.models': { deployment: 'shodo-backend' },
  'kubernetes.access': { steps: [] },
  'postgres.access': { steps: [] },
  'postgres.verify-data': { checks: [{ name: 'orders', rows: 'orders', atLeast: 1 }] },
  'postgres.cut-back': { copy: 'shodo-1.restore' },
  'redis.access': { steps: [] },
  'redis.set-memory': { maxmemory: '512mb' },
  'prometheus.query': { query: 'up' },
  'prometheus.count': { query: 'sum(increase(failures_total[$window]))' },
  'kubernetes.log-count': { deployment: 'shodo-backend', contains: ' 503 ' },
  'postgres.count': { sql: 'select count(*) from orders' },
  'prometheus.range': { query: 'up' },
  'postgres.bisect': {
    checks: [
      { name: 'orders', rows: 'orders', atLeast: 1 },
      { name: 'items', rows: 'items', atLeast: 1 },
    ],
    check: 'orders',
    good: '2024-01-20T05:00:00.000Z',
    bad: '2024-01-20T06:00:00.000Z',
  },
  'person.do': { text: { ja: '連絡', en: 'Announce it' } },
  'person.decide': {
    text: { ja: '空きはあるか', en: 'Is there room?' },
    options: ['a', 'b'].map((id) => ({ id, title: { ja: id, en: id } })),
  },
  'postgres.salvage': { table: 'public.orders' },
  'postgres.unsalvage': { run: 'shodo-1.salvage' },
  'http.health': { url: 'http://127.0.0.1:8080/health/shodo-backend' },
  'http.healthy': { url: 'http://127.0.0.1:8080/health/shodo-backend' },
  'http.timings': { url: 'http://127.0.0.1:8080/health/shodo-backend' },
  'http.load': { url: 'http://127.0.0.1:8080/health/shodo-backend' },
}

const other: StepParams = {
  deployment: 'payments-api',
  pod: 'postgres-primary-0',
  selector: 'app=payments-api',
  container: 'vault-agent',
  connection: 'other',
  primary: 'other',
  replica: 'other',
  url: 'http://127.0.0.1:8080/health/shodo-frontend',
  path: '/etc/',
  query: 'up{tenant="other"}',
  argv: ['cat', '/proc/1/environ'],
  sql: 'select count(*) from secrets',
  steps: ['redis.flushdb'],
  checks: [{ name: 'orders', sql: 'select 1', expect: 1 }],
  backups: 'other-backups',
  copy: 'shodo-2.restore',
  check: 'items',
  good: '2024-01-20T05:10:00.000Z',
  bad: '2024-01-20T05:50:00.000Z',
  target: '2024-01-20T05:30:00.000Z',
  timeline: 2,
  backup: '20240120-050000F',
  zone: 'Asia/Tokyo',
  text: { ja: '別のこと', en: 'Something else' },
  commands: ['rm -rf /'],
  remindAfter: '7m',
  options: ['a', 'c'].map((id) => ({ id, title: { ja: id, en: id } })),
  replicas: 3,
  toRevision: 1,
  toTemplate: 'abc',
  limits: { memory: '2Gi' },
  requests: { memory: '1Gi' },
  notReady: true,
  oneByOne: true,
  tail: 7,
  grep: ['ERROR'],
  previous: true,
  follow: '1s',
  since: '5m',
  limit: 3,
  pods: 2,
  within: '7s',
  gpus: 2,
  fullFromPercent: 50,
  expect: ['model.bin'],
  minBytes: 7,
  idleAfter: '7m',
  lagOver: '7s',
  lagOverBytes: 7,
  top: 3,
  runningOver: '7s',
  olderThan: '7m',
  inTransaction: true,
  keys: 7,
  maxmemory: '1gb',
  only: 'down',
  policy: 'noeviction',
  series: 7,
  last: '7m',
  every: '2s',
  except: ['Watchdog'],
  table: 'sales.orders',
  rows: [{ column: 'id', is: '=', values: ['7'] }],
  into: 'new-table',
  run: 'shodo-2.salvage',
  slowAfter: '7s',
  times: 7,
  concurrency: 2,
  near: '2026-11-24T03:00:00Z',
  around: '7m',
  maxAge: '7h',
  behindOver: '7m',
  until: '2024-01-20T05:50:00.000Z',
  smokeTest: [{ url: 'http://127.0.0.1:9/admin' }],
  contains: 'password=',
  pattern: 'token=(\\w+)',
  distinct: true,
}
const otherOf = (kind: KindName, param: string) =>
  kind === 'kubernetes.pods' && param === 'expect'
    ? ['deployment/other']
    : /[.-]count$/.test(kind) && param === 'since'
      ? '2024-01-20T05:10:00.000Z'
      : kind === 'prometheus.count' && param === 'query'
        ? 'sum(increase(secrets_total[$window]))'
        : kind === 'prometheus.range' && param === 'every'
          ? '90s'
          : kind === 'http.load' && param === 'requests'
            ? 50
            : other[param]

/** An incident whose symptom has one step, of this kind. */
function offering(kind: KindName): IncidentState {
  const { state } = new World({ severity: 'CRITICAL', symptom: '5xx', policy: { recovers: false } })
  const step = { id: 'tried', title: { ja: '試す', en: 'Tried' }, kind, with: published[kind] ?? {} }
  const { book } = state.runbook
  const symptoms = book.symptoms.map((symptom) => ({ ...symptom, steps: [step] }))
  return { ...state, runbook: { ...state.runbook, book: { ...book, symptoms } } }
}

/** The refusal, or `taken`. */
function run(state: IncidentState, by: Actor, params: StepParams): string {
  const command = parseCommand('run', { v: 1, by, step: 'tried', with: params })
  if ('code' in command) return command.name
  const decision = decide(state, command, Date.UTC(2026, 10, 24, 3, 5))
  return 'refusal' in decision ? decision.refusal.name : 'taken'
}

describe('what a person may choose by hand', () => {
  for (const name of Object.keys(catalogue) as KindName[]) {
    const kind = kindOf(name) ?? assert.fail(name)
    const more = isChange(kind) ? (kind.byVerifiedHand ?? []) : []
    const params = Object.keys((kind.params as unknown as { shape: object }).shape)

    it(`of ${name}: each parameter is listed, or as the runbook says it`, () => {
      for (const listed of [...kind.byHand, ...more])
        assert.ok(params.includes(listed), `${listed} is no parameter`)
      assert.equal(new Set([...kind.byHand, ...more]).size, kind.byHand.length + more.length)
      for (const place of places)
        assert.ok(!kind.byHand.includes(place), `${place} says where; a kind never leaves that to everybody`)

      const state = offering(name)
      // What people do nobody else can be asked to carry out.
      if (isPeoples(kind)) return assert.equal(run(state, person('sato'), {}), 'other-verb')
      assert.equal(run(state, person('sato'), {}), 'taken')
      for (const param of params) {
        const wanted = {
          [param]: otherOf(name, param) ?? assert.fail(`no other value of ${param} is known here`),
        }
        const verified = run(state, person('sato'), wanted)
        const unverified = run(state, person('watanabe', false), wanted)
        // Two of them may exclude each other, such as a pod and a Deployment.
        if (verified === 'bad-input') assert.ok(!kind.byHand.includes(param), param)
        else if (kind.byHand.includes(param))
          assert.deepEqual([verified, unverified], ['taken', 'taken'], param)
        else if (more.includes(param))
          assert.deepEqual([verified, unverified], ['taken', 'unverified-choice'], param)
        else assert.deepEqual([verified, unverified], ['parameter-published', 'parameter-published'], param)
      }
    })
  }
})
