import assert from 'node:assert/strict'
import type { Effect } from '../../../domain/incident/effects.ts'
import type { PartResult } from '../../../domain/incident/fold/events.ts'
import type { Plan } from '../../../domain/steps/contract.ts'
import { bad, finding, planOf, reading } from './hands.ts'
import { noon, sato, World, yamada } from './world.ts'

const runs = ['recover-backend', 'recover-frontend'] as const
const isCheck = (effect: Effect): boolean => effect.type === 'recovery-check'

const notReady: Plan['pods'] = { ready: 0, notReady: 3, ofReady: 0 }

function planned(at: World, run: string, pods: Plan['pods']): void {
  const value = planOf(at.step(run), pods)
  at.answer(`step/${run}/plan`, {
    type: 'stage-ended',
    run,
    stage: 'plan',
    outcome: { ok: true, value, attempt: 1 },
  })
}

/** CRITICAL, declared at noon; the recovery's steps were done 20 s later and the services are about to be asked. */
function recovering(): World {
  const at = new World({ severity: 'CRITICAL' })
  for (const run of runs) planned(at, run, notReady)
  at.wait(20_000)
  at.allGoesWell(isCheck)
  return at
}

function checked(at: World, parts: { readonly [part: string]: PartResult }): void {
  at.answer('recovery-check/1', { type: 'recovery-checked', tookMs: 2_000, parts })
}

const healthy: PartResult = { ok: true, reading: reading() }

