import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { blocksOf } from '../../client/runbook/import/markdown/blocks.ts'
import { documents, goldenOf, rendered } from './golden.ts'
import { imported } from './read.ts'

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

describe('the report of an import', () => {
  /** Lines of the report within each block of code, the empty ones first. */
  function perBlock(markdown: string): readonly (readonly string[])[] {
    const read = blocksOf(markdown)
    assert.ok('blocks' in read)
    const { lines } = imported(markdown).report
    return read.blocks.flatMap((block) => {
      if (block.kind !== 'code') return []
      const end = block.textLine + block.text.split('\n').length
      return [lines.filter(({ line }) => line >= block.line && line < end).map(({ became }) => became)]
    })
  }

  for (const document of documents)
    it(`accounts for every block of code of ${document}`, () => {
      const told = perBlock(readFileSync(`test/import/documents/${document}`, 'utf8'))
      assert.ok(told.every((became) => became.length > 0))
    })

  it('accounts for blocks without a command, and for settings', () => {
    const fence = (info: string, text: string) => `\`\`\`${info}\n${text}\`\`\`\n\n`
    const markdown = [
      '# Shop\n\n## Symptom: slow\n\n',
      fence('bash', 'kubectl get pods -n shop\n'),
      fence('bash', '# to be written\n'),
      fence('bash', ''),
      fence('sql', '\n'),
      fence('promql', ''),
      fence('yaml hikeshi', 'kind: nothing\n'),
      fence('yaml hikeshi settings', 'timezone: Asia/Tokyo\n'),
      fence('yaml hikeshi settings', 'timezone: UTC\n'),
      '## Escalation\n\n',
      fence('bash', 'kubectl get pods -n shop\n'),
      '## First response\n\n',
      fence('bash', 'kubectl get pods -n shop\n'),
    ].join('')
    assert.deepEqual(perBlock(markdown).slice(0, 8), [
      ['step'],
      ['left-out'],
      ['left-out'],
      ['left-out'],
      ['left-out'],
      ['manual'],
      ['settings'],
      ['left-out'],
    ])
    assert.ok(perBlock(markdown).every((became) => became.length > 0))
  })

  it('says so where settings cannot be read', () => {
    const markdown =
      '# Shop\n\n## Symptom: slow\n\n```bash\nkubectl get pods -n shop\n```\n\n```yaml hikeshi settings\n- a\n```\n'
    assert.deepEqual(perBlock(markdown), [['step'], ['left-out']])
  })
})
