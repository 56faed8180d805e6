import assert from 'node:assert/strict'
import { alarmOf } from '../../../workers/alarm.ts'

describe('the alarm for a stuck workflow', () => {
  const stuck = {
    workflow: 'desk/shodo',
    run: 'run-1',
    type: 'desk',
    sinceMs: 1_764_000_000_000,
    problem: 'x',
    lastGood: '12',
    readTo: 15,
  }
  const whom = { person: 'mori', channel: 'oncall' }
  const at = (minutes: number) => alarmOf(stuck, whom, stuck.sinceMs + minutes * 60_000)

  it('is the same to the byte from every worker, and a new one after ten minutes', () => {
    assert.deepEqual(at(0.1), at(9.9))
    assert.equal(at(0.1).key, 'stuck/desk/shodo/run-1/12/mori/oncall/1')
    assert.equal(at(10).key, 'stuck/desk/shodo/run-1/12/mori/oncall/2')
  })

  it('is the first one for a worker whose clock is behind', () => {
    assert.deepEqual(at(-1), at(1))
  })

  it('says what happened and what to do, in both languages', () => {
    const { says } = at(1)
    assert.match(says.en, /desk\/shodo is stuck.*docs\/stuck-workflow\.md/)
    assert.match(says.ja, /desk\/shodo が停止.*docs\/stuck-workflow\.md/)
  })
})
