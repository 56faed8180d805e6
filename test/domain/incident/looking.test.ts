import assert from 'node:assert/strict'
import { effects } from '../../../domain/incident/effects.ts'
import { looksAt } from '../../../domain/incident/situation/situation.ts'
import { bad, finding } from './hands.ts'
import { isPicture, picture, pictureOf, read } from './pictures.ts'
import { kato, noon, sato, World, yamada } from './world.ts'

const minute = 60_000
const policy = { timings: true, automatic: ['reversible' as const] }
const slow = finding('slow-responses', 'http://127.0.0.1:8080/health/shodo-backend')

const runsOf = (at: World, step: string) => Object.values(at.state.steps).filter((run) => run.step === step)

function silent(at: World, run: string, name: Parameters<typeof bad>[0] = 'no-answer'): void {
  at.answer(`step/${run}/read`, { type: 'stage-ended', run, stage: 'read', outcome: bad(name) })
}

describe('the picture that an incident takes by itself', () => {
  it('comes as often as people are told, at least every five minutes and at most every minute', () => {
    const at = new World({ severity: 'LOW' })
    picture(at)
    const { runbook } = at.state
    const after = (updateEvery: number) => {
      const severities = { ...runbook.book.severities, LOW: { ...runbook.book.severities.LOW, updateEvery } }
      const state = { ...at.state, runbook: { ...runbook, book: { ...runbook.book, severities } } }
      return (looksAt(state) ?? 0) - noon
    }
    for (const [updateEvery, wanted] of [
      [1_000, 60_000],
      [60_000, 60_000],
      [60_001, 60_001],
      [120_000, 120_000],
      [299_999, 299_999],
      [300_000, 300_000],
      [1_800_000, 300_000],
    ] as const)
      assert.equal(after(updateEvery), wanted, `told every ${updateEvery} ms`)
  })

  it('comes at its moment and not before, whoever wakes up early', () => {
    const at = new World({ severity: 'LOW' })
    picture(at)
    at.wait(5 * minute - 1)
    at.feed({ type: 'due', deadline: { what: 'look', atMs: at.now } })
    assert.equal(at.state.situation.wanted, 1)
    at.wait(1)
    assert.equal(at.state.situation.wanted, 2)
  })

  it('comes a minute after the one in which it looked recovered, and not before', () => {
    const at = new World({ severity: 'LOW' })
    picture(at, { pods: [finding('crash-loop')] })
    pictureOf(at)
    assert.deepEqual([at.state.phase, at.state.situation.wanted], ['monitoring', 2])
    assert.equal(looksAt(at.state), at.now + minute)
    at.wait(minute - 1)
    assert.equal(at.state.situation.wanted, 2)
    at.wait(1)
    assert.equal(at.state.situation.wanted, 3)
  })

  it('may be read for others as well, within two seconds, and brings no excerpts; what a person asks for does', () => {
    const at = new World({ severity: 'LOW' })
    const asks = () => {
      const effect = effects(at.state).find(isPicture)
      if (effect?.type !== 'situation') return assert.fail('no picture is wanted')
      return [effect.number, effect.withinMs, effect.sharesMs, effect.withoutTexts]
    }
    assert.deepEqual(asks(), [1, 4_000, 2_000, undefined])
    picture(at)
    at.wait(5 * minute)
    assert.deepEqual(asks(), [2, 4_000, 2_000, true])
    picture(at)
    at.command('situation', sato, {})
    assert.deepEqual(asks(), [3, 4_000, 0, undefined])
  })

  it('is taken once, though it arrives twice', () => {
    const at = new World({ severity: 'LOW' })
    picture(at)
    const again = at.answered.at(-1) ?? assert.fail()
    at.feed(again)
    assert.equal(at.told('situation-taken').length, 1)
  })

  it('is joined by whoever asks within ten seconds, and asked for again after them', () => {
    const at = new World({ severity: 'LOW' })
    at.wait(9_999)
    at.command('situation', sato, {})
    assert.equal(at.state.situation.wanted, 1)
    at.wait(1)
    at.command('situation', sato, {})
    assert.equal(at.state.situation.wanted, 2)
  })
})

