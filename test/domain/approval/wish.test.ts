import assert from 'node:assert/strict'
import { needOf, policyFile } from '../../../domain/approval/policy.ts'
import { catalogue } from '../../../domain/steps/catalogue.ts'
import type { ChangeKind, Plan } from '../../../domain/steps/contract.ts'
import type { Actor, Severity } from '../../../domain/words.ts'
import { planOf } from '../incident/hands.ts'
import { kato, person, sato, World, yamada } from '../incident/world.ts'

const watanabe = person('watanabe', false)
const oneOfThree = { ready: 1, notReady: 0, ofReady: 3 }

/** MEDIUM, where people are asked; at CRITICAL what is reversible runs at once. */
function world(severity: Severity = 'MEDIUM', lab = false): World {
  return new World({ severity, lab, policy: { recovers: false } })
}

function plan(at: World, run: string, pods: Plan['pods'] = oneOfThree, change: Partial<Plan> = {}): string {
  const value = { ...planOf(at.step(run), pods), ...change }
  at.answer(`step/${run}/plan`, {
    type: 'stage-ended',
    run,
    stage: 'plan',
    outcome: { ok: true, value, attempt: 1 },
  })
  return at.step(run).status
}

function wish(
  at: World,
  by: Actor,
  step = 'rollback',
  params: Readonly<Record<string, unknown>> = {},
): string {
  at.command('run', by, { step, with: params })
  const runs = Object.values(at.state.steps).filter((run) => run.step === step)
  return plan(at, runs.at(-1)?.id ?? step)
}

describe('a wish of a person at a severity where the policy lets things run at once', () => {
  it('runs at once when the person is verified and did not raise it', () => {
    assert.equal(wish(world('CRITICAL'), sato), 'running')
    const at = world()
    at.command('set-severity', kato, { severity: 'CRITICAL' })
    assert.equal(wish(at, sato), 'running')
  })

  it('waits for people when nobody has checked who asks, but in a lab', () => {
    assert.equal(wish(world('CRITICAL'), watanabe), 'proposed')
    assert.equal(wish(world('CRITICAL', true), watanabe), 'running')
  })

  it('is also one to take a change back', () => {
    const undo = (by: Actor) => {
      const at = world('CRITICAL')
      assert.equal(wish(at, sato), 'running')
      at.allGoesWell()
      at.command('undo', by, { step: 'rollback' })
      return plan(at, 'rollback-undo')
    }
    assert.equal(undo(sato), 'running')
    assert.equal(undo(watanabe), 'proposed')
  })

  it('waits for people when the same person raised the severity, by whatever name, way and number of steps', () => {
    const raises: readonly ((at: World) => void)[] = [
      (at) => at.command('set-severity', sato, { severity: 'CRITICAL' }),
      (at) => at.command('set-severity', person('ｓａｔｏ'), { severity: 'CRITICAL' }),
      (at) => {
        at.command('set-severity', sato, { severity: 'HIGH' })
        at.command('set-severity', sato, { severity: 'CRITICAL' })
      },
      (at) => {
        at.command('set-severity', sato, { severity: 'CRITICAL' })
        at.command('set-severity', sato, { severity: 'LOW' })
        at.command('set-severity', sato, { severity: 'CRITICAL' })
      },
      // Somebody whom nobody has checked may be the same person once more.
      (at) => at.command('set-severity', watanabe, { severity: 'CRITICAL' }),
      (at) => {
        at.command('set-severity', sato, { severity: 'CRITICAL' })
        at.command('set-severity', watanabe, { severity: 'CRITICAL' })
      },
      (at) =>
        at.command('report', sato, {
          declaration: { service: 'backend', severity: 'CRITICAL', description: 'again' },
        }),
    ]
    for (const [i, raise] of raises.entries()) {
      const at = world()
      raise(at)
      assert.equal(at.state.severity, 'CRITICAL')
      assert.equal(wish(at, sato), 'proposed', `${i}`)
      assert.equal(at.step('rollback').approvalsNeeded, 1)
    }
  })

  it('runs at once when a second person, or an alert, stands behind the severity', () => {
    const at = world()
    at.command('set-severity', sato, { severity: 'CRITICAL' })
    at.command('set-severity', kato, { severity: 'CRITICAL' })
    assert.equal(wish(at, sato), 'running')
    // Who says it once more, and whom nobody has checked, takes no place of the one who raised it.
    const repeated = world()
    repeated.command('set-severity', sato, { severity: 'CRITICAL' })
    repeated.command('set-severity', watanabe, { severity: 'CRITICAL' })
    assert.equal(wish(repeated, kato), 'running')
    const heard = world()
    heard.command('set-severity', sato, { severity: 'CRITICAL' })
    heard.command(
      'report',
      { kind: 'alert', id: 'alertmanager', verified: false },
      { declaration: { service: 'backend', severity: 'CRITICAL', description: 'again' } },
    )
    assert.equal(wish(heard, sato), 'running')
    const less = world()
    less.command('set-severity', sato, { severity: 'CRITICAL' })
    less.command(
      'report',
      { kind: 'alert', id: 'alertmanager', verified: false },
      { declaration: { service: 'backend', severity: 'LOW', description: 'again' } },
    )
    assert.equal(wish(less, sato), 'proposed')
  })

  it('another target than the runbook’s waits for one person more, and needs a verified one who asks', () => {
    const at = world('CRITICAL')
    const elsewhere = { step: 'scale-out', with: { deployment: 'payments-api' } }
    assert.equal(at.refusal('run', watanabe, elsewhere), 'unverified-choice')
    assert.equal(wish(at, sato, 'scale-out', { deployment: 'payments-api' }), 'proposed')
    assert.equal(at.step('scale-out').approvalsNeeded, 2)
    assert.deepEqual(at.step('scale-out').byHand, ['deployment'])
    const { hash = '' } = at.step('scale-out')
    assert.equal(at.refusal('approve', watanabe, { step: 'scale-out', hash }), 'unverified-approver')
    at.command('approve', yamada, { step: 'scale-out', hash })
    assert.equal(at.step('scale-out').status, 'proposed')
    at.command('approve', kato, { step: 'scale-out', hash })
    assert.equal(at.step('scale-out').status, 'running')
  })

  it('asks for as many as the worker’s own policy does, when that is more', () => {
    const at = world('CRITICAL')
    at.command('run', sato, { step: 'rollback' })
    assert.equal(plan(at, 'rollback', oneOfThree, { asks: { risk: 'disruptive', approvals: 2 } }), 'proposed')
    const { risk, approvalsNeeded } = at.step('rollback')
    assert.deepEqual([risk, approvalsNeeded], ['disruptive', 2])
  })

  it('is approved by a verified person only where the worker’s own policy wants one, however harmless it is', () => {
    for (const [approvals, refused] of [
      [1, 'unverified-approver'],
      [0, undefined],
    ] as const) {
      const at = world()
      at.command('run', sato, { step: 'rollback' })
      plan(at, 'rollback', oneOfThree, { asks: { risk: 'reversible', approvals } })
      const { risk, hash = '' } = at.step('rollback')
      assert.equal(risk, 'reversible')
      assert.equal(at.ask('approve', watanabe, { step: 'rollback', hash })?.name, refused)
    }
  })

  it('waits for one person more also where only one of the chosen parameters is for a verified one', () => {
    const at = world('CRITICAL')
    wish(at, sato, 'scale-out', { deployment: 'payments-api', replicas: 9 })
    const { byHand, approvalsNeeded } = at.step('scale-out')
    assert.deepEqual([[...(byHand ?? [])].sort(), approvalsNeeded], [['deployment', 'replicas'], 2])
    const other = world('CRITICAL')
    assert.equal(wish(other, sato, 'scale-out', { replicas: 9 }), 'running')
  })
})

