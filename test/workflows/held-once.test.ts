import assert from 'node:assert/strict'
import { heldOnce } from '../../workflows/machine/held-once.ts'

const book = (id: number) => ({ book: { id, steps: [{ kind: 'kubernetes.scale', with: { replicas: 3 } }] } })

describe('what many workflows hold alike', () => {
  it('is held once, whoever brings it, and cannot be changed', () => {
    const first = heldOnce(book(1))
    assert.equal(heldOnce(book(1)), first)
    assert.deepEqual(first, book(1))
    assert.throws(() => Object.assign(first.book.steps[0]?.with ?? {}, { replicas: 0 }), TypeError)
  })

  it('is another one where a single value or the order of members differs', () => {
    const first = heldOnce(book(2))
    assert.notEqual(heldOnce(book(3)), first)
    assert.notEqual(heldOnce({ book: { steps: first.book.steps, id: 2 } }) as object, first as object)
  })

  it('is let go when 32 others were asked for since', () => {
    const kept = heldOnce(book(100))
    for (let i = 101; i < 132; i++) heldOnce(book(i))
    assert.equal(heldOnce(book(100)), kept)
    for (let i = 101; i < 133; i++) heldOnce(book(i))
    assert.notEqual(heldOnce(book(100)), kept)
  })
})
