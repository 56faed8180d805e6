import assert from 'node:assert/strict'
import fc from 'fast-check'
import { exportMarkdown, isSame, stepLists } from '../../client/runbook/export/export.ts'
import { importRunbook } from '../../client/runbook/import/import.ts'
import { runbookYaml } from '../../client/runbook/import/yaml.ts'
import { readRunbook, readRunbookBytes } from '../../client/runbook/read-runbook.ts'
import { checkRunbook } from '../../domain/runbook/check.ts'
import type { Runbook } from '../../domain/runbook/runbook.ts'
import { catalogue } from '../../domain/steps/catalogue.ts'
import { severities } from '../../domain/words.ts'
import { imported } from './read.ts'

async function fileOf(path: string): Promise<Runbook> {
  const read = await readRunbook(path, {})
  assert.ok('book' in read)
  return read.book
}

function back(markdown: string, { runbook, updated, nextReview }: Runbook): Runbook {
  const read = importRunbook(new TextEncoder().encode(markdown), { name: runbook, updated, nextReview })
  assert.ok('imported' in read, JSON.stringify(read))
  const checked = readRunbookBytes(new TextEncoder().encode(runbookYaml(read.imported.book)), 'back.yaml', {})
  assert.ok('book' in checked, JSON.stringify(checked))
  return checked.book
}

function sameSteps(a: Runbook, b: Runbook): void {
  const [wanted, found] = [stepLists(a), stepLists(b)]
  for (const [place, steps] of wanted) {
    const others = found.get(place) ?? []
    assert.deepEqual(
      others.map(({ id }) => id),
      steps.map(({ id }) => id),
      place,
    )
    for (const [i, step] of steps.entries())
      assert.ok(isSame(step, others[i]), JSON.stringify([place, step, others[i]]))
  }
  assert.equal(found.size, wanted.size)
}

