import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  type Found,
  mostUnknown,
  nextProbe,
  type Probe,
  placeIn,
  probesFor,
  type Seen,
  totalOf,
} from '../../../domain/restore/bisect.ts'

/** Looks until there is an answer, each time from what is written down alone. */
function search(pattern: readonly Seen[]) {
  const probes: Probe[] = []
  for (;;) {
    const next = nextProbe(pattern.length - 1, structuredClone(probes))
    if (next.kind !== 'probe') return { next, probes }
    const seen = pattern[next.index] ?? assert.fail(`there is no ${next.index}`)
    assert.ok(!probes.some(({ index }) => index === next.index), `${next.index} was looked at before`)
    probes.push({ index: next.index, seen })
  }
}

const found = (pattern: readonly Seen[]): Found => {
  const { next } = search(pattern)
  return next.kind === 'found' ? next : assert.fail(JSON.stringify(next))
}

describe('halving the commits between two times', () => {
  it('finds the one where the check began to fail, with one look for each halving besides the two ends', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (commits, at) => {
          const first = 1 + Math.min(commits - 1, Math.floor(at * commits))
          const probes: Probe[] = []
          for (;;) {
            const next = nextProbe(commits, probes)
            if (next.kind === 'probe')
              probes.push({ index: next.index, seen: next.index < first ? 'holds' : 'fails' })
            else {
              assert.deepEqual(next, {
                kind: 'found',
                holds: first - 1,
                fails: first,
                unknown: [],
                unseen: 0,
              })
              assert.ok(probes.length <= probesFor(commits), `${probes.length} looks at ${commits}`)
              return
            }
          }
        },
      ),
    )
  })

  it('says nothing of a place that was not looked at, whatever the check does', () => {
    const seen = fc.constantFrom<Seen>('holds', 'fails', 'unknown')
    fc.assert(
      fc.property(fc.array(seen, { minLength: 2, maxLength: 200 }), (pattern) => {
        const { next, probes } = search(pattern)
        const seenAt = (index: number) => probes.find((probe) => probe.index === index)?.seen
        if (next.kind === 'wrong-end') {
          const [index, wanted] = next.end === 'good' ? [0, 'holds'] : [pattern.length - 1, 'fails']
          assert.equal(seenAt(index), next.seen)
          assert.notEqual(next.seen, wanted)
          return
        }
        assert.deepEqual([seenAt(next.holds), seenAt(next.fails)], ['holds', 'fails'])
        assert.ok(next.holds < next.fails)
        for (const index of next.unknown) assert.equal(seenAt(index), 'unknown')
        assert.equal(next.fails - next.holds - 1, next.unknown.length + next.unseen)
        const inVain = probes.filter((probe) => probe.seen === 'unknown').length
        assert.ok(next.unseen === 0 || inVain === mostUnknown)
      }),
    )
  })

  it('refuses ends that are the wrong way round, and asks for the bad one only when the good one holds', () => {
    assert.deepEqual(search(['fails', 'holds', 'fails']).probes, [{ index: 0, seen: 'fails' }])
    assert.deepEqual(search(['holds', 'fails', 'holds']).next, {
      kind: 'wrong-end',
      end: 'bad',
      seen: 'holds',
    })
    assert.deepEqual(search(['unknown', 'fails']).next, { kind: 'wrong-end', end: 'good', seen: 'unknown' })
  })

  it('looks beside a place where the check cannot be run, and leaves a range where all of it cannot', () => {
    const stretch = Array.from({ length: 6 }, (): Seen => 'unknown')
    assert.deepEqual(found(['holds', 'holds', ...stretch, 'fails', 'fails']), {
      kind: 'found',
      holds: 1,
      fails: 8,
      unknown: [2, 3, 4, 5, 6, 7],
      unseen: 0,
    })
    const long = Array.from({ length: 1_000 }, (): Seen => 'unknown')
    const given = found(['holds', ...long, 'fails'])
    assert.deepEqual([given.holds, given.fails, given.unseen], [0, 1_001, 1_000 - mostUnknown])
  })

  it('knows in which segment a commit lies', () => {
    const counts = [
      [3, 2],
      [5, 1],
      [6, 4],
    ] as const
    assert.equal(totalOf(counts), 7)
    const places = [0, 1, 2, 3, 4, 7, 8].map((index) => placeIn(counts, index))
    assert.deepEqual(places, [
      undefined,
      { segment: 3, nth: 0 },
      { segment: 3, nth: 1 },
      { segment: 5, nth: 0 },
      { segment: 6, nth: 0 },
      { segment: 6, nth: 3 },
      undefined,
    ])
  })
})
