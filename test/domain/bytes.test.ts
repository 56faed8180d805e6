import assert from 'node:assert/strict'
import { bytes, bytesOf, showBytes } from '../../domain/bytes.ts'

describe('an amount of memory', () => {
  it('is read as Redis reads it: k, m and g decimal, kb, mb and gb binary', () => {
    for (const [source, amount] of [
      ['1048576', 1_048_576],
      ['7b', 7],
      ['2k', 2_000],
      ['2kb', 2_048],
      ['3m', 3_000_000],
      ['512MB', 512 * 1024 * 1024],
      ['4g', 4_000_000_000],
      ['2gb', 2 * 1024 ** 3],
      ['0', 0],
    ] as const)
      assert.equal(bytesOf(source), amount, source)
    for (const source of ['', 'mb', '-1', '1.5gb', '1 mb', '1tb', '1mb\n'])
      assert.equal(bytesOf(source), undefined, JSON.stringify(source))
  })

  it('is nothing that a number cannot hold exactly', () => {
    assert.equal(bytesOf('999999999999999'), 999_999_999_999_999)
    assert.equal(bytesOf('1000000000000000'), undefined)
    assert.equal(bytesOf('999999999999999kb'), undefined)
  })

  it('is a parameter as text or as whole bytes, and parsing it twice changes nothing', () => {
    assert.equal(bytes.parse(bytes.parse('512mb')), 512 * 1024 * 1024)
    assert.equal(bytes.parse(0), 0)
    for (const bad of [-1, 1.5, 'much']) assert.equal(bytes.safeParse(bad).success, false, String(bad))
  })

  it('is told in the largest unit that it fills, with one digit behind the point', () => {
    for (const [amount, says] of [
      [0, '0 B'],
      [17, '17 B'],
      [1_023, '1023 B'],
      [1_024, '1 KiB'],
      [1_536, '1.5 KiB'],
      [512 * 1024 ** 2, '512 MiB'],
      [1024 ** 2, '1 MiB'],
      [1.25 * 1024 ** 3, '1.3 GiB'],
      [1024 ** 3, '1 GiB'],
      [1024 ** 4, '1 TiB'],
      [5_000 * 1024 ** 4, '5000 TiB'],
    ] as const)
      assert.equal(showBytes(amount), says, `${amount}`)
  })
})
