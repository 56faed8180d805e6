import assert from 'node:assert/strict'
import { temporalSettings } from '../../client/temporal/connect.ts'
import { Refused } from '../../edge/refused.ts'
import { settingsFrom } from '../../workers/settings.ts'

describe('TEMPORAL_TLS', () => {
  const key = { TEMPORAL_ADDRESS: 'temporal.example.com:7233', TEMPORAL_API_KEY: 'k' }

  it('that nobody can mean is refused: with it a key would go out in clear text', () => {
    for (const value of ['yes', 'True', 'on', ' true', '']) {
      const env = { ...key, TEMPORAL_TLS: value }
      assert.throws(
        () => temporalSettings(env),
        (error) => error instanceof Refused && error.failure.params.where === 'TEMPORAL_TLS',
        value,
      )
      assert.throws(() => settingsFrom(env), /HK101|TEMPORAL_TLS/, value)
    }
  })

  it('is on with a key, and off where somebody says so', () => {
    assert.ok(temporalSettings(key).connectionOptions.tls)
    assert.ok(temporalSettings({ ...key, TEMPORAL_TLS: 'true' }).connectionOptions.tls)
    assert.equal(temporalSettings({ ...key, TEMPORAL_TLS: '0' }).connectionOptions.tls ?? false, false)
  })
})
