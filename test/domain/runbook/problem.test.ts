import assert from 'node:assert/strict'
import { explainProblem, quote, showPath, describe as what } from '../../../domain/runbook/problem.ts'

describe('a problem of a runbook', () => {
  it('has a place, as people write it', () => {
    assert.equal(showPath([]), '')
    assert.equal(showPath(['symptoms', 0, 'steps', 2, 'kind']), 'symptoms[0].steps[2].kind')
    assert.equal(showPath(['a b', 'c-d']), '"a b".c-d')
    assert.equal(showPath([0, 'a']), '[0].a')
  })

  it('says what was found, in few words', () => {
    const found = (value: unknown) => what(value).en
    assert.deepEqual([undefined, null, [], [1, 2], {}, 'x', 7, false].map(found), [
      'nothing',
      'an empty value',
      'an empty list',
      'a list of 2',
      'a group of keys',
      '"x"',
      '7',
      'false',
    ])
  })

  it('quotes up to 60 characters, and of more the first 57', () => {
    assert.equal(quote('a'.repeat(60)), `"${'a'.repeat(60)}"`)
    assert.equal(quote('a'.repeat(61)), `"${'a'.repeat(57)}…"`)
    assert.equal(quote('🔥'.repeat(60)), `"${'🔥'.repeat(60)}"`)
    assert.equal(quote('\u{e0041}\u0085'), '"\\udb40\\udc41\\u0085"')
  })

  it('is one sentence, with its place and the nearest right word where there are any', () => {
    const problem = {
      path: ['a', 1],
      at: 'value',
      expected: { en: 'a name', ja: '名前' },
      got: { en: '"nmae"', ja: '"nmae"' },
    } as const
    assert.equal(explainProblem(problem, 'en'), 'a[1]: expected a name; found "nmae".')
    assert.equal(
      explainProblem({ ...problem, path: [], suggestion: 'name' }, 'en'),
      'expected a name; found "nmae". Did you mean "name"?',
    )
    assert.equal(
      explainProblem({ ...problem, suggestion: 'name' }, 'ja'),
      'a[1]: 期待: 名前。実際: "nmae"。 もしかして: "name"',
    )
  })
})
