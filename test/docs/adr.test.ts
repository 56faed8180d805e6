import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { tree } from './tree.ts'

const [template = '', ...records] = tree
  .filter((path) => path.startsWith('docs/adr/') && path.endsWith('.md'))
  .toSorted()

/** Its headings in their order; "Alternatives" may be left out. */
const headings = headingsOf(readFileSync(template, 'utf8'))

describe('the records of decisions', () => {
  it('are numbered without a gap', () => {
    assert.equal(template, 'docs/adr/0000-template.md')
    const numbers = records.map((path) => Number(path.slice('docs/adr/'.length).split('-')[0]))
    assert.deepEqual(
      numbers,
      Array.from({ length: records.length }, (_, i) => i + 1),
    )
  })

  for (const path of records)
    it(`have the form of the template: ${path}`, () => {
      const text = readFileSync(path, 'utf8')
      const number = Number(path.slice('docs/adr/'.length).split('-')[0])
      assert.match(
        text,
        new RegExp(
          `^# ${number}\\. .+\n\n- Status: (?:proposed|accepted|superseded)\\b.*\n- Date: \\d{4}-\\d\\d-\\d\\d\n\n## `,
        ),
      )
      const own = headingsOf(text)
      assert.deepEqual(
        own,
        headings.filter((heading) => heading !== 'Alternatives' || own.includes(heading)),
      )
    })
})

function headingsOf(text: string): readonly string[] {
  return [...text.matchAll(/^## (.+)$/gm)].map(([, heading = '']) => heading)
}
