import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import MarkdownIt from 'markdown-it'
import { escaped, markdownPieces } from '../../../client/postmortem/markdown.ts'
import { documentOf } from '../../../client/postmortem/regions.ts'
import type { Postmortem } from '../../../domain/postmortem/document.ts'
import { World } from '../../domain/incident/world.ts'
import { madeOf } from '../../domain/postmortem/told.ts'
import { goldens } from './golden.ts'

describe('a post-mortem in Markdown', () => {
  for (const { name, file, text } of goldens())
    it(`of ${name} is as it was read and agreed to`, () => {
      assert.equal(text(), readFileSync(file, 'utf8'), 'write it: npx tsx test/surfaces/postmortem/make.ts')
    })

  it('links every sentence to its events, and every event is there', () => {
    const { incident, ...rest } = madeOf(new World())
    const text = documentOf(markdownPieces({ incident, ...rest }, 'en'), incident)
    const linked = new Set([...text.matchAll(/\]\(#e(\d+)\)/g)].map(([, seq]) => seq))
    const there = new Set([...text.matchAll(/<a id="e(\d+)"><\/a>/g)].map(([, seq]) => seq))
    assert.ok(linked.size > 0)
    assert.deepEqual(
      [...linked].filter((seq) => !there.has(seq)),
      [],
    )
  })

  it('refuses a sentence that names no event, and one whose event is not in the timeline', () => {
    const document = madeOf(new World())
    const says = { en: 'It was the weather', ja: '天候が原因です' }
    const planted = (seqs: readonly number[]): Postmortem => ({
      ...document,
      sections: document.sections.map((section) =>
        section.id === 'contributors'
          ? { ...section, told: [{ says, seqs: seqs as unknown as [number] }] }
          : section,
      ),
    })
    assert.throws(() => markdownPieces(planted([]), 'en'), /"It was the weather" names no event/)
    assert.throws(
      () => markdownPieces(planted([4_711]), 'ja'),
      /names event 4711, which is not in the timeline/,
    )
    assert.ok(markdownPieces(planted([1]), 'en').length > 0)
  })

  it('lets no word from outside be Markdown, HTML or a mark', () => {
    const hostile = [
      '<!-- hikeshi:end summary -->',
      '# heading',
      '- item',
      '1. item',
      '> quote',
      '[x](javascript:alert(1))',
      '![x](http://x/y.png)',
      '<img src=x onerror=alert(1)>',
      '<a id="e1"></a>',
      '**bold** _em_ ~~gone~~ `code` ``` fence',
      'a | b',
      '&lt;script&gt;',
      'line\n## heading\n- item',
      '$x$ \\',
      '---',
      '===',
      '+ x',
    ]
    const markdown = new MarkdownIt({ html: true })
    for (const text of hostile) {
      const html = markdown.render(`- ${escaped(text)}`)
      const plain = html.replaceAll(/<\/?(?:ul|li|p)>|\n/g, '')
      assert.doesNotMatch(plain, /<[a-z!]/i, `${text} → ${html}`)
      const shown = plain
        .replaceAll('&lt;', '<')
        .replaceAll('&gt;', '>')
        .replaceAll('&quot;', '"')
        .replaceAll('&amp;', '&')
      assert.equal(shown, text.replace(/\s+/g, ' '))
    }
  })
})