describe('the emergency recovery', () => {
  it('starts by itself at a CRITICAL declaration, replaces pods that are not Ready, and is verified', () => {
    const at = recovering()
    assert.deepEqual(
      at.told('step-started').map((s) => [s.run, s.allowed]),
      runs.map((run) => [run, { policy: 'CRITICAL: reversible' }]),
    )
    assert.equal(at.state.phase, 'mitigating')
    checked(at, { 'health:backend': healthy, 'health:frontend': healthy })
    assert.equal(at.state.recovery?.status, 'verified')
    at.allGoesWell()
    assert.equal(at.state.phase, 'monitoring')
    assert.deepEqual(at.pages(), [])
    at.wait(60_000)
    assert.deepEqual(at.told('recovery-failed'), [])
  })

  it('that did not help tells what it tried and why, and pages at once', () => {
    const at = recovering()
    checked(at, {
      'health:backend': { ok: true, reading: reading(finding('health-failing', 'http://b/health')) },
      'health:frontend': bad('no-answer'),
    })
    const [failed] = at.told('recovery-failed')
    assert.deepEqual(
      failed?.tried.map(({ en }) => en),
      [
        'recover-backend: did recover-backend (verified)',
        'recover-frontend: did recover-frontend (verified)',
      ],
    )
    assert.equal(failed?.why.length, 2)
    assert.deepEqual(
      at.pages().map((p) => [p.person, p.reason, p.dueMs - noon]),
      [['tanaka', 'recovery-failed', 20_000]],
    )
    at.waitUntil('10:00')
    assert.deepEqual(at.called(), ['team-lead', 'cto'])
  })

  it('counts a service that nobody answered for as not healthy', () => {
    for (const parts of [{}, { 'health:backend': healthy }]) {
      const at = recovering()
      checked(at, parts)
      assert.equal(at.state.recovery?.status, 'failed')
    }
  })

  it('whose steps failed is none, whatever the services answer: it is said at once, and somebody is paged', () => {
    const at = new World({ severity: 'CRITICAL' })
    for (const run of runs)
      at.answer(`step/${run}/plan`, {
        type: 'stage-ended',
        run,
        stage: 'plan',
        outcome: bad('target-not-found'),
      })
    assert.equal(at.state.recovery?.status, 'failed')
    assert.deepEqual(at.told('recovery-verified'), [])
    assert.deepEqual(
      at.pages().map((p) => p.reason),
      ['recovery-failed'],
    )
    assert.match(at.told('recovery-failed')[0]?.why[0]?.ja ?? '', /^recover-backend: .*存在しません/)
    at.allGoesWell()
    assert.deepEqual(at.told('resolution-proposed'), [])
  })

  it('asks a service without an address by its look, and counts it as sick when nobody answers', () => {
    const policy = { database: true }
    for (const [part, status] of [
      [bad('unknown-connection'), 'failed'],
      [
        { ok: true, reading: reading(finding('connections-exhausted', 'postgres/postgres-primary')) },
        'failed',
      ],
      [{ ok: true, reading: reading(finding('idle-connections', 'postgres/postgres-primary')) }, 'verified'],
    ] as const) {
      const at = new World({ severity: 'CRITICAL', policy })
      for (const run of runs) planned(at, run, notReady)
      at.allGoesWell(isCheck)
      checked(at, { 'health:backend': healthy, 'health:frontend': healthy, 'connections:database': part })
      assert.equal(at.state.recovery?.status, status)
    }
  })

  it('that a freeze held back starts when it thaws', () => {
    const at = new World({ severity: 'CRITICAL', frozen: true })
    at.wait(60_000)
    at.command('freeze', sato, { on: false })
    assert.equal(at.state.recovery?.status, 'running')
    assert.equal(at.state.recovery?.untilMs, at.now + 30_000)
  })

  it('starts when the severity rises to one that has it, once, and again when the incident is reopened', () => {
    const at = new World({ severity: 'LOW' })
    at.command('set-severity', yamada, { severity: 'CRITICAL' })
    assert.equal(at.state.recovery?.number, 1)
    for (const run of runs) planned(at, run, notReady)
    at.allGoesWell()
    at.command('set-severity', yamada, { severity: 'LOW' })
    at.command('set-severity', yamada, { severity: 'CRITICAL' })
    assert.equal(at.told('recovery-started').length, 1)
    at.command('resolve', sato, {})
    at.command('reopen', sato, { reason: 'it is back' })
    assert.deepEqual(at.told('recovery-started')[1]?.steps, ['recover-backend.2', 'recover-frontend.2'])
    for (const run of runs) planned(at, `${run}.2`, notReady)
    at.allGoesWell()
    assert.equal(at.state.recovery?.status, 'verified')
  })

  it('takes a service up only when what it depends on was repaired', () => {
    const at = new World({ severity: 'CRITICAL', policy: { depends: true } })
    assert.deepEqual(at.told('recovery-started')[0]?.steps, ['recover-backend'])
    assert.equal(at.state.steps['recover-frontend'], undefined)
    planned(at, 'recover-backend', notReady)
    at.wait(5_000)
    at.allGoesWell((effect) => isCheck(effect) || effect.key.startsWith('step/recover-frontend'))
    assert.equal(at.step('recover-backend').status, 'verified')
    assert.deepEqual(at.told('recovery-continued')[0]?.steps, ['recover-frontend'])
    planned(at, 'recover-frontend', notReady)
    at.allGoesWell(isCheck)
    checked(at, { 'health:backend': healthy, 'health:frontend': healthy })
    assert.equal(at.state.recovery?.status, 'verified')
  })

  it('does not touch what depends on something that could not be repaired, and says so', () => {
    const at = new World({ severity: 'CRITICAL', policy: { depends: true } })
    at.answer('step/recover-backend/plan', {
      type: 'stage-ended',
      run: 'recover-backend',
      stage: 'plan',
      outcome: bad('no-answer') as never,
    })
    assert.equal(at.state.steps['recover-frontend'], undefined)
    assert.match(at.told('recovery-failed')[0]?.tried.at(-1)?.en ?? '', /^recover-frontend: not tried/)
  })

  it('keeps to the steps that it began with when the severity changes on its way', () => {
    const at = new World({ severity: 'CRITICAL', policy: { depends: true } })
    at.command('set-severity', sato, { severity: 'HIGH' })
    // HIGH lets nothing run by itself.
    planned(at, 'recover-backend', notReady)
    at.command('approve', yamada, { step: 'recover-backend', hash: at.step('recover-backend').hash ?? '' })
    at.allGoesWell((effect) => isCheck(effect) || effect.key.startsWith('step/recover-frontend'))
    assert.deepEqual(at.told('recovery-continued')[0]?.steps, ['recover-frontend'])
    assert.equal(at.state.steps['quick-scale-out'], undefined)
  })

  it('is over after 30 s whatever its hands do; what it tried is said, and somebody is paged', () => {
    const at = new World({ severity: 'CRITICAL' })
    planned(at, 'recover-backend', notReady)
    at.waitUntil('0:29')
    assert.equal(at.state.recovery?.status, 'running')
    at.waitUntil('0:30')
    assert.deepEqual(
      at.told('recovery-failed')[0]?.tried.map(({ en }) => en),
      [
        'recover-backend: change by recover-backend (running)',
        'recover-frontend: Replace the pods of frontend that are not Ready (planning)',
      ],
    )
    assert.deepEqual(at.called(), ['team-lead'])
    assert.equal(at.pages()[0]?.dueMs, noon + 30_000)
  })

  it('never takes pods that are Ready over the blast radius: that waits for a person', () => {
    const at = new World({ severity: 'CRITICAL' })
    planned(at, 'recover-backend', { ready: 2, notReady: 1, ofReady: 2 })
    assert.equal(at.step('recover-backend').status, 'proposed')
    assert.deepEqual(at.told('step-started'), [])
  })

  it('goes first: the steps that findings ask for are proposed only when it failed', () => {
    const at = new World({ severity: 'CRITICAL', symptom: '5xx' })
    at.answer('situation/1', {
      type: 'situation-ended',
      number: 1,
      tookMs: 900,
      parts: { rollouts: { ok: true, reading: reading(finding('bad-rollout')) } },
    })
    assert.equal(at.state.steps.rollback, undefined)
    at.waitUntil('0:30')
    assert.equal(at.step('rollback').origin, 'runbook')
  })

  it('does not start while all is frozen', () => {
    const at = new World({ severity: 'CRITICAL', frozen: true })
    assert.equal(at.state.recovery, undefined)
    at.wait(60_000)
    assert.deepEqual(at.told('step-requested'), [])
  })

  it('that is frozen on its way fails in its time and pages', () => {
    const at = new World({ severity: 'CRITICAL' })
    at.command('freeze', sato, { on: true })
    at.allGoesWell()
    at.waitUntil('0:30')
    assert.deepEqual(at.called(), ['team-lead'])
  })

  it('that failed begins nothing any more: neither what was still planned, nor at a thaw', () => {
    const slow = new World({ severity: 'CRITICAL' })
    slow.waitUntil('0:31')
    assert.deepEqual(
      runs.map((run) => slow.step(run).status),
      ['withdrawn', 'withdrawn'],
    )
    assert.deepEqual(
      slow.told('step-withdrawn').map(({ recoveryFailed }) => recoveryFailed),
      [true, true],
    )
    const frozen = new World({ severity: 'CRITICAL' })
    frozen.command('freeze', sato, { on: true })
    for (const run of runs) planned(frozen, run, notReady)
    frozen.waitUntil('20:00')
    frozen.command('freeze', sato, { on: false })
    assert.deepEqual(frozen.told('step-started'), [])
  })

  it('that people resolve or cancel over gives no verdict afterwards, and wakes nobody', () => {
    const ends = [
      (at: World) => at.command('resolve', sato, {}),
      (at: World) => at.command('cancel', sato, { reason: 'false alarm' }),
    ]
    for (const end of ends) {
      const at = new World({ severity: 'CRITICAL' })
      end(at)
      at.wait(600_000)
      assert.deepEqual(at.pages(), [])
      assert.deepEqual(at.told('recovery-failed'), [])
      assert.equal(at.state.recovery?.status, 'dropped')
    }
  })
})
