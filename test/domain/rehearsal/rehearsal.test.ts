import assert from 'node:assert/strict'
import { proved } from '../../../client/doctor/drills.ts'
import { rehearsalCheck } from '../../../client/doctor/rehearsals.ts'
import { reportIn } from '../../../client/incidents/rehearsal-report.ts'
import { proofFacts } from '../../../client/words/rehearsal.ts'
import { forNow } from '../../../domain/failures/for-now.ts'
import { failure } from '../../../domain/failures.ts'
import {
  asManyAsFit,
  isNotNow,
  mostRehearsed,
  proofOf,
  type RehearsalReport,
  type Rehearsed,
  toRehearse,
  wordsOf,
} from '../../../domain/rehearsal/rehearsal.ts'
import { type Runbook, runbookSchema } from '../../../domain/runbook/runbook.ts'
import { smallBook } from '../incident/small-runbook.ts'

/** The backend with exactly these steps, and no quick ones. */
function bookOf(
  ...steps: readonly { readonly id: string; readonly kind: string; readonly with?: object }[]
): Runbook {
  const { symptoms, severities, ...book } = smallBook()
  const [first] = symptoms
  const own = steps.map((step) => ({ title: { ja: step.id, en: step.id }, with: {}, ...step }))
  return runbookSchema.parse({
    ...book,
    symptoms: [{ ...first, signs: [], steps: own }],
    severities: Object.fromEntries(
      Object.entries(severities).map(([name, one]) => [name, { ...one, quick: [] }]),
    ),
  })
}

describe('what of a runbook is rehearsed', () => {
  it('is every step that hikeshi carries out itself, filled in for its service', () => {
    const book = bookOf(
      { id: 'look', kind: 'kubernetes.logs', with: { deployment: '$service.deployment' } },
      { id: 'more', kind: 'kubernetes.scale', with: { deployment: '$service.deployment', replicas: 8 } },
      { id: 'banner', kind: 'person.do', with: { text: { ja: '掲示', en: 'Put it up' } } },
      { id: 'wait', kind: 'http.healthy', with: { url: '$service.health' } },
    )
    const { deployment } = book.services.backend ?? assert.fail()
    assert.deepEqual(
      toRehearse(book).map(({ steps, kind, params }) => [steps, kind, Object(params).deployment]),
      [
        [[{ service: 'backend', step: 'look' }], 'kubernetes.logs', deployment],
        [[{ service: 'backend', step: 'more' }], 'kubernetes.scale', deployment],
      ],
    )
  })

  it('tries the same words once, and says so of each step that has them', () => {
    const with_ = { deployment: '$service.deployment' }
    const book = bookOf(
      { id: 'again', kind: 'kubernetes.rollout-restart', with: with_ },
      { id: 'once-more', kind: 'kubernetes.rollout-restart', with: with_ },
    )
    assert.deepEqual(
      toRehearse(book).map(({ steps }) => steps.map(({ step }) => step)),
      [['again', 'once-more']],
    )
  })

  it('takes what is missing, forbidden or misnamed for rot, and how the target stands today for none', () => {
    assert.ok(!isNotNow(failure('target-not-found', { target: 'deployment/shodo/x' })))
    assert.ok(!isNotNow(failure('kubernetes-refused', { action: 'patch', target: 'x', reason: 'no' })))
    assert.ok(!isNotNow(failure('precondition-failed', { target: 'x', reason: 'it has no container web' })))
    assert.ok(isNotNow(failure('precondition-failed', { target: 'x', reason: 'paused', ...forNow })))
    assert.ok(isNotNow(failure('copy-not-usable', { stanza: 'main', reason: 'there is none' })))
  })

  it('is as much as a report holds, and the rest is counted', () => {
    const one = (i: number, names: number) => ({
      words: `${i}`,
      kind: 'kubernetes.logs',
      params: {},
      steps: Array.from({ length: names }, (_, n) => ({ service: `s${n}`, step: `step-${i}` })),
    })
    const few = [one(1, 2), one(2, 1)]
    assert.deepEqual(asManyAsFit(few), { tried: few, untried: 0 })
    const { tried, untried } = asManyAsFit([one(1, mostRehearsed - 1), one(2, 3), one(3, 5)])
    assert.deepEqual(
      tried.map(({ steps }) => steps.length),
      [mostRehearsed - 1, 1],
    )
    assert.equal(untried, 7)
  })

  it('has the same mark where a person says what the runbook says, and another one where not', () => {
    const book = bookOf({
      id: 'more',
      kind: 'kubernetes.scale',
      with: { deployment: '$service.deployment', replicas: 8 },
    })
    const [{ words } = assert.fail()] = toRehearse(book)
    const { deployment } = book.services.backend ?? assert.fail()
    const run = (replicas: number) => ({ kind: 'kubernetes.scale', params: { deployment, replicas } })
    assert.equal(wordsOf(run(8), book), words)
    assert.notEqual(wordsOf(run(9), book), words)
    assert.notEqual(wordsOf(run(8), { ...book, namespace: 'other' }), words)
  })
})

