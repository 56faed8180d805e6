import assert from 'node:assert/strict'
import { rankedSymptoms } from '../../../domain/diagnosis/rank.ts'
import { evolve } from '../../../domain/incident/fold/evolve.ts'
import { lean, withFinding } from '../../../domain/incident/fold/findings.ts'
import { answersIn, isOutOfSight, partsToLookAt, seenByAfter } from '../../../domain/incident/fold/gone.ts'
import type { Parts } from '../../../domain/incident/fold/picture.ts'
import type { StepRun } from '../../../domain/incident/fold/state.ts'
import { answers } from '../../../domain/incident/fold/whose.ts'
import { roomRefusal } from '../../../domain/incident/steps/request.ts'
import type { Finding } from '../../../domain/steps/contract.ts'
import type { FindingCode } from '../../../domain/steps/finding-codes.ts'
import { jsonBytes } from '../../../domain/timeline/canonical.ts'
import { system } from '../../../domain/words.ts'
import { finding, reading } from './hands.ts'
import { picture } from './pictures.ts'
import { noon, person, sato, World } from './world.ts'

const foundAt = '2026-11-24T03:00:00.000Z'

describe('the room for steps', () => {
  it('ends at 200 runs, and at 500 KB of them', () => {
    const { state } = new World({ severity: 'LOW' })
    const of = (count: number, bytes?: number) => {
      const steps = Object.fromEntries(
        Array.from({ length: count }, (_, i) => [
          `a.${i}`,
          { id: `a.${i}`, because: '' } as unknown as StepRun,
        ]),
      )
      const rest = bytes === undefined ? 0 : bytes - jsonBytes(steps)
      const [first] = Object.keys(steps)
      assert.ok(first !== undefined && rest >= 0)
      const filled = { ...steps, [first]: { id: first, because: 'x'.repeat(rest) } as unknown as StepRun }
      const refused = roomRefusal({ ...state, steps: filled })
      return [refused?.name, refused?.params.limit]
    }
    assert.deepEqual(of(199), [undefined, undefined])
    assert.deepEqual(of(200), ['too-many-steps', 200])
    assert.deepEqual(of(1, 499_999), [undefined, undefined])
    assert.deepEqual(of(1, 500_000), ['steps-too-large', 500])
  })
})

describe('a picture of very many findings', () => {
  it('is carried with all of them up to 150 KB, and with one of each part beyond', () => {
    const found = (subject: string): Finding => ({ ...finding('crash-loop'), subject })
    const of = (findings: readonly Finding[]): Parts => ({
      pods: { ok: true, reading: { facts: { pods: 'x'.repeat(200_000) }, findings, text: 'excerpt' } },
    })
    const carried = (findings: readonly Finding[]) => {
      const { pods } = lean(of(findings))
      return pods?.ok ? pods.reading : assert.fail('no reading')
    }
    const bytes = (findings: readonly Finding[]) =>
      jsonBytes({
        pods: {
          ok: true,
          reading: { facts: null, findings: findings.map((one) => ({ ...one, evidence: [], data: null })) },
        },
      })
    const many: Finding[] = []
    while (bytes(many) < 149_300) many.push(found(`pod/${many.length}`))
    const filledTo = (size: number) => {
      const rest = [...many, found(''), found('')]
      const missing = size - bytes(rest)
      assert.ok(missing > 0 && missing < 300, `${missing}`)
      return [...many, found(''), found('x'.repeat(missing))]
    }
    const fits = carried(filledTo(150_000))
    assert.deepEqual([fits.facts, fits.findings.length], [null, many.length + 2])
    const beyond = carried(filledTo(150_001))
    assert.deepEqual([beyond.facts, beyond.findings.length], [null, 1])
    assert.equal(beyond.findings[0]?.subject, 'pod/0')
  })
})

