import assert from 'node:assert/strict'
import { leftToDo } from '../../../domain/incident/fold/state.ts'
import type { Reading } from '../../../domain/steps/contract.ts'
import { report } from '../../../domain/telling/report.ts'
import { bad } from './hands.ts'
import { isPicture } from './pictures.ts'
import { noon, sato, World } from './world.ts'

/** Resolved ten minutes after its declaration; the count is under way. */
function resolved(): World {
  const at = new World({ severity: 'LOW', policy: { affected: true } })
  at.allGoesWell()
  at.wait(600_000)
  at.allGoesWell()
  at.command('resolve', sato, {})
  return at
}

const answer = (at: World, run: string, count: unknown, more: Pick<Reading, 'partial'> = {}) =>
  at.answer(`step/${run}/read`, {
    type: 'stage-ended',
    run,
    stage: 'read',
    outcome: { ok: true, attempt: 1, value: { facts: { count } as never, findings: [], ...more } },
  })

describe('the number of affected users', () => {
  it('is counted once it is resolved, of the time from the declaration on, and stands in the report', () => {
    const at = resolved()
    const { params, requestedBy } = at.step('affected-users')
    assert.deepEqual(
      [params.since, params.until, requestedBy.id],
      [new Date(noon).toISOString(), new Date(noon + 600_000).toISOString(), 'hikeshi'],
    )
    assert.ok(leftToDo(at.state).includes('users'))
    answer(at, 'affected-users', 17)
    assert.deepEqual(at.state.affected, { count: 17, run: 'affected-users' })
    assert.equal(at.state.checks.users?.proof, 'counted')
    const times = { localTime: (ms: number) => new Date(ms).toISOString(), now: at.now }
    assert.match(report(at.state, 'en', times), /\nAffected users: 17\n/)
    assert.match(report(at.state, 'ja', times), /\n影響ユーザー数: 17\n/)
  })

  it('is unknown where the count failed or is no number; people look again, or tick it', () => {
    const at = resolved()
    at.answer('step/affected-users/read', {
      type: 'stage-ended',
      run: 'affected-users',
      stage: 'read',
      outcome: bad('no-answer'),
    })
    assert.deepEqual([at.state.affected, at.state.checks.users], [undefined, undefined])
    at.command('retry', sato, { step: 'affected-users' })
    assert.deepEqual(at.step('affected-users.2').params, at.step('affected-users').params)
    answer(at, 'affected-users.2', 'many')
    assert.equal(at.state.affected, undefined)
    at.command('check', sato, { item: 'users' })
    assert.ok(!leftToDo(at.state).includes('users'))
  })

  it('is unknown where not all was read that is to be counted, and is counted again on request', () => {
    const at = resolved()
    answer(at, 'affected-users', 17, { partial: true })
    assert.deepEqual([at.state.affected, at.state.checks.users], [undefined, undefined])
    at.command('retry', sato, { step: 'affected-users' })
    answer(at, 'affected-users.2', 19)
    assert.deepEqual(at.state.affected, { count: 19, run: 'affected-users.2' })
    assert.equal(at.refusal('retry', sato, { step: 'affected-users' }), 'step-not-waiting')
  })

  it('is counted anew after the next recovery, and an answer to the first count does not come in between', () => {
    const at = resolved()
    at.command('reopen', sato, { reason: 'it is back' })
    at.wait(600_000)
    at.allGoesWell((effect) => isPicture(effect) || effect.key.startsWith('step/affected-users'))
    at.command('resolve', sato, {})
    assert.equal(at.step('affected-users').status, 'expired')
    const value = { facts: { count: 17 }, findings: [] }
    const outcome = { ok: true, attempt: 1, value } as const
    at.feed({ type: 'stage-ended', run: 'affected-users', stage: 'read', outcome })
    assert.equal(at.state.affected, undefined)
    answer(at, 'affected-users.2', 40)
    assert.deepEqual(at.state.affected, { count: 40, run: 'affected-users.2' })
    at.command('reopen', sato, { reason: 'it is back' })
    assert.deepEqual([at.state.affected, at.state.checks.users], [undefined, undefined])
  })

  it('is not waited for once the incident is closed', () => {
    const at = resolved()
    at.command('close', sato, { later: true })
    assert.equal(at.step('affected-users').status, 'expired')
    assert.ok(!at.inFlight.has('step/affected-users/read'))
  })
})
