import assert from 'node:assert/strict'
import { failure } from '../../../domain/failures.ts'
import { parseCommand } from '../../../domain/incident/commands.ts'
import { effects } from '../../../domain/incident/effects.ts'
import type { StepStage } from '../../../domain/incident/steps/stages.ts'
import type { Outcome } from '../../../domain/steps/contract.ts'
import { sentence } from '../../../domain/telling/sentences.ts'
import { none, type Words } from '../../../domain/words.ts'
import { bad, failed as failedTry, finding, planOf, reading } from './hands.ts'
import { type Policy, smokeTest } from './small-runbook.ts'
import { kato, sato, World, yamada } from './world.ts'

const policy = { automatic: ['reversible' as const] }

/** An incident whose policy lets reversible steps run at once. */
function world(more: Policy = {}): World {
  return new World({ severity: 'MEDIUM', policy: { ...policy, ...more } })
}

function ended(at: World, run: string, stage: StepStage, value: unknown, attempt = 1): void {
  at.answer(`step/${run}/${stage}`, {
    type: 'stage-ended',
    run,
    stage,
    outcome: { ok: true, value, attempt },
  })
}

function failed(
  at: World,
  run: string,
  stage: StepStage,
  outcome: Outcome<unknown> = bad('no-answer'),
): void {
  at.answer(`step/${run}/${stage}`, { type: 'stage-ended', run, stage, outcome })
}

const did = { says: { ja: '済', en: 'rolled back' }, already: false, after: {} }

/** A rollback that was made and verified. */
function rolledBack(): World {
  const at = world()
  at.command('run', sato, { step: 'rollback' })
  at.allGoesWell()
  assert.equal(at.step('rollback').status, 'verified')
  return at
}

