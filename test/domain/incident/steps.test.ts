import assert from 'node:assert/strict'
import { failure } from '../../../domain/failures.ts'
import { parseCommand } from '../../../domain/incident/commands.ts'
import type { StepStage } from '../../../domain/incident/stages.ts'
import type { Outcome } from '../../../domain/steps/contract.ts'
import { sentence } from '../../../domain/timeline/sentences.ts'
import { bad, finding, planOf, reading } from './hands.ts'
import { kato, sato, World, yamada } from './world.ts'

const policy = { automatic: ['reversible' as const] }

/** An incident whose policy lets reversible steps run at once. */
function world(): World {
  return new World({ severity: 'MEDIUM', policy })
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
    }
  })

  it('that fails says whether it changed anything: no, or that it is not known', () => {
    for (const [name, changed] of [
      ['target-changed', 'nothing'],
      ['no-worker', 'nothing'],
      ['result-unknown', 'unknown'],
      ['no-answer', 'unknown'],
    ] as const) {
      const at = world()
      at.command('run', sato, { step: 'rollback' })
      at.allGoesWell((e) => e.type === 'step' && e.stage === 'run')
      failed(at, 'rollback', 'run', bad(name))
      assert.deepEqual(
        at.told('step-failed').map((f) => f.changed),
        [changed],
      )
      assert.equal(at.refusal('undo', yamada, { step: 'rollback' }), 'not-undoable')
    }
  })

  it("of the runbook's choice is left out where the cluster has no such system; asked for by a person it has failed", () => {
    const lacks = (known: string) => ({
      ok: false as const,
      failure: failure('unknown-connection', { kind: 'prometheus', connection: 'prometheus', known }),
    })
    const run = 'logs'
    const at = new World({ symptom: '5xx' })
    assert.equal(at.step(run).origin, 'runbook')
    failed(at, run, 'read', lacks('none'))
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
    // It may be run all the same, by who has made the connection or wants to know why it cannot be.
    at.command('run', yamada, { step: run })
    failed(at, `${run}.2`, 'read', lacks('none'))
    assert.equal(at.step(`${run}.2`).status, 'failed')

    const misnamed = new World({ symptom: '5xx' })
    failed(misnamed, run, 'read', lacks('metrics'))
    assert.equal(misnamed.step(run).status, 'failed')
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
