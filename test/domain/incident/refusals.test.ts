import assert from 'node:assert/strict'
import { failure } from '../../../domain/failures.ts'
import { offeredSteps } from '../../../domain/incident/steps/find-step.ts'
import { said } from '../../../domain/words.ts'
import { bad, failed, planOf } from './hands.ts'
import { kato, person, sato, World, yamada } from './world.ts'

const nobody = person('watanabe', false)
const policy = { automatic: ['reversible' as const] }
const health = 'http://127.0.0.1:8080/health/shodo-backend'

function planned(at: World, run: string, changes: object = {}): void {
  at.answer(`step/${run}/plan`, {
    type: 'stage-ended',
    run,
    stage: 'plan',
    outcome: { ok: true, value: { ...planOf(at.step(run)), ...changes }, attempt: 1 },
  })
}

/** The symptom "slow" offers a load test as well. */
function withLoad(at: World, url = health): World {
  const load = { id: 'load', title: { ja: '負荷', en: 'Load' }, kind: 'http.load', with: { url } }
  const { runbook } = at.state
  const symptoms = runbook.book.symptoms.map((symptom) =>
    symptom.id === 'slow' ? { ...symptom, steps: [...symptom.steps, load] } : symptom,
  )
  at.state = { ...at.state, runbook: { ...runbook, book: { ...runbook.book, symptoms } } }
  return at
}

describe('the steps that are offered', () => {
  it('are those of the symptom first, then the other ones of the service, then the quick ones of the severity', () => {
    const of = (circumstances: object) => offeredSteps(new World(circumstances).state).map(({ id }) => id)
    const slow = ['scale-out', 'delete-pods']
    const errors = ['logs', 'rollback', 'restart']
    const critical = ['recover-backend', 'recover-frontend']
    const high = ['quick-scale-out']
    assert.deepEqual(of({ severity: 'LOW' }), [...slow, ...errors, ...critical, ...high])
    assert.deepEqual(of({ severity: 'LOW', symptom: '5xx' }), [...errors, ...slow, ...critical, ...high])
    assert.deepEqual(of({ severity: 'HIGH', symptom: 'slow' }), [...slow, ...errors, ...high, ...critical])
    assert.deepEqual(of({ severity: 'LOW', service: 'frontend' }), [...critical, ...high])
  })

  it('say what is meant of the service, and stand once, as the nearest says it', () => {
    const at = new World({ severity: 'HIGH', symptom: '5xx' })
    const { runbook } = at.state
    const { HIGH } = runbook.book.severities
    const [quick] = HIGH.quick
    assert.ok(quick !== undefined)
    const severities = {
      ...runbook.book.severities,
      HIGH: { ...HIGH, quick: [{ ...quick, id: 'rollback' }] },
    }
    const offered = offeredSteps({
      ...at.state,
      runbook: { ...runbook, book: { ...runbook.book, severities } },
    })
    assert.deepEqual(
      offered.filter(({ id }) => id === 'rollback').map(({ kind }) => kind),
      ['kubernetes.rollout-undo'],
    )
    const restart = offered.find(({ id }) => id === 'restart')
    assert.deepEqual(restart?.with, { deployment: 'shodo-backend' })
  })
})

