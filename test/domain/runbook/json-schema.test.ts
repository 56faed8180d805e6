import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { runbookJsonSchema } from '../../../client/runbook/schema.ts'

describe("the runbook's JSON Schema", () => {
  it('is what the schema and the catalogue say today', () => {
    assert.deepEqual(
      JSON.parse(readFileSync('runbooks/schema.json', 'utf8')),
      JSON.parse(JSON.stringify(runbookJsonSchema())),
      'write it anew: npx tsx test/docs/write.ts',
    )
  })
})
