import assert from 'node:assert/strict'
import { cpuQuantity, memoryQuantity, quantity, requestedTooMuch } from '../../domain/quantity.ts'
import { catalogue } from '../../domain/steps/catalogue.ts'

describe('Kubernetes quantities', () => {
  it('are read as the API server reads them', () => {
    const known: readonly (readonly [string, number])[] = [
      ['6Gi', 6 * 2 ** 30],
      ['2Ki', 2_048],
      ['1.5Gi', 1.5 * 2 ** 30],
      ['128974848', 128_974_848],
      ['129e6', 129_000_000],
      ['129M', 129_000_000],
      ['123Mi', 123 * 2 ** 20],
      ['1E', 1e18],
      ['1E3', 1_000],
      ['.5', 0.5],
      ['3k', 3e3],
      ['3G', 3e9],
      ['3T', 3e12],
      ['3P', 3e15],
      ['3Ti', 3 * 2 ** 40],
      ['3Pi', 3 * 2 ** 50],
      ['3Ei', 3 * 2 ** 60],
      ['3u', 3e-6],
      ['3n', 3e-9],
      ['5e-1', 0.5],
      ['+2', 2],
      ['0', 0],
    ]
    for (const [source, amount] of known) assert.equal(quantity(source), amount, source)
    assert.equal(quantity('300m'), quantity('0.3'))
    assert.equal(quantity('1024Mi'), quantity('1Gi'))
    for (const source of ['', 'Gi', '6gi', '6 Gi', '6GB', '1e', '-1', '--1', '1.2.3', '6Gi\n', '٣']) {
      assert.equal(quantity(source), undefined, JSON.stringify(source))
    }
  })

  it('of memory are bytes, of CPU at least a thousandth', () => {
    assert.equal(memoryQuantity.safeParse('512Mi').success, true)
    assert.match(memoryQuantity.safeParse('400m').error?.issues[0]?.message ?? '', /400Mi is meant/)
    assert.equal(memoryQuantity.safeParse('0').success, false)
    assert.equal(memoryQuantity.safeParse('1').success, true)
    assert.equal(memoryQuantity.safeParse('0.5').success, true)
    assert.equal(cpuQuantity.safeParse('1m').success, true)
    assert.equal(cpuQuantity.safeParse('100u').success, false)
    for (const none of ['soon', '']) {
      assert.equal(memoryQuantity.safeParse(none).success, false, none)
      assert.equal(cpuQuantity.safeParse(none).success, false, none)
    }
    for (const { schema, digit } of [
      { schema: memoryQuantity, digit: '1' },
      { schema: cpuQuantity, digit: '1' },
    ]) {
      assert.equal(schema.safeParse(digit.repeat(40)).success, true)
      assert.equal(schema.safeParse(digit.repeat(41)).success, false)
    }
  })

  it('are compared by amount, each resource with its own limit', () => {
    assert.equal(requestedTooMuch({ memory: '1024Mi' }, { memory: '1Gi' }), undefined)
    assert.equal(requestedTooMuch({ memory: '1025Mi', cpu: '1' }, { memory: '1Gi' }), 'memory')
    assert.equal(
      requestedTooMuch({ memory: '2Gi', 'nvidia.com/gpu': '2' }, { 'nvidia.com/gpu': '1' }),
      'nvidia.com/gpu',
    )
    assert.equal(requestedTooMuch(undefined, { memory: '1Gi' }), undefined)
    assert.equal(requestedTooMuch({ memory: undefined, cpu: '2' }, { memory: '1Gi', cpu: '1' }), 'cpu')
    // What is no amount is not compared: the API server refuses it in its own words.
    assert.equal(requestedTooMuch({ memory: 'much' }, { memory: '0' }), undefined)
    assert.equal(requestedTooMuch({ memory: '1Gi' }, { memory: 'little' }), undefined)
  })

  it('are checked in the parameters of kubernetes.set-resources', () => {
    const { params } = catalogue['kubernetes.set-resources']
    const problem = (given: object) =>
      params.safeParse({ deployment: 'shodo-backend', ...given }).error?.issues[0]?.message
    assert.equal(problem({ limits: { memory: '6Gi' }, requests: { memory: '2Gi' } }), undefined)
    assert.match(problem({}) ?? '', /limits or requests/)
    assert.match(problem({ limits: {} }) ?? '', /memory or cpu/)
    assert.match(
      problem({ limits: { memory: '1Gi' }, requests: { memory: '2Gi' } }) ?? '',
      /no more than the limits/,
    )
    assert.match(problem({ limits: { memory: '6 GB' } }) ?? '', /512Mi or 6Gi/)
  })
})