describe('a step that a person asks for', () => {
  it('asks only health addresses of the runbook, and says which there are', () => {
    const elsewhere = { step: 'load', with: { url: 'http://127.0.0.1:8080/elsewhere' } }
    const at = withLoad(new World({ severity: 'LOW' }))
    const refused = at.ask('run', sato, elsewhere)
    assert.equal(refused?.params.where, 'load --with.url')
    assert.equal(
      said(refused?.params.problem).en,
      `expected the health address of a service: ${health}, http://127.0.0.1:8080/health/shodo-frontend.`,
    )
    const { runbook } = at.state
    const services = Object.fromEntries(
      Object.entries(runbook.book.services).map(([id, { health: _, ...service }]) => [id, service]),
    )
    at.state = { ...at.state, runbook: { ...runbook, book: { ...runbook.book, services } } }
    const none = at.ask('run', sato, elsewhere)
    assert.deepEqual(none?.params.problem, {
      en: 'expected the health address of a service: none has one.',
      ja: 'サービスの health の URL を指定してください: なし。',
    })
  })

  it('takes what its kind lists from everybody, another target from verified people, and the rest from nobody', () => {
    const asks = (by: typeof sato, given: object, lab = false) => {
      const at = new World({ severity: 'LOW', lab })
      const refused = at.ask('run', by, { step: 'scale-out', with: given })
      return refused === undefined ? at.step('scale-out').byHand : [refused.name, refused.params.name]
    }
    assert.deepEqual(asks(nobody, { replicas: 4 }), ['replicas'])
    assert.deepEqual(asks(nobody, { replicas: 8 }), undefined)
    assert.deepEqual(asks(sato, { deployment: 'other' }), ['deployment'])
    assert.deepEqual(asks(sato, { replicas: 4, deployment: 'other' }), ['deployment', 'replicas'])
    assert.deepEqual(asks(nobody, { deployment: 'other' }), ['unverified-choice', 'deployment'])
    assert.deepEqual(asks(nobody, { replicas: 4, deployment: 'other' }), ['unverified-choice', 'deployment'])
    assert.deepEqual(asks(nobody, { deployment: 'other' }, true), ['deployment'])
    assert.deepEqual(asks(sato, { replicas: 4, only: { manager: 'x' } })?.[0], 'bad-input')
    const logs = new World({ severity: 'LOW' })
    const refused = logs.ask('run', sato, { step: 'logs', with: { deployment: 'other' } })
    assert.deepEqual([refused?.name, refused?.params.name], ['parameter-published', 'deployment'])
    // What the runbook leaves open is chosen as well.
    logs.command('run', nobody, { step: 'logs', with: { tail: 7 } })
    assert.deepEqual(logs.step('logs').byHand, ['tail'])
  })

  it('is refused while all is frozen where it changes something, and not where it only reads', () => {
    const at = new World({ severity: 'LOW', frozen: true })
    assert.equal(at.refusal('run', sato, { step: 'rollback' }), 'frozen')
    at.command('run', sato, { step: 'logs' })
  })
})

describe('an approval', () => {
  it('is told as one of a lab only there, and only where nobody is verified', () => {
    for (const [lab, by, told] of [
      [true, yamada, false],
      [true, nobody, true],
      [false, yamada, false],
      [false, nobody, false],
    ] as const) {
      const at = new World({ severity: 'LOW', lab })
      at.command('run', sato, { step: 'rollback' })
      planned(at, 'rollback')
      at.command('approve', by, { step: 'rollback', hash: at.step('rollback').hash ?? '' })
      assert.deepEqual(
        at.told('step-approved').map((approved) => approved.lab),
        [told],
      )
    }
  })

  it('names the run that is meant, where there are several of the step', () => {
    const at = new World({ severity: 'LOW' })
    at.command('run', sato, { step: 'rollback' })
    at.command('reject', yamada, { step: 'rollback', reason: 'no' })
    at.command('run', sato, { step: 'rollback' })
    planned(at, 'rollback.2')
    const hash = at.step('rollback.2').hash ?? ''
    assert.equal(at.refusal('approve', yamada, { step: 'rollback', hash }), 'run-not-named')
    at.command('approve', yamada, { step: 'rollback.2', hash })
  })
})

describe('a rejection', () => {
  it('takes back what is planned or proposed, and nothing that has begun or ended', () => {
    const at = new World({ severity: 'LOW' })
    const no = (step: string) => ({ step, reason: 'no' })
    at.command('run', sato, { step: 'rollback' })
    at.command('reject', yamada, no('rollback'))
    assert.equal(at.refusal('reject', yamada, no('rollback')), 'step-not-waiting')
    at.command('run', sato, { step: 'rollback' })
    planned(at, 'rollback.2')
    at.command('reject', yamada, no('rollback'))
    assert.deepEqual(
      Object.values(at.state.steps).map(({ status }) => status),
      ['rejected', 'rejected'],
    )
    at.command('run', sato, { step: 'rollback' })
    planned(at, 'rollback.3')
    at.command('approve', yamada, { step: 'rollback.3', hash: at.step('rollback.3').hash ?? '' })
    assert.equal(at.refusal('reject', yamada, no('rollback')), 'step-not-waiting')
  })
})