describe('a finding that is carried along', () => {
  const known = (seenBy: readonly string[], seenIn = 1) => ({
    ...finding('crash-loop'),
    foundAt,
    seenBy,
    seenIn,
  })

  it('keeps the answers that it gives to steps up to 1 KB', () => {
    const { state } = new World({ severity: 'LOW' })
    const kept = (bytes: number) => {
      const empty = { 'kubernetes.scale': { reason: '' } }
      const answers = { 'kubernetes.scale': { reason: 'x'.repeat(bytes - jsonBytes(empty)) } }
      const of = { finding: { ...finding('bad-rollout'), answers }, parts: ['rollouts'] }
      return withFinding(state, of, foundAt).findings[0]?.answers !== undefined
    }
    assert.deepEqual([999, 1_000, 1_001].map(kept), [true, true, false])
  })

  it('remembers the last ten readings that saw it', () => {
    const { state } = new World({ severity: 'LOW' })
    const ids = Array.from({ length: 10 }, (_, i) => `again:old.${i}`)
    const seen: Parts = { pods: { ok: true, reading: reading(finding('crash-loop')) } }
    assert.deepEqual(seenByAfter(state, known(ids), []), ids)
    assert.deepEqual(seenByAfter(state, known(ids), answersIn(seen)), [...ids.slice(1), 'pods'])
  })

  it('that only a reading can see is looked for again as one of its service', () => {
    const { state } = new World({ severity: 'LOW' })
    const run = (id: string): StepRun =>
      ({ id, kind: 'kubernetes.logs', params: { deployment: id } }) as unknown as StepRun
    const steps = { own: run('own'), nobodys: run('nobodys') }
    const own = { ...known(['again:own']), service: 'backend' }
    const nobodys = { ...known(['again:nobodys']), subject: 'job/shodo/import' }
    assert.deepEqual(
      partsToLookAt({ ...state, steps, findings: [own, nobodys] }).filter(({ id }) =>
        id.startsWith('again:'),
      ),
      [
        { id: 'again:own', kind: 'kubernetes.logs', params: { deployment: 'own' }, service: 'backend' },
        { id: 'again:nobodys', kind: 'kubernetes.logs', params: { deployment: 'nobodys' } },
      ],
    )
  })

  it('is out of sight once a newer picture is there than the one that it was last seen in', () => {
    const at = new World({ severity: 'LOW' })
    assert.equal(isOutOfSight(at.state, known(['pods'], 0)), false)
    picture(at)
    assert.deepEqual(
      [0, 1, 2].map((seenIn) => isOutOfSight(at.state, known(['pods'], seenIn))),
      [true, false, false],
    )
  })

  it('proves by being gone what the picture shows that it is not in, and by a reading only what a later one shows', () => {
    const at = new World({ severity: 'LOW' })
    picture(at, { pods: [finding('crash-loop')] })
    const gone = { findings: at.state.findings }
    const provenAfter = (run?: string) =>
      evolve(
        at.state,
        { type: 'findings-gone', by: system, data: run === undefined ? gone : { ...gone, run } },
        noon,
      ).proof?.after
    assert.deepEqual([provenAfter(), provenAfter('logs')], [0, 1])
  })

  it('is answered by a selector that picks no more than the own one does', () => {
    const { runbook } = new World().state
    const backend = { ...(runbook.book.services.backend ?? assert.fail()), selector: 'app=shodo,tier=back' }
    const book = { ...runbook.book, services: { ...runbook.book.services, backend } }
    const picks = (selector: string) =>
      answers(
        { runbook: { ...runbook, book }, service: 'backend' },
        {
          id: 'a',
          title: { ja: '題', en: 'Title' },
          kind: 'kubernetes.delete-pods',
          with: { selector },
          when: ['crash-loop'],
        },
        { ...finding('crash-loop'), service: 'backend' },
      )
    assert.deepEqual(
      ['app=shodo,tier=back', 'tier=back,app=shodo,x=1', 'app=shodo', 'tier=back', 'x=1'].map(picks),
      [true, true, false, false, false],
    )
  })
})

