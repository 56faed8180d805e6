import assert from 'node:assert/strict'
import { deadlines } from '../../../domain/incident/deadlines.ts'
import { effects } from '../../../domain/incident/effects.ts'
import type { PartResult } from '../../../domain/incident/fold/events.ts'
import { hasRoom, withFinding } from '../../../domain/incident/fold/findings.ts'
import { answersIn, partsToLookAt, seenByAfter } from '../../../domain/incident/fold/gone.ts'
import { findingKey, firstPictureSharesMs, situationParts } from '../../../domain/incident/fold/picture.ts'
import type { IncidentState, KnownFinding, StepRun } from '../../../domain/incident/fold/state.ts'
import { present } from '../../../domain/present.ts'
import { type Part, wholePicture } from '../../../domain/runbook/parts.ts'
import { type PublishedRunbook, runbookSchema, type Service } from '../../../domain/runbook/runbook.ts'
import type { Finding } from '../../../domain/steps/contract.ts'
import type { FindingCode } from '../../../domain/steps/finding-codes.ts'
import { type Json, said } from '../../../domain/words.ts'
import { bad, finding, reading } from './hands.ts'
import { smallBook } from './small-runbook.ts'
import { noon, sato, World } from './world.ts'

const namespace = ['pods', 'rollouts', 'events']

/** `a → b` reads: a needs b. */
function runbook(needs: Readonly<Record<string, readonly string[]>>): PublishedRunbook {
  const service = (id: string, dependsOn: readonly string[]) => ({
    title: { ja: id, en: id },
    deployment: id,
    health: `http://127.0.0.1:8080/${id}`,
    ...(dependsOn.length === 0 ? {} : { dependsOn }),
  })
  const services = Object.fromEntries(Object.entries(needs).map(([id, on]) => [id, service(id, on)]))
  const { symptoms: _, severities, ...rest } = smallBook({ recovers: false })
  const quiet = Object.fromEntries(Object.entries(severities).map(([s, p]) => [s, { ...p, quick: [] }]))
  return {
    book: runbookSchema.parse({ ...rest, severities: quiet, services }),
    version: 1,
    sha256: 'of-a-test',
  }
}

const shop = runbook({
  web: ['api'],
  api: ['db', 'queue'],
  worker: ['queue'],
  queue: ['disk'],
  db: [],
  disk: [],
  mail: [],
})

const asked = (service: string, of = shop) =>
  situationParts({ runbook: of, service })
    .filter((part) => part.service !== undefined)
    .map((part) => part.service)

describe("an incident's picture", () => {
  it('looks at the namespace, its own service, what that needs and what needs it, over any number of hands', () => {
    const ids = situationParts({ runbook: shop, service: 'api' }).map(({ id }) => id)
    assert.deepEqual(ids.slice(0, 3), namespace)
    assert.deepEqual(asked('api'), ['web', 'api', 'queue', 'db', 'disk'])
    assert.deepEqual(asked('queue'), ['web', 'api', 'worker', 'queue', 'disk'])
    assert.deepEqual(asked('mail'), ['mail'])
  })

  it('does not grow with the runbook: where no service names what it needs it looks at its own alone', () => {
    const fifty = runbook(Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`s${i}`, []])))
    assert.deepEqual(asked('s7', fifty), ['s7'])
    assert.equal(wholePicture(fifty).length, namespace.length + 50)
  })

  it('expects the workloads of every service, so that all incidents of the runbook ask for the same pods', () => {
    const { book } = shop
    const disk = { ...book.services.disk, deployment: undefined, statefulSets: ['disk', 'web'] } as never
    const of = { ...shop, book: { ...book, services: { ...book.services, disk } } }
    const expect = ['web', 'api', 'worker', 'queue', 'db'].map((name) => `deployment/${name}`)
    const wanted = [...expect, 'statefulset/disk', 'statefulset/web', 'deployment/mail']
    for (const parts of [situationParts({ runbook: of, service: 'api' }), wholePicture(of)])
      assert.deepEqual(parts.find(({ id }) => id === 'pods')?.params, { expect: wanted })
  })

  it('is taken again by itself only once it was there', () => {
    const at = new World({ severity: 'LOW' })
    const looks = () => deadlines(at.state).filter(({ what }) => what === 'look')
    assert.deepEqual(looks(), [])
    at.answer('situation/1', { type: 'situation-ended', number: 1, tookMs: 900, parts: {} })
    assert.deepEqual(looks(), [{ what: 'look', atMs: noon + 300_000 }])
    at.command('situation', sato, {})
    assert.deepEqual(looks(), [])
  })

  it('shares with other incidents what is read for the first picture, and reads each later one for itself', () => {
    const at = new World({ severity: 'LOW' })
    const picture = () => effects(at.state).find((effect) => effect.type === 'situation')
    assert.deepEqual([picture()?.number, picture()?.sharesMs], [1, firstPictureSharesMs])
    at.answer('situation/1', { type: 'situation-ended', number: 1, tookMs: 900, parts: {} })
    at.command('situation', sato, {})
    assert.deepEqual([picture()?.number, picture()?.sharesMs], [2, 0])
  })
})

