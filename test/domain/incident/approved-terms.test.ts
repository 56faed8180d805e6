import assert from 'node:assert/strict'
import { evolve } from '../../../domain/incident/fold/evolve.ts'
import { present } from '../../../domain/present.ts'
import { system } from '../../../domain/words.ts'
import { planOf } from './hands.ts'
import { kato, noon, sato, World, yamada } from './world.ts'

/** Each step needs two people, and touches a third of the pods of one Deployment. */
function proposed(): World {
  const at = new World({ severity: 'LOW', policy: { approvals: { reversible: 2 } } })
  for (const run of ['rollback', 'scale-out']) {
    at.command('run', sato, { step: run })
    const outcome = { ok: true as const, value: planOf(at.step(run)), attempt: 1 }
    at.answer(`step/${run}/plan`, { type: 'stage-ended', run, stage: 'plan', outcome })
  }
  return at
}

const approve = (at: World, by: typeof sato, step: string, attestation?: string) =>
  at.command('approve', by, {
    step,
    hash: at.step(step).hash ?? '',
    ...present({ attestation }),
  })

describe('what people agreed to', () => {
  it('is worth nothing once the step is proposed on other terms: whoever agreed is asked again', () => {
    const at = proposed()
    approve(at, yamada, 'scale-out')
    assert.equal(at.step('scale-out').approvals.length, 1)
    approve(at, yamada, 'rollback')
    approve(at, kato, 'rollback')
    assert.deepEqual([at.step('scale-out').risk, at.step('scale-out').approvals], ['disruptive', []])
    approve(at, yamada, 'scale-out')
    approve(at, kato, 'scale-out')
    const [, started] = at.told('step-started')
    assert.ok(started !== undefined && 'approvals' in started.allowed)
    assert.deepEqual(
      started.allowed.approvals.map(({ person, hash }) => [person, hash]),
      ['yamada', 'kato'].map((person) => [person, at.step('scale-out').hash]),
    )
  })

  it('is worth as much as before where the same terms are told once more', () => {
    const at = proposed()
    approve(at, yamada, 'rollback')
    const [data] = at.told('step-proposed')
    assert.ok(data?.run === 'rollback')
    const again = evolve(at.state, { type: 'step-proposed', by: system, data }, noon)
    assert.deepEqual(again.steps.rollback?.approvals, at.step('rollback').approvals)
  })

  it('keeps the signature that the API gave with it, where it gave one', () => {
    const at = proposed()
    approve(at, yamada, 'rollback', 'a signature')
    approve(at, kato, 'rollback')
    const signed = [true, false]
    assert.deepEqual(
      at.told('step-approved').map((told) => 'attestation' in told),
      signed,
    )
    const { approvals } = at.step('rollback')
    assert.deepEqual(
      approvals.map((approval) => 'attestation' in approval),
      signed,
    )
    assert.equal(approvals[0]?.attestation, 'a signature')
  })
})
