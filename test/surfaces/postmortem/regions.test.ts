import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  documentOf,
  isEdited,
  joinedWith,
  made,
  type Piece,
  piecesOf,
} from '../../../client/postmortem/regions.ts'

const own = (text: string): Piece => ({ kind: 'own', text })
const first: readonly Piece[] = [
  made('title', '# Post-mortem'),
  own('\n- Owner: ?\n'),
  made('summary', '## Summary\n\n- one'),
  own('\n> How many users?\n'),
  made('course', '## What happened\n\n- one'),
]
const later: readonly Piece[] = first.map((piece) =>
  piece.kind === 'made' && piece.id !== 'title' ? made(piece.id, `${piece.text}\n- two`) : piece,
)
const again = (text: string, today = later) => {
  const joined = joinedWith(piecesOf(text, 'shodo-1'), today)
  return { ...joined, text: documentOf(joined.pieces, 'shodo-1') }
}
const text = documentOf(first, 'shodo-1')

describe('a document that is made again', () => {
  it('is the same where nothing is new', () => {
    const { text: same, kept, offered, takenOut } = again(text, first)
    assert.deepEqual([same, kept, offered, takenOut], [text, [], [], []])
  })

  it('has its made parts as they are today, and what people wrote between them', () => {
    const answered = text
      .replace('> How many users?', '> How many users?\n\n412, by the query below.')
      .replace('Owner: ?', 'Owner: kato')
    const { text: now, kept } = again(answered)
    assert.ok(now.includes('412, by the query below.') && now.includes('Owner: kato'))
    assert.equal(now.match(/^- two$/gm)?.length, 2)
    assert.deepEqual(kept, [])
  })

  it('keeps a part that was edited, and offers its new form below it, once', () => {
    const edited = text.replace('## Summary\n\n- one', '## Summary\n\n- one, in our own words')
    const { text: now, kept, offered } = again(edited)
    assert.deepEqual([kept, offered], [['summary'], ['summary']])
    assert.ok(now.includes('- one, in our own words') && now.includes('hikeshi:offer shodo-1 summary'))
    assert.equal(again(now).text, now)
    const withMore = later.map((piece) =>
      piece.kind === 'made' ? made(piece.id, `${piece.text}\n- three`) : piece,
    )
    const once = again(now, withMore).text
    assert.equal(once.match(/hikeshi:offer/g)?.length, 1)
    assert.ok(once.includes('- three') && once.includes('in our own words'))
  })

  it('offers nothing where nothing new is known', () => {
    const edited = text.replace('- one', '- mine')
    const { text: now, kept, offered } = again(edited, first)
    assert.deepEqual([now, kept, offered], [edited, ['summary'], []])
  })

  it('leaves an offer alone that people wrote into, and offers beside it', () => {
    const offered = again(text.replace('- one', '- mine')).text
    const written = offered.replace(/(hikeshi:offer[^\n]*\n[^-]*- one)/, '$1, better said')
    const now = again(written).text
    assert.ok(now.includes('better said'))
    assert.equal(now.match(/hikeshi:offer/g)?.length, 2)
  })

  it('makes a part again whose text was deleted, and none that was taken out with its marks', () => {
    const emptied = text.replace('## Summary\n\n- one', '')
    assert.ok(again(emptied).text.includes('## Summary\n\n- one\n- two'))
    const cut = text.replace(/<!-- hikeshi:begin shodo-1 course[\s\S]*end course -->\n/, '')
    const { text: now, takenOut } = again(cut)
    assert.deepEqual([now.includes('What happened'), takenOut], [false, ['course']])
  })

  it('takes a mark without its end, or of another incident, for words of people', () => {
    const torn = text.replace('<!-- hikeshi:end summary -->\n', '')
    const { text: now } = again(torn)
    assert.ok(now.includes('## Summary\n\n- one\n') && !now.includes('## Summary\n\n- one\n- two'))
    assert.deepEqual(
      piecesOf(text, 'shodo-2').map(({ kind }) => kind),
      ['own'],
    )
  })

  it('is not edited by an editor that changes line ends and blanks', () => {
    const touched = text.replaceAll('\n', '\r\n').replaceAll('- one', '- one  ')
    assert.deepEqual(again(touched).kept, [])
  })

  it('loses no line that people wrote, wherever they write it', () => {
    const lines = text.split('\n')
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(lines.length), fc.stringMatching(/^[a-z #>|*-]{1,20}$/)), { maxLength: 5 }),
        (typed) => {
          const changed = [...lines]
          const marked = typed.map(([at, words], i) => [at, `typed-${i} ${words}`] as const)
          for (const [at, words] of marked) changed.splice(at, 0, words)
          const now = again(again(changed.join('\n')).text).text
          for (const [, words] of marked) assert.ok(now.split('\n').includes(words), `${words}\n${now}`)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('tells its own parts from edited ones', () => {
    const part = made('summary', 'text')
    assert.deepEqual([isEdited(part), isEdited({ ...part, text: 'other' })], [false, true])
  })
})
