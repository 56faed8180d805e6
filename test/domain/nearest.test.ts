import assert from 'node:assert/strict'
import { nearest } from '../../domain/nearest.ts'

describe('the nearest right word', () => {
  const verbs = ['declare', 'approve', 'resolve', 'reopen', 'close', 'runbook', 'run']
  for (const [typed, meant] of [
    ['declar', 'declare'],
    ['delcare', 'declare'],
    ['APPROVE', 'approve'],
    ['resovle', 'resolve'],
    ['rn', 'run'],
    ['runbok', 'runbook'],
  ] as const) {
    it(`is ${meant} for ${typed}`, () => assert.equal(nearest(typed, verbs), meant))
  }

  it('forgives one mistake in three letters, and each kind of mistake counts once', () => {
    for (const [typed, meant] of [
      ['runx', 'run'],
      ['xrun', 'run'],
      ['ru', 'run'],
      ['rxn', 'run'],
      ['rnu', 'run'],
      ['urn', 'run'],
      ['dxclxre', 'declare'],
      ['dclare', 'declare'],
      ['decclarre', 'declare'],
      ['edclaer', 'declare'],
    ] as const)
      assert.equal(nearest(typed, [meant]), meant, typed)
    for (const [typed, other] of [
      ['rxx', 'run'],
      // Half of a swap is none.
      ['rxu', 'run'],
      ['rnx', 'run'],
      ['nur', 'run'],
      ['r', 'run'],
      ['dxclxrx', 'declare'],
      ['decxlxarxe', 'decl'],
    ] as const)
      assert.equal(nearest(typed, [other]), undefined, typed)
  })

  it('is the nearer one of two, and of two as near the first', () => {
    assert.equal(nearest('approvd', ['approval', 'approve']), 'approve')
    assert.equal(nearest('cat', ['bat', 'hat']), 'bat')
  })

  it('is looked for in names of up to a hundred characters', () => {
    const long = 'x'.repeat(100)
    assert.equal(nearest(long, [long]), long)
    assert.equal(nearest(`${long}x`, [`${long}x`]), undefined)
  })

  it('is none when nothing is near', () => {
    assert.equal(nearest('kubernetes', verbs), undefined)
    assert.equal(nearest('', verbs), undefined)
    assert.equal(nearest('x'.repeat(10_000), verbs), undefined)
  })

  it('finds a name by its unmistakable part only', () => {
    assert.equal(nearest('SCA', ['kubernetes.rollout-undo', 'kubernetes.scale']), 'kubernetes.scale')
    assert.equal(nearest('sc', ['kubernetes.rollout-undo', 'kubernetes.scale']), undefined)
    assert.equal(nearest('undo', ['kubernetes.rollout-undo', 'kubernetes.scale']), 'kubernetes.rollout-undo')
    assert.equal(nearest('kubernetes', ['kubernetes.rollout-undo', 'kubernetes.scale']), undefined)
  })
})
