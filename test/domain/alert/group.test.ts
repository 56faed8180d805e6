import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  type AlertGroup,
  firingIn,
  heard,
  isClear,
  isInDoubt,
  type Message,
  overtakenWithinMs,
} from '../../../domain/alert/group.ts'
import { noon } from '../incident/world.ts'

const firing = (id: string, startsAtMs: number) => ({ id, startsAtMs })
const ended = (id: string, startsAtMs: number, endsAtMs: number) => ({ id, startsAtMs, endsAtMs })
const message = (...alerts: Message['alerts'][number][]): Message => ({ alerts, hidden: 0 })

function group(...messages: readonly Message[]): AlertGroup {
  const [first = message(), ...others] = messages
  return others.reduce((known, next) => heard(known, next, noon).group, heard(undefined, first, noon).group)
}

describe('a group of alerts', () => {
  it('counts each beginning once, however often it is told', () => {
    const told = message(firing('a', 10), firing('b', 10))
    const known = group(told, told, told)
    assert.deepEqual([known.fired, firingIn(known)], [2, 2])
    assert.equal(heard(known, told, noon + 1).changed, false)
  })

  it('ends with the end of its last alert, and fires again under a later start', () => {
    const known = group(message(firing('a', 10), firing('b', 11)), message(ended('a', 10, 20)))
    assert.equal(isClear(known), false)
    const clear = heard(known, message(ended('b', 11, 30)), noon).group
    assert.equal(isClear(clear), true)
    const again = heard(clear, message(firing('a', 40)), noon)
    assert.deepEqual([again.begins, again.group.fired, firingIn(again.group)], [true, 3, 1])
  })

  it('begins with an alert that did not fire before, and neither with an end nor with another start of one that does', () => {
    const fires = group(message(firing('a', 10)))
    const over = group(message(ended('a', 10, 20)))
    const begins = (known: AlertGroup | undefined, ...alerts: Message['alerts'][number][]) =>
      heard(known, message(...alerts), noon).begins
    assert.equal(begins(undefined, firing('a', 10)), true)
    assert.equal(begins(undefined, ended('a', 10, 20)), false)
    assert.equal(begins(fires, firing('b', 10)), true)
    assert.equal(begins(fires, ended('b', 10, 20)), false)
    assert.equal(begins(fires, firing('a', 13)), false)
    assert.equal(begins(fires, ended('a', 10, 20)), false)
    assert.equal(begins(over, firing('a', 30)), true)
    assert.equal(begins(over, ended('a', 30, 40)), false)
  })

  it('forgets what ended a day ago, and of more than 1,000 the ended ones that were longest not heard from', () => {
    const day = 24 * 3_600_000
    const known = group(message(ended('a', 10, 20), firing('b', 10)))
    assert.deepEqual(Object.keys(heard(known, message(firing('c', 30)), noon + day - 1).group.alerts), [
      'a',
      'b',
      'c',
    ])
    assert.deepEqual(Object.keys(heard(known, message(firing('c', 30)), noon + day).group.alerts), ['b', 'c'])
    // Pods that come and go, for hours.
    let many: AlertGroup = group(message(firing('b', 10)))
    for (let i = 0; i < 3_000; i += 100) {
      const gone = Array.from({ length: 100 }, (_, n) => ended(`pod-${i + n}`, 10, 20))
      many = heard(many, message(...gone), noon + i).group
    }
    assert.equal(Object.keys(many.alerts).length, 1_000)
    assert.equal(firingIn(many), 1)
    assert.ok('pod-2999' in many.alerts && !('pod-0' in many.alerts))
  })

  it('lets none go that fires while others ended, and of those none that was heard from again', () => {
    const gone = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, n) => ended(`pod-${from + n}`, 10, 20))
    const fires = Array.from({ length: 10 }, (_, n) => firing(`fires-${n}`, 10))
    let known = group(message(...fires.slice(0, 5), ...gone(0, 990), ...fires.slice(5)))
    assert.equal(Object.keys(known.alerts).length, 1_000)
    known = heard(known, message(ended('pod-0', 10, 30)), noon + 1).group
    known = heard(known, message(...gone(990, 993)), noon + 2).group
    assert.equal(firingIn(known), 10)
    assert.deepEqual(
      ['pod-0', 'pod-1', 'pod-2', 'pod-3', 'pod-4', 'pod-992'].map((id) => id in known.alerts),
      [true, false, false, false, true, true],
    )
  })

  it('is not clear while alerts are not listed', () => {
    assert.equal(isClear(group({ alerts: [ended('a', 10, 20)], hidden: 3 })), false)
  })

  it('keeps of an alert that fires its newest start, and no end', () => {
    assert.deepEqual(group(message(firing('a', 10)), message(firing('a', 13))).alerts, {
      a: { startsAtMs: 13, heardAtMs: noon },
    })
  })

  it('has ended what ended in the moment of its start, and lets fire again what starts in the moment of its end', () => {
    assert.equal(isClear(group(message(ended('a', 10, 10)))), true)
    const known = group(message(ended('a', 10, 20)))
    const again = message(firing('a', 20))
    assert.equal(isInDoubt(known, again, noon), true)
    assert.equal(firingIn(heard(known, again, noon + overtakenWithinMs).group), 1)
  })

  it('takes an end as that of what fires when senders saw different starts', () => {
    assert.equal(isClear(group(message(firing('a', 13)), message(ended('a', 10, 20)))), true)
    assert.equal(group(message(firing('a', 10)), message(firing('a', 13))).fired, 1)
  })

  it('keeps a later beginning when the end of an earlier one comes late', () => {
    const known = group(message(firing('a', 10)), message(firing('a', 30)), message(ended('a', 10, 20)))
    // A later start of what fires anyway may be another sender's clock, and is not counted.
    assert.deepEqual([firingIn(known), known.fired], [1, 1])
    const after = group(message(ended('a', 10, 20)), message(firing('a', 30)), message(ended('a', 10, 20)))
    assert.deepEqual([firingIn(after), after.fired], [1, 2])
  })

  it('is in doubt for a minute over a beginning that came after its end, then believes it until the next end', () => {
    const known = group(message(ended('a', 10, 20)))
    const late = message(firing('a', 10))
    assert.equal(isInDoubt(known, late, noon + overtakenWithinMs - 1), true)
    assert.equal(isInDoubt(known, late, noon + overtakenWithinMs), false)
    const again = heard(known, late, noon + overtakenWithinMs)
    assert.deepEqual([again.begins, firingIn(again.group)], [true, 1])
    assert.equal(isClear(heard(again.group, message(ended('a', 10, 50)), noon).group), true)
    assert.equal(isInDoubt(again.group, late, noon + overtakenWithinMs), false)
    assert.equal(isClear(heard(again.group, message(ended('a', 10, 21)), noon).group), true)
    // It is the whole message that is put off, though others of it are in no doubt.
    assert.equal(isInDoubt(known, message(firing('b', 10), ...late.alerts), noon), true)
  })

  it('comes out the same in whatever order and however often its messages are heard', () => {
    // Of each alert: episodes one after another, each told as firing and, but for the last of some, as ended.
    const lives = fc.array(
      fc.record({
        id: fc.constantFrom('a', 'b', 'c'),
        episodes: fc.integer({ min: 1, max: 4 }),
        open: fc.boolean(),
      }),
      { minLength: 1, maxLength: 3 },
    )
    fc.assert(
      fc.property(lives, fc.infiniteStream(fc.nat(1_000)), (some, picks) => {
        const told = [...new Map(some.map((life) => [life.id, life])).values()].flatMap(
          ({ id, episodes, open }) =>
            Array.from({ length: episodes }, (_, i) => i * 100).flatMap((start, i) => [
              message(firing(id, start)),
              ...(open && i === episodes - 1 ? [] : [message(ended(id, start, start + 50))]),
            ]),
        )
        const inOrder = group(...told)
        const shuffled = [...told, ...told].toSorted(() => (picks.next().value ?? 0) - 500)
        const states = shuffled.reduce<AlertGroup | undefined>(
          // What is in doubt is put off, and a message that was overtaken is not sent again.
          (known, next) => (isInDoubt(known, next, noon) ? known : heard(known, next, noon).group),
          undefined,
        )
        for (const [id, alert] of Object.entries(inOrder.alerts)) {
          const other = states?.alerts[id]
          assert.equal(other?.endsAtMs, alert.endsAtMs, id)
          assert.equal(
            firingIn({ alerts: { x: other ?? assert.fail() } }),
            firingIn({ alerts: { x: alert } }),
            id,
          )
        }
        assert.ok((states?.fired ?? 0) <= inOrder.fired)
      }),
      { numRuns: 300 },
    )
  })
})
