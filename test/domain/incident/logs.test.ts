import assert from 'node:assert/strict'
import { failure } from '../../../domain/failures.ts'
import { logsToKeep } from '../../../domain/incident/logs.ts'
import { sato, World } from './world.ts'

const kept = { containers: 2, lines: 1_200, bytes: 90_000, masked: 3, torn: 0, sha256: 'ab'.repeat(32) }

describe('logs of an incident', () => {
  it('are kept of its service and what is near it, from the declaration to the end', () => {
    const world = new World()
    const about = logsToKeep(world.state)
    assert.deepEqual(about?.workloads.includes('deployment/shodo-backend'), true)
    world.allGoesWell()
    world.command('resolve', sato, {})
    assert.deepEqual(logsToKeep(world.state), about)
    world.command('close', sato, { waive: 'a test' })
    assert.equal(logsToKeep(world.state), undefined)
  })

  it('are told of when the incident is over, and not when a run of its workflow is', () => {
    const world = new World()
    world.feed({ type: 'logs-ended', outcome: { ok: true, value: kept, attempt: 1 } })
    assert.deepEqual(world.told('logs-kept'), [])
    world.command('cancel', sato, { reason: 'a false alarm' })
    world.feed({ type: 'logs-ended', outcome: { ok: true, value: kept, attempt: 1 } })
    assert.deepEqual(world.told('logs-kept'), [{ kept }])
  })

  it('are told of at once where they cannot be kept, and never where nobody means to keep them', () => {
    const world = new World()
    const refused = failure('forbidden', { cluster: 'lab' })
    world.feed({ type: 'logs-ended', outcome: { ok: false, failure: refused } })
    assert.deepEqual(world.told('logs-kept'), [{ failure: refused }])
    world.command('cancel', sato, { reason: 'a false alarm' })
    world.feed({ type: 'logs-ended', outcome: { ok: true, value: null, attempt: 1 } })
    assert.equal(world.told('logs-kept').length, 1)
  })
})