describe('a reading that is repeated by itself', () => {
  /** What a reading saw led to a change, and the picture that follows cannot see the outcome of it. */
  const repaired = (): World => {
    const at = new World({ severity: 'MEDIUM', symptom: 'slow', policy })
    picture(at)
    read(at, 'timings', slow)
    at.allGoesWell(isPicture)
    assert.equal(at.step('scale-out').status, 'verified')
    return at
  }

  it('waits for the next picture once nobody answered, though all of it is one moment', () => {
    const at = repaired()
    at.wait(1_000)
    picture(at)
    silent(at, 'timings.2')
    assert.deepEqual(
      runsOf(at, 'timings').map(({ id }) => id),
      ['timings', 'timings.2'],
    )
    at.wait(5 * minute)
    picture(at)
    assert.equal(at.step('timings.3').status, 'reading')
  })

  it('is not spared by what people read, and what they read counts as none of its five', () => {
    const at = repaired()
    for (let run = 2; run <= 7; run += 1) {
      at.command('run', sato, { step: 'timings' })
      read(at, `timings.${run}`, slow)
    }
    picture(at, { pods: [] })
    at.wait(5 * minute)
    picture(at)
    assert.deepEqual(at.step('timings.8').requestedBy.kind, 'system')
    // Somebody reads it beside that, and gets no answer either.
    silent(at, 'timings.8')
    at.wait(5 * minute)
    at.command('run', sato, { step: 'timings' })
    picture(at)
    assert.equal(at.state.steps['timings.10'], undefined)
    silent(at, 'timings.9')
    assert.equal(at.step('timings.10').requestedBy.kind, 'system')
  })

  it('repeats what a person chose, as theirs', () => {
    const at = new World({ severity: 'MEDIUM', policy })
    picture(at)
    at.command('run', sato, { step: 'timings', with: { times: 3 } })
    read(at, 'timings', slow)
    at.allGoesWell(isPicture)
    assert.equal(at.step('scale-out').status, 'verified')
    at.wait(1_000)
    picture(at)
    const { requestedBy, origin, byHand, params } = at.step('timings.2')
    assert.deepEqual([requestedBy.kind, origin, byHand, params.times], ['system', 'person', ['times'], 3])
  })

  it('of the runbook is its own still, where the symptom asks for it', () => {
    const at = repaired()
    at.wait(1_000)
    picture(at)
    assert.deepEqual([at.step('timings.2').origin, at.step('timings.2').byHand], ['runbook', undefined])
  })

  it('because somebody may have fixed what kept it asks nothing of what people read meanwhile', () => {
    const at = new World({ severity: 'MEDIUM', symptom: '5xx' })
    silent(at, 'logs', 'forbidden')
    at.command('run', sato, { step: 'logs' })
    read(at, 'logs.2')
    picture(at)
    assert.deepEqual([at.step('logs.3').origin, at.step('logs.3').status], ['runbook', 'reading'])
  })

  it('is not repeated once it went well, however often a picture is taken', () => {
    const at = new World({ severity: 'MEDIUM', symptom: '5xx' })
    silent(at, 'logs', 'forbidden')
    picture(at)
    read(at, 'logs.2')
    pictureOf(at)
    pictureOf(at)
    assert.equal(at.state.steps['logs.3'], undefined)
  })
})