describe('the blast radius', () => {
  const half = { ready: 2, notReady: 0, ofReady: 4 }

  it('counts what the incident took down of a workload within ten minutes', () => {
    const at = world('CRITICAL')
    at.command('run', sato, { step: 'scale-out' })
    assert.equal(plan(at, 'scale-out', half), 'running')
    at.allGoesWell()
    at.command('run', sato, { step: 'scale-out' })
    assert.equal(plan(at, 'scale-out.2', { ready: 1, notReady: 0, ofReady: 2 }), 'proposed')
    assert.equal(at.step('scale-out.2').risk, 'disruptive')
    const later = world('CRITICAL')
    later.command('run', sato, { step: 'scale-out' })
    plan(later, 'scale-out', half)
    later.allGoesWell()
    later.wait(600_000)
    later.command('run', sato, { step: 'scale-out' })
    assert.equal(plan(later, 'scale-out.2', half), 'running')
  })

  it('is half of the Ready pods at once for a worker as well, unless its policy says less', () => {
    const at = world()
    at.command('run', sato, { step: 'scale-out' })
    const scale = catalogue['kubernetes.scale'] as ChangeKind
    const need = (ready: number, policy: object = {}) =>
      needOf(
        policyFile.parse(policy),
        scale,
        planOf(at.step('scale-out'), { ready, notReady: 0, ofReady: 4 }),
      )
    assert.deepEqual(need(2), { risk: 'reversible', approvals: 0 })
    assert.deepEqual(need(3), { risk: 'disruptive', approvals: 1 })
    assert.deepEqual(need(2, { blastRadius: { readyPodsPercent: 49 } }), { risk: 'disruptive', approvals: 1 })
    assert.deepEqual(need(2, { approvals: { reversible: 3 } }), { risk: 'reversible', approvals: 3 })
  })

  it('is counted again when the step starts: of two halves that were proposed at once the second waits', () => {
    const at = world('CRITICAL')
    at.command('run', sato, { step: 'scale-out' })
    at.command('run', sato, { step: 'restart' })
    at.command('freeze', kato, { on: true })
    plan(at, 'scale-out', half)
    plan(at, 'restart', half)
    const before = at.step('restart').hash
    at.command('freeze', kato, { on: false })
    assert.equal(at.step('scale-out').status, 'running')
    const { status, risk, approvalsNeeded, hash = '' } = at.step('restart')
    assert.deepEqual([status, risk, approvalsNeeded], ['proposed', 'disruptive', 1])
    assert.notEqual(hash, before)
    at.command('approve', yamada, { step: 'restart', hash })
    assert.equal(at.step('restart').status, 'running')
  })
})