describe('a look at a service', () => {
  it('has a name of its own for each of several of one kind', () => {
    const look = [
      { kind: 'postgres.ready', with: {} },
      { kind: 'postgres.ready', with: { connection: 'second' } },
      { kind: 'postgres.connections', with: {} },
      { kind: 'postgres.ready', with: { connection: 'third' } },
      { kind: 'redis.ready', with: {} },
    ]
    const { db, ...others } = shop.book.services
    assert.ok(db !== undefined)
    const ids = (service: Service) => {
      const of = { ...shop, book: { ...shop.book, services: { ...others, db: service } } }
      return situationParts({ runbook: of, service: 'db' }).flatMap(({ id, service }) =>
        service === 'db' ? [id] : [],
      )
    }
    const looks = ['ready:db', 'ready:db.2', 'connections:db', 'ready:db.3', 'ready:db.4']
    assert.deepEqual(ids({ ...db, look }), ['health:db', ...looks])
    const { health: _, ...bare } = db
    assert.deepEqual(ids({ ...bare, look }), looks)
  })
})

describe('a finding', () => {
  const slow = (service?: string): Finding => ({
    ...finding('slow-responses', `http://127.0.0.1:8080/${service ?? 'somewhere'}`),
    ...present({ service }),
  })
  const well: PartResult = { ok: true, reading: reading() }
  const silent: PartResult = bad('no-answer')
  const near = Object.fromEntries(
    situationParts({ runbook: shop, service: 'api' }).map(({ id }) => [id, well]),
  )
  const known = (of: Finding, ...seenBy: readonly string[]): KnownFinding => ({
    ...of,
    foundAt: '2026-11-24T03:00:00.000Z',
    seenBy,
    seenIn: 1,
  })
  /** Runs of reading steps, by their names. */
  const read = (kinds: Readonly<Record<string, Pick<Part, 'kind' | 'params'>>>) =>
    Object.fromEntries(
      Object.entries(kinds).map(([id, look]) => [id, { id, ...look } as StepRun]),
    ) as IncidentState['steps']
  const runs = read({
    pods: { kind: 'kubernetes.pods', params: { selector: 'app=api' } },
    missing: { kind: 'kubernetes.pods', params: { expect: ['deployment/unknown'] } },
    rollouts: { kind: 'kubernetes.rollouts', params: { deployment: 'api' } },
    'rollouts.web': { kind: 'kubernetes.rollouts', params: { deployment: 'web' } },
    logs: { kind: 'kubernetes.logs', params: { deployment: 'api' } },
    'logs.2': { kind: 'kubernetes.logs', params: { deployment: 'api' } },
    followed: { kind: 'kubernetes.logs', params: { deployment: 'api', follow: 10_000 } },
    timings: { kind: 'http.timings', params: { url: 'http://127.0.0.1:8080/api' } },
    strict: { kind: 'http.health', params: { url: 'http://127.0.0.1:8080/api', slowAfter: 100 } },
    elsewhere: { kind: 'http.health', params: { url: 'http://127.0.0.1:8080/else' } },
  })
  const left = (seenBy: readonly string[], parts: Readonly<Record<string, PartResult>>) =>
    seenByAfter(
      { runbook: shop, service: 'api', steps: runs },
      known(slow('api'), ...seenBy),
      answersIn(parts),
    )

  it('is gone when what saw it answered without it, whether or not another one did', () => {
    assert.deepEqual(left(['health:db'], near), [])
    assert.deepEqual(left(['health:db'], { ...near, 'health:web': silent }), [])
    assert.deepEqual(left(['health:db'], { ...near, 'health:db': silent }), ['health:db'])
    const seen: PartResult = { ok: true, reading: reading(slow('api')) }
    assert.deepEqual(left(['health:db'], { ...near, 'health:web': seen }), ['health:web'])
  })

  it('is not gone by a reading that could not say all it saw, or was kept from looking', () => {
    const partial: PartResult = { ok: true, reading: { ...reading(), partial: true } }
    assert.deepEqual(left(['pods'], { ...near, pods: partial }), ['pods'])
  })

  it('is answered by a reading that sees as much, and by no weaker one, nor by one that looks at something else', () => {
    const answered = (run: string) => left([`again:${run}`], near).length === 0
    assert.deepEqual(Object.keys(runs).filter(answered), ['pods', 'rollouts', 'rollouts.web'])
    const web: PartResult = { ok: true, reading: reading() }
    assert.deepEqual(left(['again:rollouts', 'again:rollouts.web'], { 'again:rollouts.web': web }), [
      'again:rollouts',
    ])
    const logs: PartResult = { ok: true, reading: reading() }
    assert.deepEqual(left(['again:logs', 'again:logs.2', 'again:followed'], { 'again:logs': logs }), [
      'again:followed',
    ])
  })

  it('that a reading brought is looked for again by that reading, unless the picture sees as much, or it is heavy', () => {
    const findings = [
      ...Object.keys(runs).map((run) => known(finding('errors-in-logs', run), `again:${run}`)),
      known(finding('oom-killed'), 'pods'),
    ]
    const parts = partsToLookAt({ runbook: shop, service: 'api', steps: runs, findings })
    assert.deepEqual(
      parts.map(({ id }) => id).filter((id) => id.startsWith('again:')),
      ['again:missing', 'again:logs', 'again:strict', 'again:elsewhere'],
    )
  })

  it('is seen again by no picture that had been asked for before it was seen', () => {
    const at = new World({ severity: 'LOW', symptom: '5xx' })
    const errors = finding('errors-in-logs')
    const answer = (number: number, parts: Readonly<Record<string, PartResult>>) =>
      at.answer(`situation/${number}`, { type: 'situation-ended', number, tookMs: 900, parts })
    const logs = (run: string) => {
      const outcome = { ok: true as const, value: reading(errors), attempt: 1 }
      at.answer(`step/${run}/read`, { type: 'stage-ended', run, stage: 'read', outcome })
    }
    answer(1, {})
    logs('logs')
    at.command('situation', sato, {})
    at.command('run', sato, { step: 'logs' })
    logs('logs.2')
    answer(2, { 'again:logs': well })
    assert.deepEqual(at.state.findings.map(findingKey), [findingKey(errors)])
    at.command('situation', sato, {})
    answer(3, { 'again:logs': well })
    assert.deepEqual(at.state.findings, [])
  })

  it('finds room among sixty, of others than the own service among thirty, and among ten of its kind', () => {
    const codes = [
      'crash-loop',
      'oom-killed',
      'no-room',
      'pods-pending',
      'bad-rollout',
      'service-dead',
    ] as const
    const known = (count: number, of: readonly FindingCode[] = codes) =>
      Array.from({ length: count }, (_, i) => ({
        ...finding(of[i % of.length] ?? 'crash-loop', `pod/${i}`),
        foundAt: '2026-11-24T03:00:00.000Z',
        seenBy: ['pods'],
        seenIn: 1,
      }))
    const room = (findings: ReturnType<typeof known>, service?: string) =>
      hasRoom({ service: 'api', findings }, { ...finding('redis-full'), ...present({ service }) })
    assert.deepEqual(
      [29, 30].map((count) => room(known(count), 'db')),
      [true, false],
    )
    assert.deepEqual(
      [29, 30].map((count) => room(known(count))),
      [true, false],
    )
    assert.deepEqual(
      [30, 59, 60].map((count) => room(known(count), 'api')),
      [true, true, false],
    )
    assert.deepEqual(
      [9, 10].map((count) => room(known(count, ['redis-full']), 'api')),
      [true, false],
    )
  })

  it('is carried along cut to what is shown: its subject, its words, its evidence, its figures', () => {
    const at = new World().state
    const long = {
      ...finding('crash-loop', 's'.repeat(400)),
      says: { ja: '火'.repeat(400), en: 'e'.repeat(400) },
    }
    const evidence = Array.from({ length: 5 }, () => 'l'.repeat(400))
    const carried = (data: Json) => {
      const of = { finding: { ...long, evidence, data }, parts: ['pods'] }
      const { findings } = withFinding(at, of, '2026-11-24T03:00:00.000Z')
      return findings.at(-1) ?? assert.fail()
    }
    const { subject, says, evidence: lines, data } = carried({ a: 1 })
    assert.deepEqual([subject.length, says.ja.length, says.en.length], [300, 240, 240])
    assert.deepEqual(
      lines.map((line) => said(line).en.length),
      [160, 160, 160],
    )
    assert.deepEqual(data, { a: 1 })
    assert.equal(carried('x'.repeat(998)).data, 'x'.repeat(998))
    assert.equal(carried('x'.repeat(999)).data, null)
  })
})