describe('a runbook as a document', () => {
  it('gives shodo.yaml back, but for titles in the other language', async () => {
    const book = await fileOf('runbooks/shodo.yaml')
    for (const lang of ['ja', 'en'] as const) {
      const again = back(exportMarkdown(book, lang), book)
      sameSteps(book, again)
      const untitled = (one: Runbook) =>
        JSON.parse(
          JSON.stringify({ ...one, firstResponse: [], afterwards: [] }, (key, value) =>
            key === 'title' || key === 'with' ? undefined : value,
          ),
        )
      assert.deepEqual(untitled(again), untitled(book))
      assert.deepEqual(again.services, book.services)
      assert.deepEqual(again.firstResponse.length, book.firstResponse.length)
    }
  })

  it('tells what became of its settings when it is imported', async () => {
    const book = await fileOf('runbooks/shodo.yaml')
    const markdown = exportMarkdown(book, 'en')
    const { report } = imported(markdown, book.runbook)
    const at = markdown.split('\n').indexOf('```yaml hikeshi settings') + 1
    const told = report.lines.filter(({ line }) => line === at)
    assert.deepEqual(
      told.map(({ became, why }) => [became, why.en]),
      [['settings', 'settings in our own words']],
    )
    assert.ok(told[0]?.at?.includes('escalation'))
  })

  it('is one that people read: commands where a command says the step', async () => {
    const markdown = exportMarkdown(await fileOf('runbooks/shodo.yaml'), 'en')
    assert.match(
      markdown,
      /```bash id=logs\n# Errors in the logs\nkubectl logs -n shodo deployment\/shodo-backend --tail=100 \| grep -E ERROR\n```/,
    )
    assert.match(markdown, /```yaml hikeshi id=restore\n/)
    assert.match(markdown, /### Symptom: Slow responses \{#slow\}/)
  })

  it('has the same steps when it is imported, whatever they are', async () => {
    const base = await fileOf('runbooks/shodo.yaml')
    fc.assert(
      fc.property(
        fc.array(list, { minLength: 1, maxLength: 2 }),
        fc.array(list, { minLength: 4, maxLength: 4 }),
        (symptoms, quick) => {
          const book = {
            ...base,
            symptoms: symptoms.map((steps, i) => ({
              id: `symptom-${i}`,
              title: { ja: '# 症状 `x`', en: 'P1: odd | <b> ### {#other}' },
              service: Object.keys(base.services)[i] ?? 'backend',
              steps: named(steps, `s${i}`),
            })),
            severities: Object.fromEntries(
              severities.map((severity, i) => {
                const { recoverWithin: _, ...policy } = base.severities[severity]
                return [severity, { ...policy, quick: named(quick[i] ?? [], `q${i}`) }]
              }),
            ),
          }
          const checked = checkRunbook(book)
          fc.pre('book' in checked)
          sameSteps(checked.book, back(exportMarkdown(checked.book, 'en'), checked.book))
        },
      ),
      { numRuns: 12 },
    )
  })
})

type Given = { readonly kind: string; readonly with: Readonly<Record<string, unknown>> }

function named(steps: readonly Given[], prefix: string) {
  return steps.map((step, i) => ({
    id: `${prefix}-${i}`,
    title: { ja: '題', en: `Scale up ${i}. # "x" \`y\`` },
    ...step,
  }))
}

const name = fc.constantFrom(
  'shodo-backend',
  'shodo-frontend',
  '$service.deployment',
  'postgres-primary-0',
  'web',
)
const words = fc.oneof(
  fc.constantFrom('ERROR', "it's", '$HOME', '`id`', 'a|b', '```', '- x', 'your-name', '...', '[POD]'),
  fc.string({ minLength: 1, maxLength: 20 }),
)
const params: { readonly [kind: string]: fc.Arbitrary<Readonly<Record<string, unknown>>> } = {
  'kubernetes.pods': fc.record(
    { selector: fc.constantFrom('app=shodo-backend', 'app=web,tier=x', '$service.selector') },
    { requiredKeys: [] },
  ),
  'kubernetes.logs': fc.record(
    {
      deployment: name,
      tail: fc.integer({ min: 1, max: 5_000 }),
      grep: fc.array(words, { maxLength: 3 }),
      previous: fc.boolean(),
      follow: fc.constantFrom('30s', '5s', 0),
    },
    { requiredKeys: ['deployment'] },
  ),
  'kubernetes.scale': fc.record(
    { deployment: name, replicas: fc.nat(500), only: fc.constantFrom('up', 'down') },
    { requiredKeys: ['deployment', 'replicas'] },
  ),
  'kubernetes.set-resources': fc.record(
    { deployment: name, limits: fc.constant({ memory: '6Gi', cpu: '2' }), container: fc.constant('app') },
    { requiredKeys: ['deployment', 'limits'] },
  ),
  'kubernetes.delete-pods': fc.record(
    {
      selector: fc.constantFrom('app=web', '$service.selector'),
      notReady: fc.boolean(),
      oneByOne: fc.boolean(),
    },
    { requiredKeys: ['selector'] },
  ),
  'kubernetes.rollout-undo': fc.record(
    { deployment: name, toRevision: fc.integer({ min: 1, max: 9 }) },
    { requiredKeys: ['deployment'] },
  ),
  'kubernetes.exec-read': fc.record({
    pod: fc.constant('postgres-primary-0'),
    argv: fc.array(words, { maxLength: 3 }).map((rest) => ['cat', ...rest]),
  }),
  'kubernetes.exec': fc.record({
    pod: fc.constant('postgres-primary-0'),
    argv: fc.array(words, { maxLength: 3 }).map((rest) => ['rm', ...rest]),
  }),
  'kubernetes.events': fc.record({ since: fc.constantFrom('2h', '1h') }, { requiredKeys: [] }),
  'kubernetes.top': fc.constant({}),
  'kubernetes.connections': fc.record(
    { deployment: name, pods: fc.integer({ min: 1, max: 9 }) },
    { requiredKeys: ['deployment'] },
  ),
  'postgres.connections': fc.record(
    { connection: fc.constantFrom('postgres-primary', 'other'), idleAfter: fc.constantFrom('10m', '3m') },
    { requiredKeys: [] },
  ),
  'postgres.terminate-idle': fc.record(
    { olderThan: fc.constantFrom('10m', '90s', '1h30m') },
    { requiredKeys: [] },
  ),
  'postgres.slow-queries': fc.record({ top: fc.integer({ min: 1, max: 30 }) }, { requiredKeys: [] }),
  'postgres.lag': fc.constant({}),
  'postgres.replication': fc.record({ replicas: fc.constantFrom(1, 2) }, { requiredKeys: [] }),
  'postgres.rebuild-replica': fc.constant({}),
  'redis.set-memory': fc.record(
    { maxmemory: fc.constantFrom('2gb', 1_000_000), policy: fc.constantFrom('allkeys-lru') },
    { requiredKeys: ['maxmemory'] },
  ),
  'redis.flushdb': fc.constant({}),
  'redis.memory': fc.record({ connection: fc.constantFrom('redis-master', 'r2') }, { requiredKeys: [] }),
  'prometheus.query': fc.record({ query: fc.oneof(words, fc.constantFrom('up', 'rate(x{a="b"}[5m])')) }),
  'prometheus.targets': fc.record({ connection: fc.constant('thanos') }, { requiredKeys: [] }),
  'prometheus.alerts': fc.constant({}),
  'http.health': fc.record(
    {
      url: fc.constantFrom(
        '$service.health',
        'https://a.example.com/x?y=1&z',
        'https://api.shodo.example.com/health',
      ),
      slowAfter: fc.constantFrom('1s', '2s'),
    },
    { requiredKeys: ['url'] },
  ),
  'http.timings': fc.record(
    {
      url: fc.constantFrom('$service.health', 'https://a.example.com/'),
      times: fc.integer({ min: 2, max: 20 }),
      every: fc.constantFrom('1s', '0s', '500ms'),
    },
    { requiredKeys: ['url'] },
  ),
  'http.load': fc.record(
    {
      url: fc.constantFrom('$service.health', 'https://api.shodo.example.com/health'),
      requests: fc.integer({ min: 60, max: 1_000 }),
      concurrency: fc.integer({ min: 1, max: 50 }),
    },
    { requiredKeys: ['url'] },
  ),
  'ai-server.gpu': fc.record(
    { deployment: name, gpus: fc.constantFrom(1, 4) },
    { requiredKeys: ['deployment'] },
  ),
  'ai-server.models': fc.record(
    { deployment: name, path: fc.constantFrom('/models/', '/x y/') },
    { requiredKeys: ['deployment'] },
  ),
}
for (const kind of Object.keys(params)) assert.ok(Object.hasOwn(catalogue, kind), kind)

const list: fc.Arbitrary<readonly Given[]> = fc.array(
  fc.oneof(
    ...Object.entries(params).map(([kind, given]) => given.map((each): Given => ({ kind, with: each }))),
  ),
  { minLength: 1, maxLength: 5 },
)
