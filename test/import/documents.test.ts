import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { documents, goldenOf, rendered } from './golden.ts'

describe('runbooks of other teams', () => {
  it('are ten, and ours', () => {
    assert.equal(documents.length, 11)
  })

  for (const document of documents)
    it(`${document} becomes what was looked at and found right`, () => {
      const { yaml, report } = rendered(document)
      assert.equal(yaml, readFileSync(goldenOf(document, 'yaml'), 'utf8'))
      assert.equal(report, readFileSync(goldenOf(document, 'txt'), 'utf8'))
    })
})
