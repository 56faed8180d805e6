import assert from 'node:assert/strict'
import { AfterCursor, advanced, linesWhere } from '../../../activities/evidence/log-lines.ts'
import { WholeLines } from '../../../edge/whole-lines.ts'

const at = (second: number, text: string) =>
  `2026-11-30T09:30:${String(second).padStart(2, '0')}.000000000Z ${text}\n`
const cursorOf = (...lines: readonly string[]) => advanced(undefined, lines.join(''))

describe('lines of a log as they come', () => {
  it('are whole, wherever the pieces are cut, also in the middle of a character', () => {
    const text = at(1, '受注を開始') + at(2, '終了')
    const bytes = Buffer.from(text)
    for (let cut = 0; cut <= bytes.length; cut++) {
      const lines = new WholeLines()
      const taken = lines.take(bytes.subarray(0, cut)) + lines.take(bytes.subarray(cut)) + lines.end()
      assert.equal(taken, text)
    }
  })

  it('are cut where one has no end, and the next one is whole again', () => {
    const lines = new WholeLines()
    let taken = ''
    for (let i = 0; i < 40; i++) taken += lines.take(Buffer.from('x'.repeat(10_000)))
    taken += lines.take(Buffer.from(`y\n${at(1, 'next')}`))
    const [long = '', next] = taken.split('\n')
    assert.ok(long.endsWith(' [cut]') && long.length < 100_000)
    assert.equal(`${next}\n`, at(1, 'next'))
  })

  it('end without a line break where the container did', () => {
    const lines = new WholeLines()
    assert.equal(lines.take(Buffer.from('last wor')), '')
    assert.equal(lines.take(Buffer.from('ds')), '')
    assert.equal(lines.end(), 'last words\n')
    assert.equal(lines.end(), '')
  })
})

describe('going on after the last line', () => {
  const before = [at(1, 'a'), at(2, 'b'), at(2, 'b')]
  const after = [at(2, 'c'), at(3, 'd')]

  it('leaves out what was there, neighbours and equal lines too, wherever the answer is cut', () => {
    const all = [...before, ...after]
    for (let cut = 0; cut <= all.length; cut++) {
      const fresh = new AfterCursor(cursorOf(...before))
      const taken = fresh.take(all.slice(0, cut).join('')) + fresh.take(all.slice(cut).join('')) + fresh.end()
      assert.equal(taken, after.join(''))
      assert.equal(fresh.isTorn, false)
    }
  })

  it('takes what is later where the last line was rotated away, and says that lines may be missing', () => {
    const fresh = new AfterCursor(cursorOf(...before))
    assert.equal(fresh.take(at(9, 'x')) + fresh.take(at(10, 'y')), at(9, 'x') + at(10, 'y'))
    assert.equal(fresh.isTorn, true)
  })

  it('takes what is later where the log ends without the last line', () => {
    const fresh = new AfterCursor(cursorOf(...before))
    assert.equal(fresh.take(at(2, 'a') + at(3, 'd')), '')
    assert.equal(fresh.end(), at(3, 'd'))
    assert.equal(fresh.isTorn, true)
  })

  it('takes a line that stands a moment before the last one in time and behind it in the log', () => {
    const fresh = new AfterCursor(cursorOf(at(1, 'a'), at(2, 'b')))
    assert.equal(fresh.take(at(1, 'a') + at(2, 'b') + at(1, 'late')), at(1, 'late'))
  })

  it('takes everything where there was nothing', () => {
    assert.equal(new AfterCursor(undefined).take(before.join('')), before.join(''))
  })
})

describe('whole lines', () => {
  const lines = ['b', 'ab', 'b', 'c', 'b']
  const text = lines.map((line) => `${line}\n`).join('')

  it('are left out wherever they stand', () => {
    const chosen = lines.flatMap((line, i) => [new Set([line]), new Set(lines.slice(i)), new Set<string>()])
    for (const out of [...chosen, new Set(['a', 'none'])]) {
      const kept = lines.filter((line) => !out.has(line)).map((line) => `${line}\n`)
      assert.equal(
        linesWhere(text, (line) => !out.has(line)),
        kept.join(''),
      )
    }
    assert.equal(
      linesWhere('', () => true),
      '',
    )
  })

  it('leave the cursor at the last one, counted among its like and none that only ends like it', () => {
    assert.equal(advanced(undefined, text)?.nth, 3)
    assert.equal(advanced({ stamp: '', line: 'b', nth: 2 }, 'ab\nb\n')?.nth, 3)
    assert.equal(advanced({ stamp: '', line: 'c', nth: 2 }, '\n')?.line, '')
  })
})