describe('what the runbook proposes', () => {
  it('is proposed though a person asked for the same step before, and it was rejected', () => {
    const at = new World({ severity: 'LOW' })
    at.command('run', sato, { step: 'rollback' })
    at.command('reject', yamada, { step: 'rollback', reason: 'no' })
    picture(at, { rollouts: [finding('bad-rollout')] })
    const { origin, status } = at.step('rollback.2')
    assert.deepEqual([origin, status], ['runbook', 'planning'])
  })

  it('is every step that answers what was found', () => {
    const at = new World({ severity: 'LOW' })
    const { runbook } = at.state
    const symptoms = runbook.book.symptoms.map((symptom) => ({
      ...symptom,
      steps: symptom.steps.map((step) =>
        step.id === 'restart' ? { ...step, when: ['bad-rollout' as const] } : step,
      ),
    }))
    at.state = { ...at.state, runbook: { ...runbook, book: { ...runbook.book, symptoms } } }
    picture(at, { rollouts: [finding('bad-rollout')] })
    assert.deepEqual(
      Object.values(at.state.steps).map(({ id, finding: of }) => [id, of]),
      ['rollback', 'restart'].map((id) => [id, 'bad-rollout deployment/shodo/shodo-backend']),
    )
  })

  it('is proposed once for each finding that it answers, and rejected for each', () => {
    const at = new World({ severity: 'LOW' })
    const both = { pods: [finding('errors-in-logs'), finding('errors-in-logs', slow.subject)] }
    picture(at, both)
    at.command('reject', yamada, { step: 'restart', reason: 'no' })
    pictureOf(at, both)
    at.command('reject', yamada, { step: 'restart.2', reason: 'no' })
    assert.deepEqual(
      runsOf(at, 'restart').map((run) => run.finding),
      ['errors-in-logs deployment/shodo/shodo-backend', `errors-in-logs ${slow.subject}`],
    )
    pictureOf(at, both)
    pictureOf(at, both)
    assert.equal(runsOf(at, 'restart').length, 2)
  })

  it('is proposed again where what kept its plan may pass or be fixed, and not where it stays', () => {
    for (const [name, again] of [
      ['no-worker', true],
      ['target-busy', true],
      ['target-changed', true],
      ['forbidden', true],
      ['exec-forbidden', true],
      ['credentials-refused', true],
      ['target-not-found', false],
      ['bad-input', false],
      ['policy-refused', false],
    ] as const) {
      const at = new World({ severity: 'LOW' })
      const seen = { rollouts: [finding('bad-rollout')] }
      picture(at, seen)
      const outcome = bad(name)
      at.answer('step/rollback/plan', { type: 'stage-ended', run: 'rollback', stage: 'plan', outcome })
      pictureOf(at, seen)
      assert.equal(at.state.steps['rollback.2'] !== undefined, again, name)
    }
  })

  it('is proposed again where nothing was done, and never where that is not known', () => {
    for (const [attempt, changed, again] of [
      [1, 'nothing', true],
      [2, 'unknown', false],
    ] as const) {
      const at = new World({ severity: 'MEDIUM', policy })
      const seen = { rollouts: [finding('bad-rollout')] }
      picture(at, seen)
      at.allGoesWell((effect) => isPicture(effect) || effect.key === 'step/rollback/run')
      const outcome = { ...bad('no-worker'), attempt }
      at.answer('step/rollback/run', { type: 'stage-ended', run: 'rollback', stage: 'run', outcome })
      assert.equal(at.step('rollback').changed, changed)
      pictureOf(at, seen)
      assert.equal(at.state.steps['rollback.2'] !== undefined, again, changed)
    }
  })

  it('of the own service finds room before what was found of others', () => {
    const at = new World({ severity: 'LOW' })
    const many = Array.from({ length: 40 }, (_, i) =>
      finding(i % 2 === 0 ? 'no-room' : 'crash-loop', `pod/${i}`),
    )
    const codes = [
      'crash-loop',
      'oom-killed',
      'no-room',
      'pods-pending',
      'pods-refused',
      'service-dead',
    ] as const
    const others = many.map((each, i) => ({ ...each, code: codes[i % codes.length] ?? 'crash-loop' }))
    picture(at, { pods: others, rollouts: [finding('bad-rollout')] })
    const { findings } = at.state
    assert.deepEqual([findings[0]?.code, findings[0]?.service], ['bad-rollout', 'backend'])
    assert.equal(findings.length, 30)
    assert.equal(new Set(findings.map(({ code, subject }) => `${code} ${subject}`)).size, 30)
  })
})

describe('whoever asks for a picture', () => {
  it('gets the next one once the one before is there', () => {
    const at = new World({ severity: 'LOW' })
    picture(at)
    at.command('situation', kato, {})
    assert.deepEqual(at.told('situation-requested'), [{ number: 1 }, { number: 2 }])
  })
})
