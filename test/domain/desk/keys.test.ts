import assert from 'node:assert/strict'
import { incidentOfKey, keysAfter } from '../../../domain/desk/keys.ts'
import { emptyDesk } from '../../../domain/desk/state.ts'
import { noon } from '../incident/world.ts'
import { alertmanager } from './alerted.ts'

const day = 24 * 3_600_000
const empty = emptyDesk('shodo', false, 0)

describe('the key of a report', () => {
  it('is remembered by this very mark: what an earlier release wrote is found again', () => {
    const keys = keysAfter(empty, alertmanager, 'fingerprint-1', 'shodo-1', noon)
    assert.deepEqual(keys, [{ mark: 'c716cbf54eeb1a2c', atMs: noon, incident: 'shodo-1' }])
    assert.equal(incidentOfKey({ ...empty, keys }, alertmanager, 'fingerprint-1', noon), 'shodo-1')
  })

  it('is known for a day, and then no longer kept', () => {
    const keys = keysAfter(empty, alertmanager, 'old', 'shodo-1', noon)
    const desk = { ...empty, keys }
    for (const [age, incident, kept] of [
      [day - 1, 'shodo-1', ['shodo-1', 'shodo-2']],
      [day, undefined, ['shodo-2']],
    ] as const) {
      assert.equal(incidentOfKey(desk, alertmanager, 'old', noon + age), incident)
      const after = keysAfter(desk, alertmanager, 'new', 'shodo-2', noon + age)
      assert.deepEqual(
        after.map((key) => key.incident),
        kept,
      )
    }
  })

  it('is nothing where none was given, and the newest incident where it came to several', () => {
    assert.equal(keysAfter(empty, alertmanager, undefined, 'shodo-1', noon), empty.keys)
    const first = { ...empty, keys: keysAfter(empty, alertmanager, 'k', 'shodo-1', noon) }
    const both = { ...empty, keys: keysAfter(first, alertmanager, 'k', 'shodo-2', noon + 1) }
    assert.equal(incidentOfKey(both, alertmanager, 'k', noon + 1), 'shodo-2')
  })
})
