import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  append,
  firstBreak,
  genesis,
  hashOf,
  type RedactedEvent,
  redacted,
  saltOf,
  secretOf,
  type TimelineEvent,
} from '../../../domain/timeline/chain.ts'
import type { Actor, Receipt } from '../../../domain/words.ts'

const sato: Actor = { kind: 'person', id: 'sato', verified: true }
const noon = Date.UTC(2026, 10, 24, 3)

function chainOf(texts: readonly string[]): TimelineEvent[] {
  let head: Receipt = genesis
  return texts.map((text, i) => {
    const event = append(
      head,
      { type: 'noted', by: sato, data: { text } },
      noon + i,
      'secret',
    ) as TimelineEvent
    head = { seq: event.seq, hash: event.hash }
    return event
  })
}

/** The events with one byte of their JSON changed. Undefined where that is no JSON any more, or means the same. */
function withByteChanged(
  events: readonly TimelineEvent[],
  at: number,
  by: number,
): TimelineEvent[] | undefined {
  const bytes = Buffer.from(JSON.stringify(events))
  const place = at % bytes.length
  bytes[place] = ((bytes[place] ?? 0) + 1 + (by % 255)) % 256
  const text = bytes.toString('utf8')
  try {
    const changed = JSON.parse(text)
    const same = JSON.stringify(changed) === JSON.stringify(events)
    return same || !isListOfEvents(changed) ? undefined : changed
  } catch {
    return undefined
  }
}

function isListOfEvents(value: unknown): value is TimelineEvent[] {
  return Array.isArray(value) && value.every((event) => event !== null && typeof event === 'object')
}

const texts = fc.array(fc.string({ unit: 'grapheme', maxLength: 20 }), { minLength: 1, maxLength: 6 })

describe('the chain of events', () => {
  it('has the hash that it has always had', () => {
    // Should this ever fail, every timeline out there has become unprovable: mend the code, never the number.
    const event = append(
      genesis,
      {
        type: 'noted',
        by: sato,
        data: { text: '火消し 🔥\n"done"', n: [1, 0.5, null, undefined], gone: undefined },
      },
      noon,
      'secret',
    )
    assert.deepEqual(
      { seq: event.seq, at: event.at, hash: event.hash },
      {
        seq: 1,
        at: '2026-11-24T03:00:00.000Z',
        hash: 'a50817c3cc939794d02a93059c978f9680e11ea98b4c458371e61b0e94f067b8',
      },
    )
  })

  it('numbers from 1 and holds from its beginning and from any later receipt', () => {
    const events = chainOf(['a', 'b', 'c', 'd'])
    assert.deepEqual(
      events.map((e) => e.seq),
      [1, 2, 3, 4],
    )
    assert.equal(firstBreak(events), undefined)
    assert.equal(firstBreak([]), undefined)
    const [, second] = events
    assert.equal(firstBreak(events.slice(2), { seq: 2, hash: second?.hash ?? '' }), undefined)
    assert.equal(firstBreak(events.slice(2)), events[2])
  })

  it('holds after any way through JSON', () => {
    fc.assert(
      fc.property(texts, (all) => {
        assert.equal(firstBreak(JSON.parse(JSON.stringify(chainOf(all)))), undefined)
      }),
    )
  })

  it('breaks at the very event in which a byte was changed, wherever it lies', () => {
    let changes = 0
    fc.assert(
      fc.property(texts, fc.nat(), fc.nat(), (all, at, by) => {
        const events = chainOf(all)
        const changed = withByteChanged(events, at, by)
        if (changed === undefined) return
        const differs = changed.findIndex((event, i) => JSON.stringify(event) !== JSON.stringify(events[i]))
        const found = firstBreak(changed)
        // A member that was renamed to one that is not hashed leaves the event without it, which is a change too.
        assert.ok(found !== undefined, JSON.stringify(changed[differs]))
        assert.equal(changed.indexOf(found), differs)
        changes += 1
      }),
      { numRuns: 3_000 },
    )
    assert.ok(changes > 1_000, `only ${changes} changes were events still`)
  })

  it('breaks where an event is taken out, put in, doubled or moved', () => {
    const events = chainOf(['a', 'b', 'c', 'd'])
    const [a, b, c, d] = events
    assert.ok(a !== undefined && b !== undefined && c !== undefined && d !== undefined)
    assert.equal(firstBreak([a, c, d]), c)
    assert.equal(firstBreak([a, b, b, c, d]), b)
    assert.equal(firstBreak([a, c, b, d]), c)
    assert.equal(firstBreak([b, c, d]), b)
    const forged = { ...b, data: { text: 'x' } }
    const rehashed = { ...forged, hash: hashOf(a.hash, forged) }
    assert.equal(firstBreak([a, rehashed, c, d]), c)
  })

  it('holds when who and what were taken out of an event, which then can only be what it was', () => {
    const events = chainOf(['a', 'b', 'c'])
    const [a, b, c] = events
    assert.ok(a !== undefined && b !== undefined && c !== undefined)
    const out = redacted(b)
    assert.deepEqual(Object.keys(out).sort(), ['at', 'body', 'hash', 'seq', 'type'])
    assert.ok(!JSON.stringify(out).includes('sato') && !JSON.stringify(out).includes(b.salt))
    assert.equal(firstBreak<TimelineEvent | RedactedEvent>([a, out, c]), undefined)
    const other = { ...out, type: 'resolved' }
    assert.equal(firstBreak<TimelineEvent | RedactedEvent>([a, other, c]), other)
    const told = { ...b, data: { text: 'x' }, body: out.body }
    assert.equal(firstBreak([a, told, c]), told)
    const { data: _, salt: __, by: ___, ...bare } = told
    const named = { ...bare, by: { ...sato, id: 'tanaka' } } as unknown as TimelineEvent
    assert.equal(firstBreak([a, named, c]), named)
  })

  it('gives each event a salt that says nothing of another one, and the same again', () => {
    const salts = Array.from({ length: 100 }, (_, seq) => saltOf('secret', seq))
    assert.equal(new Set(salts).size, 100)
    assert.ok(salts.every((salt) => /^[0-9a-f]{32}$/.test(salt)))
    assert.equal(saltOf('secret', 7), salts[7])
    assert.notEqual(saltOf('other', 7), salts[7])
    assert.notEqual(saltOf('secret', 7, 'the id of a command'), salts[7])
    assert.notEqual(secretOf('secret', 'shodo-1'), secretOf('secret', 'shodo-2'))
  })

  it('does not show that its end was cut off: that is what receipts are for', () => {
    assert.equal(firstBreak(chainOf(['a', 'b', 'c']).slice(0, 2)), undefined)
  })
})
