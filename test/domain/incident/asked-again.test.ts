import assert from 'node:assert/strict'
import { planOf } from './hands.ts'
import { kato, person, sato, World, yamada } from './world.ts'

/** Both steps touch a third of the pods of one Deployment; together that is more than half. */
function proposed(approvals: object = {}): World {
  const at = new World({ severity: 'LOW', policy: { approvals } })
  for (const run of ['rollback', 'scale-out']) {
    at.command('run', sato, { step: run })
    const outcome = { ok: true as const, value: planOf(at.step(run)), attempt: 1 }
    at.answer(`step/${run}/plan`, { type: 'stage-ended', run, stage: 'plan', outcome })
  }
  return at
}

const approve = (at: World, by: typeof sato, step: string) =>
  at.ask('approve', by, { step, hash: at.step(step).hash ?? '' })?.name

describe('a proposal beside which another step took pods down', () => {
  it('is proposed again as what it has become, though it needs no more people', () => {
    const at = proposed()
    const before = at.step('scale-out')
    assert.deepEqual([before.risk, before.approvalsNeeded], ['reversible', 1])
    assert.equal(approve(at, yamada, 'rollback'), undefined)
    const after = at.step('scale-out')
    assert.deepEqual([after.status, after.risk, after.approvalsNeeded], ['proposed', 'disruptive', 1])
    assert.notEqual(after.hash, before.hash)
    assert.equal(after.expiresAtMs, before.expiresAtMs)
    assert.equal(approve(at, person('watanabe', false), 'scale-out'), 'unverified-approver')
  })

  it('never needs fewer people than before, though the runbook asks fewer for what it has become', () => {
    const at = proposed({ reversible: 2 })
    for (const by of [yamada, kato]) assert.equal(approve(at, by, 'rollback'), undefined)
    assert.equal(at.step('rollback').status, 'running')
    const { risk, approvalsNeeded } = at.step('scale-out')
    assert.deepEqual([risk, approvalsNeeded], ['disruptive', 2])
  })
})