describe('what rehearsals prove of a step', () => {
  const at = (hour: number) => `2026-11-30T${String(hour).padStart(2, '0')}:00:00.000Z`
  const nowMs = Date.parse(at(12))
  const says = { ja: '', en: '' }
  const good: Rehearsed = {
    service: 'backend',
    step: 'more',
    kind: 'kubernetes.scale',
    words: 'scale to 8',
    ok: true,
    tried: 'dry-run',
    says,
  }
  const bad: Rehearsed = {
    service: 'backend',
    step: 'more',
    kind: 'kubernetes.scale',
    words: 'scale to 8',
    ok: false,
    failure: failure('target-not-found', { target: 'deployment/shodo/x' }),
  }
  const report = (hour: number, version: number, ...steps: readonly Rehearsed[]): RehearsalReport => ({
    v: 1,
    rehearsal: `rehearse/shodo/${hour}`,
    runbook: 'shodo',
    version,
    sha256: `${version}`,
    startedAt: at(hour),
    steps,
  })
  const told = (reports: readonly RehearsalReport[], sha256 = '2') => {
    const proof = proofOf(reports, 'scale to 8', sha256) ?? null
    return proofFacts(proof, nowMs).map(({ value, tone }) => [value.en, tone])
  }

  it('is the newest that knows it, with its age and its version', () => {
    assert.deepEqual(told([report(11, 2), report(6, 2, good), report(3, 2, bad)]), [
      ['6h ago on this version: tried (dry run)', 'good'],
    ])
    assert.deepEqual(told([report(6, 1, good)]), [
      ['6h ago on version 1, not this one: tried (dry run)', 'warning'],
    ])
    assert.match(told([report(6, 2, bad)])[0]?.[0] ?? '', /^it FAILED 6h ago on this version: HK402 /)
    assert.deepEqual(told([report(6, 2)]), [['never', 'warning']])
    assert.deepEqual(told([report(6, 2, { ...good, words: 'scale to 9' })]), [['never', 'warning']])
    assert.deepEqual(told([report(6, 2, { ...good, tried: 'read-in-part' })]), [
      ['6h ago on this version: read in part', 'warning'],
    ])
    assert.deepEqual(proofFacts(undefined, nowMs), [])
  })

  it('is of this version where there is one, and of another one after that', () => {
    assert.deepEqual(told([report(11, 3, bad), report(6, 2, good)]), [
      ['6h ago on this version: tried (dry run)', 'good'],
    ])
    assert.match(
      told([report(11, 3, bad), report(6, 1, good)])[0]?.[0] ?? '',
      /^it FAILED 1h ago on version 3/,
    )
  })

  it('is believed of what has the shape of a report alone', () => {
    const aside: Rehearsed = { service: 'backend', step: 'x', kind: 'k', words: 'w', ok: null, says }
    const whole = { ...report(6, 2, good, bad, aside), told: ['tanaka'] }
    assert.deepEqual(reportIn(JSON.parse(JSON.stringify(whole))), whole)
    for (const other of [
      null,
      { ...whole, v: 2 },
      { ...whole, startedAt: 'lately' },
      { ...whole, steps: [{ ...good, tried: 'by magic' }] },
      { ...whole, steps: [{ ...bad, failure: { name: 'x', code: 'HK1', params: {} } }] },
      { ...whole, steps: [{ ...good, says: 'fine' }] },
    ])
      assert.equal(reportIn(other), undefined, JSON.stringify(other))
  })

  it('is warned of where there is none, where it failed, and where it is old', () => {
    const published = { runbook: 'shodo', sha256: '2' }
    const check = (last?: RehearsalReport, days = 0) => {
      const { status, says: said } = rehearsalCheck(published, last, nowMs + days * 86_400_000)
      return [status, said.en]
    }
    assert.deepEqual(check(), ['warn', 'never rehearsed'])
    assert.deepEqual(check(report(6, 2, good)), ['ok', '1 of 1 step proved 6h ago on version 2'])
    assert.deepEqual(check(report(6, 2, bad)), ['warn', '1 step failed 6h ago: backend/more'])
    assert.deepEqual(check(report(6, 1, good)), [
      'warn',
      '1 of 1 step proved 6h ago on version 1; the published one is another',
    ])
  })

  it('is warned of with the words of a drill where it is old, and where a scheduled one no longer ends', () => {
    const later = nowMs + 30 * 86_400_000
    const drill = { ok: true, startedAt: new Date(nowMs).toISOString() }
    const newest = { ...report(6, 2, good), startedAt: drill.startedAt }
    for (const times of [undefined, { everyMs: 86_400_000, sinceMs: 0 }]) {
      const [drilled, rehearsed] = [
        proved('drills', 'shodo', [drill], later, times),
        rehearsalCheck({ runbook: 'shodo', sha256: '2' }, newest, later, times),
      ]
      assert.deepEqual([drilled.status, rehearsed.status], ['warn', 'warn'])
      assert.equal(rehearsed.says.en, drilled.says.en.replace('drill', 'rehearsal'))
      assert.equal(rehearsed.says.ja, drilled.says.ja.replace('訓練', 'リハーサル'))
      // What is scheduled already is not to be scheduled once more.
      assert.equal(/--every/.test(rehearsed.next?.en ?? ''), times === undefined)
    }
  })
})
