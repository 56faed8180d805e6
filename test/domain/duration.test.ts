import assert from 'node:assert/strict'
import { duration, durationMs, roughly, showDuration } from '../../domain/duration.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

describe('a duration', () => {
  it('is read in milliseconds, seconds, minutes, hours and days, and in any of them one after the other', () => {
    for (const [source, ms] of [
      ['950ms', 950],
      ['30s', 30_000],
      ['5m', 5 * minute],
      ['2h', 2 * hour],
      ['3d', 3 * day],
      ['1h30m', 90 * minute],
      ['1d1h1m1s1ms', day + hour + minute + 1_001],
      ['0s', 0],
    ] as const)
      assert.equal(durationMs(source), ms, source)
    for (const source of ['', '5', 'm', '-5m', '1.5h', '5 m', '5M', '5m!', '5m\n'])
      assert.equal(durationMs(source), undefined, JSON.stringify(source))
  })

  it('is a parameter as text or as whole milliseconds, and parsing it twice changes nothing', () => {
    assert.equal(duration.parse(duration.parse('1h30m')), 90 * minute)
    assert.equal(duration.parse(0), 0)
    for (const bad of [-1, 1.5, 'soon']) assert.equal(duration.safeParse(bad).success, false, String(bad))
  })

  it('is told without the parts that are nothing, and rounded to seconds from one second on', () => {
    for (const [ms, says] of [
      [0, '0ms'],
      [949.6, '950ms'],
      [999, '999ms'],
      [1_000, '1s'],
      [1_499, '1s'],
      [1_500, '2s'],
      [59_999, '1m'],
      [299_000, '4m59s'],
      [hour, '1h'],
      [90 * minute, '1h30m'],
      [day - 1_000, '23h59m59s'],
      [day, '1d'],
      [3 * day + 4 * hour + 5 * minute + 6_000, '3d4h5m6s'],
    ] as const)
      assert.equal(showDuration(ms), says, `${ms}`)
  })

  it('is told roughly by its two largest parts, and as a second where it is less', () => {
    for (const [ms, says] of [
      [0, '1s'],
      [400, '1s'],
      [40_000, '40s'],
      [299_000, '4m59s'],
      [2 * hour + 5 * minute + 6_000, '2h5m'],
      [3 * day + 4 * hour + 5 * minute, '3d4h'],
    ] as const)
      assert.equal(roughly(ms), says, `${ms}`)
  })
})