describe('a step', () => {
  it('is planned, done, settled, and verified once its service answers well several times over', () => {
    const at = rolledBack()
    const told = at.events.map((e) => e.type)
    const life = told.filter((type) => type.startsWith('step-'))
    assert.deepEqual(life, [
      'step-requested',
      'step-proposed',
      'step-started',
      'step-done',
      'step-settled',
      'step-verified',
    ])
    assert.equal(at.state.phase, 'monitoring')
    assert.equal(at.told('resolution-proposed').length, 1)
  })

  it('that finds all as wanted ends without a change', () => {
    const at = world()
    at.command('run', sato, { step: 'rollback' })
    ended(at, 'rollback', 'plan', { ...planOf(at.step('rollback')), nothingToDo: true })
    assert.equal(at.step('rollback').status, 'done')
    assert.deepEqual(at.told('step-started'), [])
    assert.equal(at.refusal('undo', yamada, { step: 'rollback' }), 'not-undoable')
  })

  it('that is not verified, or whose service stays sick, has failed and says that the change was made', () => {
    for (const stage of ['verify', 'health'] as const) {
      const at = world()
      at.command('run', sato, { step: 'rollback' })
      at.allGoesWell((e) => e.type === 'step' && e.stage === stage)
      if (stage === 'verify') ended(at, 'rollback', stage, { ok: false, says: did.says, facts: {} })
      else ended(at, 'rollback', stage, reading(finding('health-failing')))
      assert.equal(at.step('rollback').status, 'failed')
      assert.deepEqual(
        at.told('step-failed').map((f) => [f.stage, f.changed, f.failure.name]),
        [[stage, 'done', 'not-verified']],
      )
      assert.equal(at.state.phase, 'mitigating')
      const japanese = at.events.flatMap((e) => (e.type === 'step-failed' ? [sentence(e, 'ja')] : []))
      assert.match(japanese[0] ?? '', stage === 'verify' ? /ませんでした: 済/ : /（訳）/)
    }
  })

  it('that fails says whether it changed anything: no, or that it is not known', () => {
    for (const [outcome, changed, undo] of [
      [failedTry('target-changed'), 'nothing', 'not-undoable'],
      [failedTry('no-worker'), 'nothing', 'not-undoable'],
      [failedTry('credentials-refused'), 'nothing', 'not-undoable'],
      [failedTry('policy-refused'), 'nothing', 'not-undoable'],
      [failedTry('quota-exceeded'), 'nothing', 'not-undoable'],
      [failedTry('limit-range-exceeded'), 'nothing', 'not-undoable'],
      [failedTry('namespace-terminating'), 'nothing', 'not-undoable'],
      // The try before may have done it, and its worker died before it could say so.
      [failedTry('target-changed', 2), 'unknown', undefined],
      [bad('no-worker'), 'unknown', undefined],
      [bad('result-unknown'), 'unknown', undefined],
      [failedTry('no-answer'), 'unknown', undefined],
    ] as const) {
      const at = world()
      at.command('run', sato, { step: 'rollback' })
      at.allGoesWell((e) => e.type === 'step' && e.stage === 'run')
      failed(at, 'rollback', 'run', outcome)
      assert.deepEqual(
        at.told('step-failed').map((f) => f.changed),
        [changed],
      )
      assert.equal(at.ask('undo', yamada, { step: 'rollback' })?.name, undo)
      if (undo === undefined) assert.equal(at.step('rollback-undo').params.toTemplate, '5d4f8c7b9')
    }
  })

  it('of several requests may have been taken in part where one of them is refused', () => {
    for (const [name, changed] of [
      ['policy-refused', 'unknown'],
      ['forbidden', 'unknown'],
      ['target-busy', 'nothing'],
    ] as const) {
      const at = world()
      at.command('run', sato, { step: 'delete-pods' })
      const plan = planOf(at.step('delete-pods'), { ready: 0, notReady: 3, ofReady: 0 })
      ended(at, 'delete-pods', 'plan', plan)
      at.allGoesWell((e) => e.type === 'step' && e.stage === 'run')
      failed(at, 'delete-pods', 'run', failedTry(name))
      assert.deepEqual(
        at.told('step-failed').map((f) => f.changed),
        [changed],
      )
    }
  })

  it('that takes effect for longer than it is watched has not failed: the picture is looked at again, and it can be undone', () => {
    for (const name of ['rollout-going-on', 'replica-copying'] as const) {
      const at = world()
      at.command('run', sato, { step: 'rollback' })
      at.allGoesWell((e) => e.type === 'step' && e.stage === 'verify')
      const { wanted } = at.state.situation
      failed(at, 'rollback', 'verify', failedTry(name, 10))
      assert.deepEqual(at.told('step-failed'), [])
      assert.equal(at.step('rollback').status, 'going-on')
      assert.equal(at.step('rollback').failure?.name, name)
      assert.equal(at.state.situation.wanted, wanted + 1)
      assert.deepEqual(at.told('resolution-proposed'), [])
      assert.equal(at.ask('undo', yamada, { step: 'rollback' }), undefined)
    }
  })

  it('of which it was not seen that it took effect is looked at again, with the very change that was made', () => {
    const unseen = {
      verify: (at: World) => failed(at, 'rollback', 'verify', failedTry('no-answer')),
      health: (at: World) => ended(at, 'rollback', 'health', reading(finding('health-failing'))),
      goingOn: (at: World) => failed(at, 'rollback', 'verify', failedTry('rollout-going-on', 10)),
    }
    for (const [how, miss] of Object.entries(unseen)) {
      const at = world()
      at.command('run', sato, { step: 'rollback' })
      at.allGoesWell((e) => e.type === 'step' && e.stage === (how === 'health' ? 'health' : 'verify'))
      miss(at)
      const { wanted } = at.state.situation
      const made = planOf(at.step('rollback')).change
      at.command('freeze', kato, { on: true })
      at.command('verify', yamada, { step: 'rollback' })
      assert.equal(at.step('rollback').status, 'verifying')
      assert.equal(at.step('rollback').failure, undefined)
      assert.ok(at.state.responders.includes('yamada'))
      const look = effects(at.state).find((e) => e.type === 'step')
      assert.deepEqual(
        look?.type === 'step' && [look.key, look.stage, look.step.plan?.change, look.step.done?.already],
        ['step/rollback/verify/2', 'verify', made, false],
      )
      at.allGoesWell()
      assert.equal(at.step('rollback').status, 'verified')
      assert.ok(at.state.situation.wanted > wanted)
      assert.deepEqual(at.told('step-started').length, 1)
      assert.equal(at.refusal('verify', yamada, { step: 'rollback' }), 'step-not-waiting')
    }
  })

  it('is looked at again as often as somebody asks, and an undo that took effect late says so', () => {
    const at = rolledBack()
    at.command('undo', sato, { step: 'rollback' })
    at.allGoesWell((e) => e.type === 'step' && e.stage === 'verify')
    failed(at, 'rollback-undo', 'verify')
    for (const again of [2, 3]) {
      at.command('verify', sato, { step: 'rollback-undo' })
      at.answer(`step/rollback-undo/verify/${again}`, {
        type: 'stage-ended',
        run: 'rollback-undo',
        stage: 'verify',
        outcome: bad('no-answer'),
      })
      assert.equal(at.step('rollback-undo').status, 'failed')
      assert.equal(at.step('rollback-undo').changed, 'done')
    }
    at.command('verify', sato, { step: 'rollback-undo' })
    at.allGoesWell()
    assert.equal(at.step('rollback').status, 'undone')
  })

  it('is not looked at again where nothing is there to look at, and where a later run of it was started', () => {
    const unplanned = world()
    unplanned.command('run', sato, { step: 'rollback' })
    failed(unplanned, 'rollback', 'plan')
    assert.equal(unplanned.refusal('verify', sato, { step: 'rollback' }), 'nothing-to-verify')

    const unknown = world()
    unknown.command('run', sato, { step: 'rollback' })
    unknown.allGoesWell((e) => e.type === 'step' && e.stage === 'run')
    failed(unknown, 'rollback', 'run', failedTry('no-answer', 2))
    assert.equal(unknown.step('rollback').changed, 'unknown')
    assert.equal(unknown.refusal('verify', sato, { step: 'rollback' }), 'nothing-to-verify')

    const at = world()
    at.command('run', sato, { step: 'rollback' })
    at.allGoesWell((e) => e.type === 'step' && e.stage === 'verify')
    failed(at, 'rollback', 'verify')
    at.command('run', sato, { step: 'rollback' })
    assert.equal(at.refusal('verify', sato, { step: 'rollback' }), 'step-busy')
    at.allGoesWell()
    at.command('approve', yamada, { step: 'rollback.2', hash: at.step('rollback.2').hash ?? '' })
    failed(at, 'rollback.2', 'run', failedTry('target-changed'))
    assert.equal(at.step('rollback.2').changed, 'nothing')
    // What was made first is not what is there any more, as far as anybody knows.
    assert.equal(at.step('rollback').plan?.change, null)
    assert.equal(at.refusal('verify', sato, { step: 'rollback' }), 'nothing-to-verify')
    assert.equal(at.refusal('verify', sato, { step: 'nothing' }), 'unknown-step')
  })

  it("of the runbook's choice is left out where the cluster has no such system; asked for by a person it has failed", () => {
    const lacks = (known: Words) => ({
      ok: false as const,
      failure: failure('unknown-connection', { kind: 'prometheus', connection: 'prometheus', known }),
    })
    const run = 'logs'
    const at = new World({ symptom: '5xx' })
    assert.equal(at.step(run).origin, 'runbook')
    failed(at, run, 'read', lacks(none))
    assert.equal(at.step(run).status, 'left-out')
    assert.deepEqual(
      [at.told('step-failed'), at.told('step-left-out')],
      [[], [{ run, system: 'prometheus' }]],
    )
    const says = at.events.flatMap((event) => (event.type === 'step-left-out' ? [event] : []))
    assert.deepEqual(
      says.flatMap((event) => [sentence(event, 'en'), sentence(event, 'ja')]),
      [
        `step ${run} left out: this cluster has no Prometheus connection`,
        `手順 ${run} は対象外: このクラスターには Prometheus の接続先なし`,
      ],
    )
    // It may be run anyway, by who has made the connection or wants to know why it cannot be.
    at.command('run', yamada, { step: run })
    failed(at, `${run}.2`, 'read', lacks(none))
    assert.equal(at.step(`${run}.2`).status, 'failed')

    const misnamed = new World({ symptom: '5xx' })
    failed(misnamed, run, 'read', lacks('metrics'))
    assert.equal(misnamed.step(run).status, 'failed')
  })

  it('has its service asked five times within half a minute, and nothing asked before that stage', () => {
    const at = world()
    at.command('run', sato, { step: 'rollback' })
    const health = () => {
      const [effect, ...more] = effects(at.state).filter(({ key }) => key.startsWith('step/rollback/'))
      assert.ok(effect?.type === 'step' && more.length === 0)
      return [effect.stage, effect.health]
    }
    assert.deepEqual(health(), ['plan', undefined])
    at.allGoesWell((effect) => effect.key === 'step/rollback/run')
    assert.deepEqual(health(), ['run', undefined])
    at.allGoesWell((effect) => effect.key === 'step/rollback/health')
    const url = 'http://127.0.0.1:8080/health/shodo-backend'
    const params = { url, times: 5, within: 30_000, slowAfter: 1_000 }
    assert.deepEqual(health(), ['health', { id: 'health', kind: 'http.healthy', params }])
  })

  it('has to pass the smoke test of its service, in the very reading that asks for its health', () => {
    const asked = (at: World) => {
      at.allGoesWell((effect) => effect.type === 'step' && effect.stage === 'health')
      const [effect] = effects(at.state).filter(({ key }) => key.startsWith('step/'))
      return effect?.type === 'step' ? effect.health?.params : assert.fail()
    }
    const at = world({ smokes: true })
    at.command('run', sato, { step: 'rollback' })
    const url = 'http://127.0.0.1:8080/health/shodo-backend'
    assert.deepEqual(asked(at), { url, times: 5, within: 30_000, slowAfter: 1_000, smokeTest })
    ended(at, 'rollback', 'health', reading(finding('health-failing', 'http://127.0.0.1:8080/works')))
    assert.equal(at.step('rollback').status, 'failed')
  })

  it('that a disruption budget held back has changed nothing only where no pod went', () => {
    const left = (deleted: string) => {
      const at = world()
      at.command('run', sato, { step: 'rollback' })
      at.allGoesWell((effect) => effect.key === 'step/rollback/run')
      const budget = failure('disruption-budget', { target: 'x', deleted, reason: 'minAvailable' })
      failed(at, 'rollback', 'run', { ok: false, failure: budget, attempt: 1 })
      return at.told('step-failed').at(-1)?.changed
    }
    assert.equal(left('-'), 'nothing')
    assert.equal(left('shodo-backend-1'), 'unknown')
  })

  it('that is refused because it was carried out already is never told as one that changed nothing', () => {
    const at = world()
    at.command('run', sato, { step: 'rollback' })
    ended(at, 'rollback', 'plan', planOf(at.step('rollback')))
    failed(at, 'rollback', 'run', failedTry('approval-used', 1))
    assert.equal(at.step('rollback').changed, 'unknown')
    assert.equal(at.ask('undo', yamada, { step: 'rollback' }), undefined)
  })

  it('whose plan found nobody to make it is proposed again while its reason stands, five times at most', () => {
    const at = new World({ severity: 'HIGH', symptom: '5xx' })
    const look = () => {
      const [flight] = [...at.inFlight.values()].filter(({ effect }) => effect.type === 'situation')
      if (flight?.effect.type !== 'situation') return
      const parts = Object.fromEntries(
        flight.effect.parts.map(({ id }) => [
          id,
          { ok: true as const, reading: id === 'rollouts' ? reading(finding('bad-rollout')) : reading() },
        ]),
      )
      at.answer(flight.effect.key, {
        type: 'situation-ended',
        number: flight.effect.number,
        tookMs: 900,
        parts,
      })
    }
    for (let i = 0; i < 12; i += 1) {
      look()
      const planning = Object.values(at.state.steps).find(({ status }) => status === 'planning')
      if (planning !== undefined) failed(at, planning.id, 'plan', failedTry('no-worker', 1))
      at.wait(300_000)
    }
    const runs = Object.values(at.state.steps).filter(({ step }) => step === 'rollback')
    assert.deepEqual(
      runs.map(({ status }) => status),
      Array(5).fill('failed'),
    )
  })

  it('that nobody knows is refused with those that there are', () => {
    const at = world()
    const known = (type: 'run' | 'approve' | 'reject' | 'undo', step: string) => {
      const refused = at.ask(type, sato, { step, ...(type === 'run' ? {} : more[type]) })
      assert.equal(refused?.name, 'unknown-step')
      return refused?.params.known
    }
    const more = { approve: { hash: 'a'.repeat(64) }, reject: { reason: 'no' }, undo: {} }
    assert.deepEqual(known('approve', 'nonsense'), none)
    assert.deepEqual(known('reject', 'nonsense'), none)
    assert.deepEqual(known('undo', 'nonsense'), none)
    assert.match(String(known('run', 'nonsense')), /^scale-out, delete-pods, logs, rollback, restart/)
    at.command('run', sato, { step: 'logs' })
    at.command('run', sato, { step: 'rollback' })
    for (const type of ['approve', 'reject', 'undo'] as const)
      assert.equal(known(type, 'nonsense'), 'logs, rollback')
  })

  it('is not started a second time while it is under way, and has its own name afterwards', () => {
    const at = world()
    at.command('run', sato, { step: 'rollback' })
    assert.equal(at.refusal('run', yamada, { step: 'rollback' }), 'step-busy')
    at.allGoesWell()
    at.command('run', yamada, { step: 'rollback' })
    assert.deepEqual(Object.keys(at.state.steps), ['rollback', 'rollback.2'])
  })

  it('takes parameters of the person only as its kind allows them', () => {
    const at = world()
    assert.equal(at.refusal('run', sato, { step: 'scale-out', with: { replicas: -1 } }), 'bad-input')
    assert.equal(at.refusal('run', sato, { step: 'scale-out', with: { force: true } }), 'bad-input')
    at.command('run', sato, { step: 'scale-out', with: { replicas: 12 } })
    assert.deepEqual(at.step('scale-out').params, { deployment: 'shodo-backend', replicas: 12 })
  })

  it('takes no answer of another stage, of another run, or a second one', () => {
    const at = world()
    at.command('run', sato, { step: 'rollback' })
    at.allGoesWell((e) => e.type === 'step' && e.stage === 'verify')
    const { head } = at
    for (const answer of [...at.answered]) at.feed(answer)
    at.feed({ type: 'stage-ended', run: 'toString', stage: 'verify', outcome: bad('internal') })
    assert.deepEqual(at.head, head)
  })

  it('in the middle of a change keeps the incident from being resolved or cancelled', () => {
    const at = world()
    at.command('run', sato, { step: 'rollback' })
    at.allGoesWell((e) => e.type === 'step' && e.stage === 'run')
    assert.equal(at.refusal('resolve', sato, {}), 'steps-under-way')
    assert.equal(at.refusal('cancel', sato, { reason: 'false alarm' }), 'steps-under-way')
    at.allGoesWell()
    at.command('resolve', sato, {})
  })
})