describe('what speaks for a symptom', () => {
  const ranked = (
    symptoms: readonly (readonly [id: string, ...signs: FindingCode[]])[],
    old: FindingCode[] = [],
  ) => {
    const at = new World({ severity: 'LOW' })
    picture(at)
    const { runbook } = at.state
    const [slow] = runbook.book.symptoms
    assert.ok(slow !== undefined)
    const book = {
      ...runbook.book,
      symptoms: symptoms.map(([id, ...signs]) => ({ ...slow, id, signs, steps: [] })),
    }
    const codes = [...new Set(symptoms.flatMap(([, ...signs]) => signs))]
    const lastAt = new Date(noon - 11 * 60_000).toISOString()
    const findings = codes.map((code) => ({
      ...finding(code),
      service: 'backend',
      data: old.includes(code) ? { lastAt } : null,
    }))
    const { situation } = at.state
    return rankedSymptoms({ runbook: { ...runbook, book }, service: 'backend', findings, situation })
  }

  it('stands in the order of causes, what comes of them, and what is over', () => {
    const [only] = ranked(
      [['a', 'oom-killed', 'errors-in-logs', 'bad-rollout', 'health-failing', 'no-room']],
      ['oom-killed', 'health-failing'],
    )
    assert.deepEqual(
      only?.findings.map(({ code }) => code),
      ['bad-rollout', 'no-room', 'errors-in-logs', 'oom-killed', 'health-failing'],
    )
  })

  it('weighs as a cause of now, then as what happens now, and then by its number', () => {
    const order = (...given: Parameters<typeof ranked>) => ranked(...given).map(({ symptom }) => symptom.id)
    assert.deepEqual(
      order(
        [
          ['over', 'oom-killed', 'no-room'],
          ['now', 'target-down'],
        ],
        ['oom-killed', 'no-room'],
      ),
      ['now', 'over'],
    )
    assert.deepEqual(
      order([
        ['one', 'target-down'],
        ['two', 'target-down', 'slow-responses'],
      ]),
      ['two', 'one'],
    )
    assert.deepEqual(
      order(
        [
          ['one', 'oom-killed'],
          ['two', 'oom-killed', 'no-room'],
        ],
        ['oom-killed', 'no-room'],
      ),
      ['two', 'one'],
    )
    assert.deepEqual(
      order([
        ['many', 'target-down', 'slow-responses'],
        ['cause', 'no-room'],
      ]),
      ['cause', 'many'],
    )
  })
})

describe('a repair that answers what was found', () => {
  it('weighs as one of a cause of now, then of what happens now, whatever else speaks for another symptom', () => {
    const at = new World({ severity: 'LOW' })
    picture(at)
    const { runbook } = at.state
    const [slow] = runbook.book.symptoms
    assert.ok(slow !== undefined)
    const title = { ja: '題', en: 'Title' }
    const restart = {
      id: 'a',
      title,
      kind: 'kubernetes.rollout-restart',
      with: { deployment: 'shodo-backend' },
    }
    const lastAt = new Date(noon - 11 * 60_000).toISOString()
    const order = (
      repaired: Readonly<Record<string, FindingCode>>,
      old: readonly FindingCode[] = [],
      signs: Readonly<Record<string, readonly FindingCode[]>> = {},
    ) => {
      const symptoms = Object.entries(repaired).map(([id, code]) => ({
        ...slow,
        id,
        signs: [...(signs[id] ?? [])],
        steps: [{ ...restart, when: [code] }],
      }))
      const findings = [...Object.values(repaired), ...Object.values(signs).flat()].map((code) => ({
        ...finding(code),
        service: 'backend',
        data: old.includes(code) ? { lastAt } : null,
      }))
      const book = { ...runbook.book, symptoms }
      const { situation } = at.state
      const known = { runbook: { ...runbook, book }, service: 'backend', findings, situation }
      return rankedSymptoms(known).map(({ symptom }) => symptom.id)
    }
    assert.deepEqual(order({ comes: 'slow-responses', cause: 'bad-rollout' }), ['cause', 'comes'])
    assert.deepEqual(order({ over: 'bad-rollout', now: 'slow-responses' }, ['bad-rollout']), ['now', 'over'])
    const many = { comes: ['no-room', 'pods-pending', 'target-down'] } as const
    assert.deepEqual(order({ comes: 'slow-responses', cause: 'bad-rollout' }, [], many), ['cause', 'comes'])
    const of = { over: ['no-room', 'target-down'] } as const
    assert.deepEqual(order({ over: 'bad-rollout', now: 'slow-responses' }, ['bad-rollout'], of), [
      'now',
      'over',
    ])
  })
})

describe('who responds', () => {
  it('is whoever does something, and nobody in whose name the runbook proposes', () => {
    const at = new World({ severity: 'LOW', by: sato })
    picture(at, { rollouts: [finding('bad-rollout')] })
    assert.equal(at.step('rollback').requestedBy.id, 'sato')
    assert.deepEqual([at.state.responders, at.state.acknowledged], [[], undefined])
    at.wait(1_000)
    at.command('note', person('mori'), { text: 'I read this' })
    assert.deepEqual([at.state.responders, at.state.actedAtMs], [[], noon + 1_000])
    at.command('run', sato, { step: 'logs' })
    assert.deepEqual([at.state.responders, at.state.acknowledged?.by.id], [['sato'], 'sato'])
    at.command('run', { kind: 'alert', id: 'alertmanager', verified: true }, { step: 'scale-out' })
    assert.deepEqual(at.state.responders, ['sato'])
  })
})
