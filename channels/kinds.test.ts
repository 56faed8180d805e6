import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { kinds } from './kinds.ts'

describe('the table of channels', () => {
  it('has every folder of channels/ as a kind', () => {
    const folders = readdirSync(import.meta.dirname, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && entry.name !== 'fixtures')
      .map(({ name }) => name)
    assert.deepEqual(Object.keys(kinds).toSorted(), folders.toSorted())
  })
})
