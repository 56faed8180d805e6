import assert from 'node:assert/strict'
import { repeated, requestId } from '../../domain/request-id.ts'

describe('the id of a request', () => {
  const kept = [{ id: requestId('deploy', 'aaaa') }, { id: 'plain' }]

  it('finds the answer to the very same request', () => {
    assert.equal(repeated(kept, 'deploy#aaaa'), kept[0])
    assert.equal(repeated(kept, 'plain'), kept[1])
  })

  it('tells a key that was used for another content, and no longer or shorter key', () => {
    assert.equal(repeated(kept, 'deploy#bbbb'), 'other')
    for (const id of ['deplo#aaaa', 'deploy2#aaaa', 'y#aaaa', 'plain#x'])
      assert.equal(repeated(kept, id), undefined, id)
  })

  it('is of nothing that was answered where it says nothing, or is new', () => {
    assert.equal(repeated(kept, undefined), undefined)
    assert.equal(repeated(kept, 'deploy'), undefined)
    assert.equal(repeated([], 'deploy#aaaa'), undefined)
  })
})
