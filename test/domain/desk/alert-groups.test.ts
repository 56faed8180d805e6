import assert from 'node:assert/strict'
import { alertGroup } from '../../../domain/desk/alert-groups.ts'
import { alertmanager, Desk, ended, firing, group, minute } from './alerted.ts'

const many = (n: number, count = 900) => Array.from({ length: count }, (_, i) => firing(`${n}${i}`))
const kept = (desk: Desk) => (desk.state.alertGroups ?? []).flatMap((shelf) => Object.keys(shelf ?? {}))
const firstDigits = (desk: Desk) => kept(desk).map((id) => id[0])

describe('a desk’s memory of alerts', () => {
  it('forgets groups that are clear for a day, and none that fires, however long', () => {
    const desk = new Desk()
    const beside = (letter: string) => 'a'.repeat(31) + letter
    desk.hear({ group: beside('1'), alerts: [firing('a')] })
    desk.hear({ group: beside('2'), alerts: [ended('b')] })
    desk.now += 24 * 60 * minute - 1
    desk.hear({ group: beside('3'), alerts: [firing('c')] })
    assert.deepEqual(kept(desk), ['1', '2', '3'].map(beside))
    desk.now += 1
    desk.hear({ group: beside('4'), alerts: [firing('d')] })
    assert.deepEqual(kept(desk), ['1', '3', '4'].map(beside))
  })

  it('is bounded, the clear and old ones going first', () => {
    const desk = new Desk()
    for (let n = 1; n <= 6; n += 1) desk.hear({ group: String(n).repeat(32), alerts: many(n) })
    assert.deepEqual(firstDigits(desk), ['3', '4', '5', '6'])
    assert.ok(JSON.stringify(desk.state.alertGroups).length < 400_000)
    const other = new Desk()
    // Heard of in another order than they lie in; the last of them is clear.
    for (const n of [5, 2, 4, 1]) {
      other.now += 1_000
      const alerts = n === 1 ? many(n, 895).map(({ id }) => ended(id)) : many(n, 895)
      other.hear({ group: String(n).repeat(32), alerts })
    }
    assert.deepEqual(firstDigits(other), ['1', '2', '4', '5'])
    other.now += 1_000
    other.hear({ group: '3'.repeat(32), alerts: many(3, 895) })
    assert.deepEqual(firstDigits(other), ['2', '3', '4', '5'])
    other.hear({ group: '6'.repeat(32), alerts: many(6, 895) })
    assert.deepEqual(firstDigits(other), ['2', '3', '4', '6'])
    assert.equal(other.state.alertsKnown, 4 * 896)
  })

  it('lets a clear group go before one that fires, wherever the two lie', () => {
    for (const clear of [1, 2]) {
      const desk = new Desk()
      for (const n of [1, 2, 3, 4, 5]) {
        desk.now += 1_000
        const alerts = n === clear ? many(n, 895).map(({ id }) => ended(id)) : many(n, 895)
        desk.hear({ group: String(n).repeat(32), alerts })
      }
      assert.deepEqual(
        firstDigits(desk),
        ['1', '2', '3', '4', '5'].filter((n) => n !== `${clear}`),
      )
    }
  })

  it('holds 4,000 alerts and groups; of more, the oldest groups go until 3,600 are left', () => {
    const sizes = (first: number, last: number) => {
      const desk = new Desk()
      for (const [i, size] of [first, 1_000, 1_000, 1_000, last].entries()) {
        desk.now += 1_000
        desk.hear({ group: String(i + 1).repeat(32), alerts: many(i + 1, size - 1) })
      }
      return [firstDigits(desk).join(''), desk.state.alertsKnown]
    }
    assert.deepEqual(sizes(400, 600), ['12345', 4_000])
    assert.deepEqual(sizes(401, 600), ['2345', 3_600])
    assert.deepEqual(sizes(400, 601), ['345', 2_601])
  })

  it('counts its groups and their alerts, each once however often it is heard from', () => {
    const desk = new Desk()
    const counted = () => desk.state.alertsKnown
    desk.hear({ alerts: [firing('a'), firing('b')] })
    assert.equal(counted(), 3)
    desk.hear({ alerts: [firing('a'), firing('c')] })
    assert.equal(counted(), 4)
    // One on the same shelf, and one on another.
    desk.hear({ group: `${'a'.repeat(31)}1`, alerts: [ended('d')] })
    assert.equal(counted(), 6)
    desk.hear({ group: 'b'.repeat(32), alerts: [] })
    assert.equal(counted(), 7)
    desk.now += 24 * 60 * minute
    desk.hear({ alerts: [ended('a')] })
    assert.equal(counted(), 5)
  })

  it('has a shelf for each first byte of a group’s hash, where a later release finds the group again', () => {
    const desk = new Desk()
    for (const byte of ['00', '0f', 'f0', 'ff']) {
      const id = byte.padEnd(32, '7')
      desk.hear({ group: id, alerts: [firing('a')] })
      assert.ok(id in (desk.state.alertGroups?.[Number.parseInt(byte, 16)] ?? {}), byte)
      assert.equal(alertGroup(desk.state, id)?.fired, 1)
    }
    assert.equal(desk.state.alertGroups?.length, 256)
    assert.equal(alertGroup(desk.state, group), undefined)
  })

  it('keeps what else waits for an incident when news of its alerts takes the place of older news', () => {
    const desk = new Desk()
    desk.hear({ alerts: [firing('a')] })
    desk.declare({ declaration: { service: 'backend', severity: 'HIGH', description: 'by a person' } })
    desk.hear({ alerts: [firing('b')] })
    assert.deepEqual(
      desk.state.deliveries.map(({ id, by }) => [id, by.id]),
      [
        ['shodo-1/report/2', 'sato'],
        ['shodo-1/alerts/2', alertmanager.id],
      ],
    )
  })
})
