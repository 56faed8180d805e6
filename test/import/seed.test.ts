import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { isSame } from '../../client/runbook/export/export.ts'
import { manualKind } from '../../client/runbook/import/manual-step.ts'
import { readRunbook } from '../../client/runbook/read-runbook.ts'
import { fillStep } from '../../domain/runbook/fill.ts'
import { bookOf, imported } from './read.ts'

const read = await readRunbook('runbooks/shodo.yaml', {})
assert.ok('book' in read)
const { book } = read
const found = bookOf(imported(readFileSync('test/import/documents/shodo.ja.md', 'utf8'), 'shodo'))

type Placed = {
  readonly at: string
  readonly kind: string
  readonly with: Readonly<Record<string, unknown>>
}

/** What a service says in both books, for the placeholders of their steps; quick steps are for whichever service there is. */
function placed(
  at: string,
  step: Omit<Placed, 'at'>,
  service: { readonly [key: string]: unknown } | undefined,
): Placed {
  return { ...fillStep({ kind: step.kind, with: step.with }, service ?? {}), at }
}

const wanted: readonly Placed[] = [
  ...Object.entries(book.severities).flatMap(([severity, { quick }]) =>
    quick.map((step) => placed(`${severity}.${step.id}`, step, undefined)),
  ),
  ...book.symptoms.flatMap((symptom) =>
    symptom.steps.map((step) => placed(`${symptom.id}.${step.id}`, step, book.services[symptom.service])),
  ),
]
const made: readonly Placed[] = [
  ...Object.values(found.severities).flatMap(({ quick = [] }) =>
    quick.map((step) => placed('', step, undefined)),
  ),
  ...found.symptoms.flatMap(({ service, steps }) =>
    steps.map((step) => placed('', step, found.services[service])),
  ),
]

type Instead = {
  /** What the import has for the command. */
  readonly instead: Omit<Placed, 'at'> | { readonly byHand: string }
  readonly why: string
}

const backend = { deployment: 'shodo-backend' }
const aiServer = { deployment: 'shodo-ai-server' }

/** Steps of shodo.yaml that its author made otherwise than the command says. */
const otherwise: { readonly [step: string]: Instead } = {
  'HIGH.quick-scale-out': {
    instead: { kind: 'kubernetes.scale', with: { ...backend, replicas: 10, only: 'up' } },
    why: 'the document scales the backend, whatever service the incident is about',
  },
  'MEDIUM.quick-log-stream': {
    instead: { kind: 'kubernetes.logs', with: { ...backend, tail: 100, follow: '30s' } },
    why: 'the document follows the backend, whatever service the incident is about',
  },
  'slow.more-memory': {
    instead: {
      kind: 'kubernetes.set-resources',
      with: { ...backend, limits: { memory: '6Gi' }, requests: { memory: '2Gi' } },
    },
    why: 'the document does not say that memory only goes up',
  },
  'model-load.ai-memory': {
    instead: {
      kind: 'kubernetes.set-resources',
      with: { ...aiServer, limits: { memory: '48Gi' }, requests: { memory: '32Gi' } },
    },
    why: 'the document does not say that memory only goes up',
  },
  'memory.more-memory': {
    instead: { kind: 'redis.set-memory', with: { maxmemory: '2gb' } },
    why: 'the document does not say that memory only goes up',
  },
  'model-load.models': {
    instead: { kind: 'ai-server.models', with: { ...aiServer, path: '/models/' } },
    why: 'which files must be there is not in the command',
  },
  'model-load.reload': {
    instead: { kind: 'kubernetes.delete-pods', with: { selector: 'app=shodo-ai-server' } },
    why: 'the command deletes all pods at once, a defect of the document',
  },
  '5xx.healthy': {
    instead: { kind: 'http.health', with: { url: 'https://api.shodo.example.com/health' } },
    why: 'the command asks once, a defect of the document',
  },
  '5xx.database-from-backend': {
    instead: { byHand: 'check_database_health' },
    why: 'that a program of the service only reads is for its author to say',
  },
  'LOW.quick-audit': {
    instead: { byHand: 'get_audit_logger' },
    why: 'the command ends in three dots, a defect of the document',
  },
  'LOW.quick-recovery-points': {
    instead: { byHand: 'pg_waldump' },
    why: 'pg_waldump without a start fails, a defect of the document',
  },
  'data-lost.restore': {
    instead: { byHand: 'pitr-recovery.sh' },
    why: 'what a script does is not in the document',
  },
  'data-lost.verify-data': {
    instead: { byHand: 'verify-data.sh' },
    why: 'what a script does is not in the document',
  },
}

/** Steps that shodo.yaml has beyond its document. */
const beyond = [
  ...['ai-server', 'database', 'frontend', 'redis'].map((service) => `CRITICAL.recover-${service}`),
  ...['restart', 'p95', 'way'].map((step) => `slow.${step}`),
  ...['alerts', 'error-rate', 'restart'].map((step) => `5xx.${step}`),
  'no-room.smaller-requests',
  'connections.replace-primary',
  ...['pods', 'replace-redis'].map((step) => `memory.${step}`),
  ...['restore-points', 'cut-over', 'bisect', 'salvage', 'discard-copy', 'backup'].map(
    (step) => `data-lost.${step}`,
  ),
]

describe('the document that shodo.yaml was written from', () => {
  const differing = wanted.filter((step) => !made.some((each) => isSame(step, each))).map(({ at }) => at)

  it('becomes the same steps, but for those that differ for a reason', () => {
    assert.deepEqual(differing.toSorted(), [...Object.keys(otherwise), ...beyond].toSorted())
    assert.ok(wanted.length - differing.length >= 27, `only ${wanted.length - differing.length} are the same`)
  })

  for (const [step, { instead, why }] of Object.entries(otherwise))
    it(`has another step than ${step}: ${why}`, () => {
      if ('byHand' in instead) {
        const commands = made
          .filter(({ kind }) => kind === manualKind)
          .map((each) => JSON.stringify(each.with.commands))
        assert.ok(commands.some((command) => command.includes(instead.byHand)))
      } else assert.ok(made.some((each) => isSame(instead, each)))
    })

  it('keeps its checklists, its levels and the template out of the steps', () => {
    const { firstResponse, afterwards, escalation } = found
    assert.deepEqual(
      [firstResponse, afterwards].map((list) => list.map(({ title }) => title.ja)),
      [book.firstResponse, book.afterwards].map((list) => list.map(({ title }) => title.ja)),
    )
    assert.deepEqual(
      escalation.levels.map(({ after, atOnce }) => ({ after, atOnce })),
      [
        { after: '5m', atOnce: ['data-loss'] },
        { after: '10m', atOnce: ['data-loss'] },
        { after: undefined, atOnce: ['breach', 'data-loss'] },
      ],
    )
  })
})