describe('undo', () => {
  it('brings back what was found, through a new step, and marks the first one undone', () => {
    const at = rolledBack()
    at.command('undo', yamada, { step: 'rollback' })
    const back = at.step('rollback-undo')
    assert.deepEqual(back.params, { deployment: 'shodo-backend', toTemplate: '5d4f8c7b9' })
    assert.equal(at.step('rollback').status, 'verified')
    at.allGoesWell()
    assert.equal(at.step('rollback-undo').status, 'verified')
    assert.equal(at.step('rollback').status, 'undone')
    assert.equal(at.step('rollback').undoneBy, 'rollback-undo')
    assert.equal(at.refusal('undo', yamada, { step: 'rollback' }), 'already')
  })

  it('takes back the run that did something, though a later one of the step was rejected', () => {
    const at = new World({ severity: 'HIGH' })
    at.command('run', sato, { step: 'rollback' })
    ended(at, 'rollback', 'plan', planOf(at.step('rollback')))
    at.command('approve', yamada, { step: 'rollback', hash: at.step('rollback').hash ?? '' })
    at.allGoesWell()
    at.command('run', sato, { step: 'rollback' })
    ended(at, 'rollback.2', 'plan', planOf(at.step('rollback.2')))
    at.command('reject', yamada, { step: 'rollback.2', reason: 'no' })
    at.command('undo', sato, { step: 'rollback' })
    assert.equal(at.step('rollback-undo').undoes, 'rollback')
  })

  it('of a scale-out brings the old number of replicas back', () => {
    const at = world()
    at.command('run', sato, { step: 'scale-out' })
    at.allGoesWell()
    at.command('undo', yamada, { step: 'scale-out' })
    assert.deepEqual(at.step('scale-out-undo').params, { deployment: 'shodo-backend', replicas: 3 })
  })

  it('works after a retry found its own work done: the worker died between change and report', () => {
    const at = world()
    at.command('run', sato, { step: 'rollback' })
    at.allGoesWell((e) => e.type === 'step' && e.stage === 'run')
    ended(at, 'rollback', 'run', { ...did, already: true }, 2)
    at.allGoesWell()
    at.command('undo', yamada, { step: 'rollback' })
  })

  it('that finds the target back already says so too', () => {
    const at = rolledBack()
    at.command('undo', yamada, { step: 'rollback' })
    ended(at, 'rollback-undo', 'plan', { ...planOf(at.step('rollback-undo')), nothingToDo: true })
    assert.equal(at.step('rollback').status, 'undone')
  })

  it('that fails pages the first level at once, whatever the stage, and can be tried again', () => {
    for (const stage of ['plan', 'run', 'verify'] as const) {
      const at = rolledBack()
      at.command('undo', yamada, { step: 'rollback' })
      at.allGoesWell((e) => e.type === 'step' && e.stage === stage)
      failed(at, 'rollback-undo', stage)
      assert.deepEqual(
        at.pages().map((p) => [p.person, p.reason]),
        [['tanaka', 'undo-failed']],
      )
      assert.equal(at.step('rollback').status, 'verified')
      at.allGoesWell()
      at.command('undo', kato, { step: 'rollback' })
      at.allGoesWell()
      assert.equal(at.step('rollback').undoneBy, 'rollback-undo.2')
    }
  })

  it('has to pass the smoke test of its service: what fails there was taken back, has failed, and calls nobody as an undo that failed', () => {
    const at = world({ smokes: true })
    at.command('run', sato, { step: 'rollback' })
    at.allGoesWell()
    at.command('undo', yamada, { step: 'rollback' })
    at.allGoesWell((effect) => effect.type === 'step' && effect.stage === 'health')
    assert.equal(at.step('rollback').status, 'verified')
    const [effect] = effects(at.state).filter(({ key }) => key === 'step/rollback-undo/health')
    assert.ok(effect?.type === 'step')
    assert.deepEqual(effect.health?.params.smokeTest, smokeTest)
    const { wanted } = at.state.situation
    ended(at, 'rollback-undo', 'health', reading(finding('health-failing', 'http://127.0.0.1:8080/works')))
    assert.deepEqual([at.step('rollback-undo').status, at.step('rollback').status], ['failed', 'undone'])
    assert.deepEqual([at.pages(), at.state.situation.wanted], [[], wanted + 1])
    assert.equal(at.refusal('undo', yamada, { step: 'rollback' }), 'already')
    at.command('verify', sato, { step: 'rollback-undo' })
    at.allGoesWell()
    assert.deepEqual([at.step('rollback-undo').status, at.told('undone').length], ['verified', 1])
  })

  it('asks nothing more of a service without a smoke test: it may be as ill as it was before', () => {
    const at = rolledBack()
    at.command('undo', yamada, { step: 'rollback' })
    at.allGoesWell((effect) => effect.type === 'step' && effect.stage === 'verify')
    ended(at, 'rollback-undo', 'verify', { ok: true, says: did.says, facts: {} })
    assert.equal(at.step('rollback-undo').status, 'verified')
  })

  it('is refused for readings, for what is irreversible, and while the step or its undo is under way', () => {
    const at = new World({ severity: 'MEDIUM', policy: { automatic: ['reversible', 'disruptive'] } })
    at.command('run', sato, { step: 'logs' })
    at.command('run', sato, { step: 'delete-pods' })
    at.allGoesWell()
    assert.equal(at.step('delete-pods').status, 'verified')
    assert.equal(at.refusal('undo', sato, { step: 'logs' }), 'not-undoable')
    assert.equal(at.refusal('undo', sato, { step: 'delete-pods' }), 'not-undoable')
    at.command('run', sato, { step: 'rollback' })
    at.allGoesWell((e) => e.type === 'step' && e.stage === 'verify')
    assert.equal(at.refusal('undo', sato, { step: 'rollback' }), 'step-busy')
    at.allGoesWell()
    at.command('undo', sato, { step: 'rollback' })
    assert.equal(at.refusal('undo', kato, { step: 'rollback' }), 'step-busy')
  })

  it('can be undone itself, and be named whatever the length of the step', () => {
    const at = rolledBack()
    at.command('undo', yamada, { step: 'rollback' })
    at.allGoesWell()
    at.command('undo', yamada, { step: 'rollback-undo' })
    at.allGoesWell()
    assert.equal(at.step('rollback-undo').status, 'undone')
    const step = `${'x'.repeat(40)}-undo-undo.2`
    assert.ok(!('code' in parseCommand('undo', { v: 1, by: sato, step })))
  })

  it('needs the same approvals as any change of its risk', () => {
    const at = new World({ severity: 'LOW' })
    at.command('run', sato, { step: 'rollback' })
    at.allGoesWell()
    at.command('approve', yamada, { step: 'rollback', hash: at.step('rollback').hash ?? '' })
    at.allGoesWell()
    at.command('undo', yamada, { step: 'rollback' })
    at.allGoesWell()
    const { status, hash = '' } = at.step('rollback-undo')
    assert.equal(status, 'proposed')
    assert.equal(at.refusal('approve', yamada, { step: 'rollback-undo', hash }), 'requester-cannot-approve')
    at.command('approve', sato, { step: 'rollback-undo', hash })
  })
})
