import assert from 'node:assert/strict'
import { present } from '../../domain/present.ts'

describe('what is present of an object', () => {
  const maybe = (given?: string) => given

  it('is every member but those that are undefined, in their order', () => {
    assert.deepEqual(Object.keys(present({ b: 1, gone: undefined, a: null, c: false, d: 0, e: '' })), [
      'b',
      'a',
      'c',
      'd',
      'e',
    ])
  })

  it('fits a type whose members may be missing and may not be undefined', () => {
    const known: { readonly id: string; readonly symptom?: string } = present({ id: 'x', symptom: maybe() })
    assert.deepEqual(known, { id: 'x' })
    const both: typeof known = present({ id: 'x', symptom: maybe('5xx') })
    assert.deepEqual(both, { id: 'x', symptom: '5xx' })
    // @ts-expect-error: what may be missing is not said to be there.
    const whole: { readonly symptom: string } = present({ symptom: maybe() })
    assert.deepEqual(whole, {})
  })
})