describe('what cannot be taken back or looked at again', () => {
  const made = (): World => {
    const at = new World({ severity: 'MEDIUM', policy })
    at.command('run', sato, { step: 'rollback' })
    at.allGoesWell()
    return at
  }
  const reason = (refused: ReturnType<World['ask']>) => [refused?.name, said(refused?.params.reason).en]

  it('is what is taken back already, and it is said by which run and when', () => {
    const at = made()
    at.command('undo', yamada, { step: 'rollback' })
    at.wait(1_000)
    at.allGoesWell()
    const { endedAt } = at.step('rollback')
    const refused = at.ask('undo', kato, { step: 'rollback' })
    assert.deepEqual(
      [refused?.name, refused?.params.by, refused?.params.at],
      ['already', 'rollback-undo', endedAt],
    )
  })

  it('is what was proposed and never done', () => {
    const at = new World({ severity: 'LOW' })
    at.command('run', sato, { step: 'rollback' })
    planned(at, 'rollback')
    assert.equal(at.refusal('undo', yamada, { step: 'rollback' }), 'not-undoable')
  })

  it('is a change that was not made, or of which nobody knows what it did', () => {
    const nothing = new World({ severity: 'MEDIUM', policy })
    nothing.command('run', sato, { step: 'rollback' })
    planned(nothing, 'rollback', { nothingToDo: true })
    assert.equal(nothing.told('step-done')[0]?.attempt, 1)
    assert.equal(nothing.told('step-done')[0]?.done.already, true)
    assert.deepEqual(reason(nothing.ask('verify', sato, { step: 'rollback' })), [
      'nothing-to-verify',
      'it changed nothing.',
    ])
    const unknown = new World({ severity: 'MEDIUM', policy })
    unknown.command('run', sato, { step: 'rollback' })
    unknown.allGoesWell((effect) => effect.key === 'step/rollback/run')
    const outcome = failed('no-answer', 2)
    unknown.answer('step/rollback/run', { type: 'stage-ended', run: 'rollback', stage: 'run', outcome })
    assert.deepEqual(reason(unknown.ask('verify', sato, { step: 'rollback' })), [
      'nothing-to-verify',
      'what it did is unknown.',
    ])
  })

  it('is not what a later run left alone: one that was rejected or whose plan failed overtakes nothing', () => {
    const at = new World({ severity: 'MEDIUM', policy })
    at.command('run', sato, { step: 'rollback' })
    at.allGoesWell((effect) => effect.key === 'step/rollback/verify')
    const outcome = bad('no-answer')
    at.answer('step/rollback/verify', { type: 'stage-ended', run: 'rollback', stage: 'verify', outcome })
    at.command('run', sato, { step: 'rollback' })
    at.command('reject', yamada, { step: 'rollback.2', reason: 'no' })
    // Another step that was started later is none of its runs.
    at.command('run', sato, { step: 'scale-out' })
    planned(at, 'scale-out')
    at.command('verify', sato, { step: 'rollback' })
    assert.equal(at.step('rollback').status, 'verifying')
  })

  it('names the target of which it was not seen that it took effect', () => {
    for (const stage of ['verify', 'health'] as const) {
      const at = new World({ severity: 'MEDIUM', policy })
      at.command('run', sato, { step: 'rollback' })
      at.allGoesWell((effect) => effect.key === `step/rollback/${stage}`)
      const says = { ja: '訳', en: 'sick' }
      const sick = { code: 'health-failing' as const, subject: health, says, evidence: [], data: null }
      const value =
        stage === 'verify' ? { ok: false, says, facts: {} } : { facts: {}, findings: [sick], text: '' }
      at.answer(`step/rollback/${stage}`, {
        type: 'stage-ended',
        run: 'rollback',
        stage,
        outcome: { ok: true, value, attempt: 1 },
      })
      const [told] = at.told('step-failed')
      assert.deepEqual(
        told?.failure,
        failure('not-verified', { target: 'deployment/shodo/shodo-backend', reason: says }),
      )
    }
  })

  it('is never proposed: a plan that does not know the way back has failed', () => {
    const at = new World({ severity: 'MEDIUM', policy })
    at.command('run', sato, { step: 'rollback' })
    planned(at, 'rollback', { before: {} })
    assert.deepEqual(
      at.told('step-failed').map(({ stage, failure: why, changed }) => [stage, why.name, changed]),
      [['plan', 'internal', 'nothing']],
    )
  })
})
