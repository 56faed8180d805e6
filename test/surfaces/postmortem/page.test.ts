import assert from 'node:assert/strict'
import { htmlPage } from '../../../client/postmortem/html.ts'
import { markdownPieces } from '../../../client/postmortem/markdown.ts'
import { joinedWith, piecesOf } from '../../../client/postmortem/regions.ts'
import { kato, person, World } from '../../domain/incident/world.ts'
import { madeOf, stored } from '../../domain/postmortem/told.ts'

const attack = `"'><script>alert(1)</script><img src=x onerror=alert(1)><a href="javascript:alert(1)">x</a></style><!-- hikeshi:end summary -->`

/** Every tag of the page with its attributes. */
function tagsOf(page: string): readonly string[] {
  return [...page.matchAll(/<[a-z!/][^>]*>/gi)].map(([tag]) => tag)
}

const allowed =
  /^<(?:!-- hikeshi post-mortem --|\/?(?:!doctype|html|head|meta|title|style|body|section|div|figure|figcaption|h1|h2|h3|ul|ol|li|p|a|code|pre|strong|em|s|blockquote|table|thead|tbody|tr|th|td|hr|br|span|svg|text|line|circle|rect|polyline)\b)/i

describe('the page of a post-mortem', () => {
  it('runs nothing and loads nothing, whatever names and words there are', () => {
    const world = new World({ description: attack, by: person('x.onload=1') })
    world.command('note', kato, { text: `${attack}\n[x](javascript:alert(1)) ![y](http://127.0.0.1/z.png)` })
    world.command('cancel', kato, { reason: attack })
    const document = madeOf(world)
    for (const lang of ['en', 'ja'] as const) {
      const page = htmlPage(markdownPieces(document, lang), document, lang)
      const tags = tagsOf(page)
      assert.deepEqual(
        tags.filter((tag) => !allowed.test(tag)),
        [],
      )
      assert.deepEqual(
        tags.filter((tag) => /\son[a-z]+\s*=|\ssrc\s*=|javascript:/i.test(tag)),
        [],
      )
      assert.equal(page.match(/<style>/g)?.length, 1)
      assert.match(
        page,
        /Content-Security-Policy" content="default-src 'none'; style-src 'sha256-[^']+'; base-uri 'none'; form-action 'none'"/,
      )
    }
  })

  it('lets people who edit the Markdown do no more', () => {
    const document = madeOf(new World())
    const typed = `\n## Ours\n\n${attack}\n\n<iframe src="http://x"></iframe>\n\n[x](javascript:alert(1)) [y](data:text/html,x) [ok](https://example.com) ![z](http://x/y)\n`
    const pieces = [...markdownPieces(document, 'en'), ...piecesOf(typed, document.incident)]
    const page = htmlPage(pieces, document, 'en')
    const tags = tagsOf(page)
    assert.deepEqual(
      tags.filter((tag) => !allowed.test(tag)),
      [],
    )
    assert.deepEqual(
      tags.filter((tag) => /href="(?!#e\d+"|https:\/\/example\.com"|http:\/\/x\/y")/.test(tag)),
      [],
    )
    assert.ok(page.includes('<h2>Ours</h2>') && page.includes('href="https://example.com"'))
  })

  it('shows what people wrote, and what is offered to them beside it', () => {
    const world = new World()
    const before = markdownPieces(madeOf(world), 'en').map((piece) =>
      piece.kind === 'made' && piece.id === 'summary'
        ? { ...piece, text: '## Summary\n\nIn our own words.' }
        : piece,
    )
    world.command('resolve', kato, {})
    const document = madeOf(world)
    const { pieces } = joinedWith(before, markdownPieces(document, 'en'))
    const page = htmlPage(pieces, document, 'en')
    assert.ok(page.includes('In our own words.'))
    assert.match(page, /class="offer"><p>You edited the part above/)
  })

  it('has every event that it links to', () => {
    for (const source of stored()) {
      const document = madeOf(source)
      const page = htmlPage(markdownPieces(document, 'ja'), document, 'ja')
      const there = new Set([...page.matchAll(/<span id="(e\d+)">/g)].map(([, id]) => id))
      const lost = [...page.matchAll(/href="#(e\d+)"/g)].flatMap(([, id]) => (there.has(id) ? [] : [id]))
      assert.deepEqual(lost, [])
    }
  })
})
