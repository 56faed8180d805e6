import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { aligned, made, rewritten } from './made.ts'

describe('what docs/ has from the code', () => {
  for (const each of made)
    it(`stands in ${each.page} (${each.mark}) as the code has it today`, () => {
      const text = readFileSync(each.page, 'utf8')
      assert.equal(text, rewritten(text, each), 'write it: npx tsx test/docs/write.ts')
    })

  it('is put between its marks, and nothing else is touched', () => {
    const page = { page: 'x.md', mark: 'verbs', markdown: () => 'new' }
    const text = 'a\n<!-- verbs -->\nold\n<!-- /verbs -->\nb'
    assert.equal(rewritten(text, page), 'a\n<!-- verbs -->\n\nnew\n\n<!-- /verbs -->\nb')
    assert.throws(() => rewritten('a <!-- verbs --> b', page), /x\.md has no <!-- verbs -->/)
  })

  it('has tables whose columns are aligned, wide characters too', () => {
    const table = ['| a | b |', '| --- | --- |', '| 火消し | x \\| y |']
    const wide = ['| a      | b      |', '| ------ | ------ |', '| 火消し | x \\| y |']
    assert.equal(aligned(`text\n\n${table.join('\n')}\n\nmore`), `text\n\n${wide.join('\n')}\n\nmore`)
  })
})
