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

  it('is none when nothing is near', () => {
    assert.equal(nearest('kubernetes', verbs), undefined)
    assert.equal(nearest('', verbs), undefined)
    assert.equal(nearest('x'.repeat(10_000), verbs), undefined)
  })

  it('finds a name by its unmistakable part only', () => {
    assert.equal(nearest('undo', ['kubernetes.rollout-undo', 'kubernetes.scale']), 'kubernetes.rollout-undo')
    assert.equal(nearest('kubernetes', ['kubernetes.rollout-undo', 'kubernetes.scale']), undefined)
  })
})
