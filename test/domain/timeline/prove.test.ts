import assert from 'node:assert/strict'
import { append, genesis, type TimelineEvent } from '../../../domain/timeline/chain.ts'
import type { Reset, RunEvidence } from '../../../domain/timeline/evidence.ts'
import { archivedSha256, type KeptFile } from '../../../domain/timeline/kept-files.ts'
import { type Proof, prove, type Verdict } from '../../../domain/timeline/prove.ts'
import type { Sent } from '../../../domain/timeline/unlike.ts'
import { type Actor, type Receipt, system } from '../../../domain/words.ts'

const sato: Actor = { kind: 'person', id: 'sato', verified: true }
const noon = Date.UTC(2026, 10, 24, 3)

/** Three runs of an incident: notes, each answered with a receipt and sealed; a page; and what each hands over. */
class Story {
  readonly runs: RunEvidence[] = []
  #head: Receipt = genesis
  #earlier: { readonly runId: string; readonly firstSeq: number }[] = []
  #input: unknown = { desk: 'shodo', opening: { incident: 'shodo-1' } }

  run(notes: number, end: 'continued' | 'closed' | 'none', more: readonly TimelineData[] = []): this {
    const run = this.#earlier.length + 1
    const runId = `run-${run}`
    const sent: Sent[] = []
    const events: TimelineEvent[] = []
    const write = (type: string, data: object): Receipt => {
      const event = append(
        this.#head,
        { type, by: sato, data },
        noon + this.#head.seq,
        'secret',
      ) as TimelineEvent
      events.push(event)
      this.#head = { seq: event.seq, hash: event.hash }
      return this.#head
    }
    for (let note = 0; note < notes; note += 1) {
      sent.push({ kind: 'update', id: `${run}-${note}`, payload: { receipt: write('noted', { note }) } })
      sent.push({ kind: 'seal', id: '', payload: this.#head })
    }
    for (const { type, data } of more) write(type, data)
    sent.push({ kind: 'activity', id: `page/${run}`, payload: { key: run, head: this.#head } })
    sent.push({ kind: 'refusal', id: `${run}-no`, payload: { name: 'already' } })
    const input = this.#input
    if (end === 'continued') {
      this.#earlier = [...this.#earlier, { runId, firstSeq: events[0]?.seq ?? 0 }]
      this.#input = { desk: 'shodo', carried: { state: {}, head: this.#head, earlierRuns: this.#earlier } }
      sent.push({ kind: 'continue-as-new', id: '', payload: this.#input })
    }
    if (end === 'closed') sent.push({ kind: 'result', id: '', payload: { receipt: this.#head } })
    this.runs.push({
      run,
      runId,
      startedAs: runId,
      ...(run === 1 ? {} : { follows: `run-${run - 1}` }),
      ...(end === 'continued' ? { next: `run-${run + 1}` } : {}),
      end,
      resets: [],
      input,
      recorded: sent,
      events,
      sent,
    })
    return this
  }
}

type TimelineData = { readonly type: string; readonly data: object }

const whole = () => new Story().run(3, 'continued').run(2, 'continued').run(4, 'closed').runs
const changed = (runs: readonly RunEvidence[], index: number, change: Partial<RunEvidence>) =>
  runs.map((run, i) => (i === index ? { ...run, ...change } : run))
const of = (runs: readonly RunEvidence[], proof: Partial<Proof> = {}) =>
  prove({ runs, source: 'over', ...proof })
const missing = ({ missing }: Verdict) => missing.map(({ what, run }) => `${what} ${run ?? '-'}`)
const at = ({ verdict, difference }: Verdict) => [verdict, difference?.run, difference?.at]

describe('the proof of a story', () => {
  it('is identical where every run, receipt and payload agrees, and all are there', () => {
    const runs = whole()
    const verdict = of(runs)
    const last = runs[2]?.events.at(-1)
    assert.deepEqual(verdict, {
      verdict: 'identical',
      identical: true,
      runs: 3,
      events: 9,
      // An update and a seal for each note, a page for each run, two runs handed over, a result.
      receipts: 9 * 2 + 3 + 2 + 1,
      sha256: last?.hash,
      unsealed: 0,
      ends: { how: 'closed', seq: 9 },
      resets: [],
      missing: [],
    })
  })

  it('is the same in whatever order the runs come', () => {
    assert.deepEqual(of(whole().toReversed()), of(whole()))
  })

  it('counts what no receipt vouches for yet', () => {
    const [run] = new Story().run(3, 'none').runs
    assert.ok(run !== undefined)
    const exchanged = run.sent.slice(0, 2)
    const verdict = of([{ ...run, sent: exchanged, recorded: exchanged }], { source: 'running' })
    assert.deepEqual(
      [verdict.verdict, verdict.unsealed, verdict.ends],
      ['identical', 2, { how: 'open', seq: 3 }],
    )
  })

  it('is incomplete where nothing is there', () => {
    const { verdict, missing } = prove({ runs: [], source: 'over' })
    assert.deepEqual([verdict, missing.map(({ what, run }) => [what, run])], ['incomplete', [['run', 1]]])
  })

  it('is incomplete without the first, a middle or the last run, and names it with its id', () => {
    for (const [index, id] of [
      [0, ' (run-1)'],
      [1, ' (run-2)'],
      [2, ' (run-3)'],
    ] as const) {
      const verdict = of(whole().filter((_, i) => i !== index))
      assert.equal(verdict.verdict, 'incomplete')
      assert.deepEqual(missing(verdict), [`run ${index + 1}`])
      assert.equal(verdict.missing[0]?.says.en, `run ${index + 1}${id} is missing`)
      assert.ok(verdict.receipts > 0)
    }
    const ends = of(whole().slice(0, 2)).ends
    assert.deepEqual(ends, { how: 'continued', seq: 5 })
  })

  it('is incomplete where the last run has no end, unless it is still open or puts itself away', () => {
    const runs = new Story().run(1, 'continued').run(2, 'none').runs
    const cut = of(runs)
    assert.deepEqual([cut.verdict, missing(cut), cut.ends], ['incomplete', ['end 2'], { how: 'cut', seq: 3 }])
    assert.equal(of(runs, { source: 'running' }).ends.how, 'open')
    assert.equal(of(runs, { source: 'archive' }).verdict, 'incomplete')
    const call: Sent = { kind: 'activity', id: 'archive/2', payload: {} }
    const sent = [...(runs[1]?.sent ?? []), call]
    const put = changed(runs, 1, { sent, recorded: sent })
    assert.deepEqual(
      [of(put, { source: 'archive' }).verdict, of(put, { source: 'archive' }).ends.how],
      ['identical', 'archived'],
    )
    assert.equal(of(put).verdict, 'incomplete')
    // That of another run does not end this one.
    const other = [...(runs[1]?.sent ?? []), { ...call, id: 'archive/1' }]
    assert.equal(
      of(changed(runs, 1, { sent: other, recorded: other }), { source: 'archive' }).verdict,
      'incomplete',
    )
  })

  it('is incomplete where Temporal ended it from outside', () => {
    const verdict = of(changed(whole(), 2, { end: 'outside' }))
    assert.deepEqual(
      [verdict.verdict, missing(verdict), verdict.ends.how],
      ['incomplete', ['end 3'], 'outside'],
    )
  })

  it('is incomplete where a history has a hole, and does not look into it', () => {
    const verdict = of(changed(whole(), 1, { gap: 7, events: [], sent: [], broke: 'lost its way' }))
    assert.equal(verdict.verdict, 'incomplete')
    assert.deepEqual(missing(verdict), ['events 2'])
    assert.match(verdict.missing[0]?.says.en ?? '', /event 7 /)
  })

  it('is incomplete where a file cannot be read', () => {
    const verdict = of(whole(), { unreadable: ['run-0002.history.json'] })
    assert.deepEqual([verdict.verdict, missing(verdict)], ['incomplete', ['file -']])
  })

  it('ends in mid-task where all that is lacking comes last', () => {
    const runs = new Story().run(2, 'none').runs
    const [run] = runs
    const torn = changed(runs, 0, { recorded: run?.recorded.slice(0, -1) ?? [] })
    assert.deepEqual(
      [of(torn, { source: 'running' }).verdict, missing(of(torn, { source: 'running' }))],
      ['incomplete', ['end 1']],
    )
    const holed = changed(runs, 0, { recorded: run?.recorded.filter((_, i) => i !== 2) ?? [] })
    assert.deepEqual(at(of(holed, { source: 'running' })), ['different', 1, 'update 1-1'])
  })

  it('differs where something was made and does not stand in the history, whatever its kind', () => {
    for (const kind of ['update', 'seal', 'activity', 'refusal', 'result']) {
      const runs = whole()
      const without = runs[2]?.recorded.findLastIndex((entry) => entry.kind === kind) ?? -1
      const entry = runs[2]?.recorded[without]
      const recorded = runs[2]?.recorded.filter((_, i) => i !== without) ?? []
      const name = entry?.id === '' ? entry.kind : `${entry?.kind} ${entry?.id}`
      assert.deepEqual(at(of(changed(runs, 2, { recorded }))), ['different', 3, name])
    }
  })

  it('lets an activity go that was withdrawn in the task that wanted it, and no other', () => {
    const runs = whole()
    const page: Sent = { kind: 'activity', id: 'page/x', payload: {} }
    const back: Sent = { kind: 'withdrawn', id: 'page/x', payload: null }
    const sent = [...(runs[2]?.sent ?? []), page]
    assert.equal(of(changed(runs, 2, { sent })).verdict, 'different')
    assert.equal(of(changed(runs, 2, { sent: [...sent, back] })).verdict, 'identical')
    const recorded = [...(runs[2]?.recorded ?? []), page]
    assert.equal(of(changed(runs, 2, { sent: [...sent, back], recorded })).verdict, 'identical')
  })

  it('differs where the history has what was not made, or has it otherwise', () => {
    const runs = whole()
    const more: Sent[] = [...(runs[1]?.recorded ?? []), { kind: 'signal', id: 'x', payload: {} }]
    assert.deepEqual(at(of(changed(runs, 1, { recorded: more }))), ['different', 2, 'signal x'])
    const other =
      runs[1]?.recorded.map((e) => (e.kind === 'refusal' ? { ...e, payload: { name: 'frozen' } } : e)) ?? []
    const verdict = of(changed(runs, 1, { recorded: other }))
    assert.deepEqual(at(verdict), ['different', 2, 'refusal 2-no'])
    assert.match(verdict.difference?.says.en ?? '', /frozen.* against .*already/)
  })

  it('differs at the first wrong receipt, and says which events can differ', () => {
    const runs = whole()
    const recorded =
      runs[1]?.recorded.map((e) =>
        e.id === '2-1' ? { ...e, payload: { receipt: { seq: 5, hash: 'f'.repeat(64) } } } : e,
      ) ?? []
    const verdict = of(changed(runs, 1, { recorded }))
    assert.deepEqual(at(verdict), ['different', 2, 'update 2-1'])
    assert.deepEqual(verdict.difference?.events, [5, 5])
    const actual = runs[1]?.events[1]?.hash.slice(0, 12)
    assert.equal(
      verdict.difference?.says.en,
      `for event 5 its receipt says ffffffffffff, the re-execution ${actual}`,
    )
    const beyond =
      runs[1]?.recorded.map((e) =>
        e.id === '2-1' ? { ...e, payload: { receipt: { seq: 99, hash: 'f' } } } : e,
      ) ?? []
    assert.match(of(changed(runs, 1, { recorded: beyond })).difference?.says.en ?? '', /names event 99/)
  })

  it('says of a wrong receipt that all events since the last right one can differ', () => {
    const runs = whole()
    const forged = { receipt: { seq: 5, hash: 'f'.repeat(64) } }
    // Of the second run nothing but this receipt is left.
    const recorded: Sent[] = [{ kind: 'update', id: '2-1', payload: forged }]
    assert.deepEqual(of(changed(runs, 1, { recorded })).difference?.events, [4, 5])
    const first: Sent[] = [{ kind: 'update', id: '1-2', payload: { receipt: { seq: 3, hash: 'f' } } }]
    assert.deepEqual(of(changed(runs, 0, { recorded: first })).difference?.events, [1, 3])
  })

  it('finds the receipt wherever a payload keeps it, and takes nothing else for one', () => {
    const { runs } = new Story().run(2, 'closed')
    const [run] = runs
    assert.ok(run !== undefined)
    const head = { seq: 2, hash: run.events[1]?.hash ?? '' }
    const count = (payload: unknown) => {
      const entry: Sent = { kind: 'activity', id: 'more', payload }
      const given = { sent: [...run.sent, entry], recorded: [...run.recorded, entry] }
      return of([{ ...run, ...given }]).receipts - of(runs).receipts
    }
    for (const payload of [head, { receipt: head }, { head }, { context: { head } }, { carried: { head } }])
      assert.equal(count(payload), 1, JSON.stringify(payload))
    for (const payload of [null, 'text', 7, { seq: 2 }, { hash: head.hash }, { other: head }, [head]])
      assert.equal(count(payload), 0, JSON.stringify(payload))
    for (const payload of [
      { seq: '2', hash: head.hash },
      { seq: 2, hash: 7 },
    ])
      assert.equal(count(payload), 0, JSON.stringify(payload))
    // The head of a run that has told nothing yet is the genesis.
    assert.equal(count({ head: genesis }), 1)
    assert.equal(count({ head: { ...genesis, seq: 1 } }), 0)
  })

  it('shows of two payloads twenty characters on both sides of where they part', () => {
    const runs = whole()
    const digits = '0123456789'
    const text = (middle: string) => `${digits.repeat(3)}${middle}${digits.repeat(3)}`
    const payload = (middle: string) => ({ text: text(middle) })
    const sent: Sent[] = [...(runs[2]?.sent ?? []), { kind: 'signal', id: 'x', payload: payload('a') }]
    const recorded: Sent[] = [
      ...(runs[2]?.recorded ?? []),
      { kind: 'signal', id: 'x', payload: payload('b') },
    ]
    assert.equal(
      of(changed(runs, 2, { sent, recorded })).difference?.says.en,
      'what the workflow sent differs from the record: ' +
        `…${digits.repeat(2)}b${digits.repeat(2).slice(0, 19)}… against …${digits.repeat(2)}a${digits.repeat(2).slice(0, 19)}…`,
    )
    const short = (one: string): Sent[] => [{ kind: 'signal', id: 'x', payload: one }]
    const { difference } = of(changed(runs, 2, { sent: short('ab'), recorded: short('a') }))
    assert.match(difference?.says.en ?? '', /: …"a"… against …"ab"…$/)
    // Of a list and an object nothing is the same.
    const long = digits.repeat(3)
    const kinds: Readonly<Record<'recorded' | 'sent', Sent[]>> = {
      recorded: [{ kind: 'signal', id: 'x', payload: [long] }],
      sent: [{ kind: 'signal', id: 'x', payload: { [long]: 1 } }],
    }
    assert.match(
      of(changed(runs, 2, kinds)).difference?.says.en ?? '',
      /: …\["012345678901234567… against …\{"012345678901234567…$/,
    )
  })

  it('differs where the re-execution took another course', () => {
    const verdict = of(changed(whole(), 0, { broke: 'no such activity' }))
    assert.deepEqual(at(verdict), ['different', 1, 'history'])
  })

  it('differs where a run does not follow from the one before it', () => {
    const runs = whole()
    for (const change of [{ follows: 'run-x' }, { startedAs: 'run-x' }])
      assert.deepEqual(at(of(changed(runs, 1, change))), ['different', 2, 'run'])
    assert.deepEqual(at(of(changed(runs, 0, { runId: 'run-x' }))), ['different', 2, 'run'])
    const input = structuredClone(runs[1]?.input) as { desk: string }
    input.desk = 'another'
    assert.deepEqual(at(of(changed(runs, 1, { input }))), ['different', 2, 'input'])
  })

  it('differs where two histories are one run, and where a file has the number of another', () => {
    const runs = whole()
    const [first] = runs
    assert.ok(first !== undefined)
    assert.deepEqual(at(of([...runs, { ...first, runId: 'twin' }])), ['different', 1, 'run'])
    assert.deepEqual(at(of(changed(runs, 1, { named: 3 }))), ['different', 2, 'file name'])
    assert.equal(of(changed(runs, 1, { named: 2 })).verdict, 'identical')
  })

  it('differs where its events do not form a chain', () => {
    const runs = whole()
    const events =
      runs[1]?.events.map((event, i) => (i === 1 ? { ...event, data: { note: 'x' } } : event)) ?? []
    assert.deepEqual(at(of(changed(runs, 1, { events }))), ['different', 2, 'chain'])
  })

  it('holds a head that was given out elsewhere', () => {
    const runs = whole()
    const { seq, hash } = runs[1]?.events[0] ?? assert.fail()
    assert.equal(of(runs, { head: { seq, hash } }).verdict, 'identical')
    const other = of(runs, { head: { seq, hash: 'f'.repeat(64) } })
    assert.deepEqual(at(other), ['different', 0, 'head'])
    assert.equal(
      other.difference?.says.en,
      `event ${seq} was ffffffffffff when its head was issued, and is ${hash.slice(0, 12)} here`,
    )
    const beyond = of(runs, { head: { seq: 10, hash } })
    assert.deepEqual([beyond.verdict, missing(beyond)], ['incomplete', ['head -']])
    // Of a run that is not here nobody can say.
    const before = of(runs.slice(1), { head: { seq: 1, hash } })
    assert.deepEqual([before.verdict, missing(before)], ['incomplete', ['run 1', 'head -']])
  })

  it('tells of a reset, and is incomplete unless nothing was lost by it', () => {
    const reset: Reset = {
      run: 2,
      event: 40,
      at: '2026-11-24T03:00:00Z',
      reason: 'stuck',
      formerRunId: 'former',
    }
    const runs = changed(whole(), 1, { resets: [reset] })
    const unknown = of(runs)
    assert.deepEqual(
      [unknown.verdict, missing(unknown), unknown.resets],
      ['incomplete', ['reset 2'], [reset]],
    )
    assert.match(unknown.missing[0]?.says.en ?? '', /event 40: stuck; what former held/)
    const events = runs[1]?.events ?? []
    const harmless = of(runs, { formerRuns: [{ runId: 'former', events: events.slice(0, 1) }] })
    assert.deepEqual([harmless.verdict, harmless.resets[0]?.lost], ['identical', 0])
    const lost = events.map((event) => ({ ...event, hash: 'f'.repeat(64) }))
    const harmful = of(runs, { formerRuns: [{ runId: 'former', events: lost }] })
    assert.deepEqual([harmful.verdict, harmful.resets[0]?.lost], ['incomplete', 2])
    assert.match(harmful.missing[0]?.says.en ?? '', /2 events of former/)
  })

  it('holds files of the archive against what the timeline says of them', () => {
    const sha256 = 'a'.repeat(64)
    const eventsSha256 = 'e'.repeat(64)
    const archived = {
      type: 'archived',
      data: { run: 1, runId: 'run-1', result: { historySha256: sha256, eventsSha256 } },
    }
    const { runs } = new Story().run(2, 'continued').run(1, 'closed', [archived])
    const file: KeptFile = { name: 'run-0001.history.json', runId: 'run-1', what: 'history', sha256 }
    const events: KeptFile = {
      ...file,
      name: 'run-0001.events.json',
      sha256: eventsSha256,
      what: 'events',
      events: runs[0]?.events,
    }
    assert.equal(of(runs, { files: [file, events] }).verdict, 'identical')
    // Whether the last run's events were put away nothing says: they were where its history comes from the archive.
    const history: KeptFile = { ...file, name: 'run-0002.history.json', runId: 'run-2' }
    assert.equal(of(runs, { files: [file, events, history] }).verdict, 'identical')
    assert.equal(of(runs, { files: [file, events, history], source: 'archive' }).verdict, 'incomplete')
    const other = 'b'.repeat(64)
    const [event = assert.fail()] = runs[0]?.events ?? []
    assert.equal(
      of(runs, { files: [{ ...file, sha256: other }] }).difference?.says.en,
      'its SHA-256 is bbbbbbbbbbbb; it was aaaaaaaaaaaa when archived',
    )
    assert.deepEqual(at(of(runs, { files: [{ ...file, sha256: other }] })), ['different', 1, file.name])
    assert.deepEqual(at(of(runs, { files: [file, { ...events, sha256: other }] })), [
      'different',
      1,
      events.name,
    ])
    // What else stands under that name in a timeline says nothing of a file.
    for (const data of [null, 'run-1', { runId: 'run-1' }, { runId: 'run-1', result: null }])
      assert.equal(
        archivedSha256([{ ...event, type: 'archived', data: data as never }], 'run-1', 'history'),
        undefined,
      )
    // Nothing says what the last run's should be; its events must be those of the re-execution anyway.
    const last: KeptFile = { ...events, name: 'run-0002.events.json', runId: 'run-2', sha256: other }
    assert.equal(of(runs, { files: [{ ...last, events: runs[1]?.events.slice(0, 1) }] }).verdict, 'identical')
    for (const bad of [undefined, {}, runs[0]?.events, [...(runs[1]?.events ?? []), {}]])
      assert.deepEqual(at(of(runs, { files: [{ ...last, events: bad }] })), ['different', 2, last.name])
    assert.equal(of(runs, { files: [{ ...file, runId: 'another', sha256: other }] }).verdict, 'identical')
  })

  it('numbers the runs of a desk, which does not carry all of them', () => {
    const earlierRuns = [{ run: 41, runId: 'run-41', firstSeq: 700 }]
    const head = { seq: 800, hash: 'c'.repeat(64) }
    const event = append(
      head,
      { type: 'frozen', by: system, data: { on: true } },
      noon,
      'secret',
    ) as TimelineEvent
    const run: RunEvidence = {
      run: 1,
      runId: 'run-42',
      startedAs: 'run-42',
      follows: 'run-41',
      end: 'none',
      resets: [],
      input: { desk: 'shodo', carried: { head, earlierRuns } },
      recorded: [],
      events: [event],
      sent: [],
    }
    const verdict = of([run], { source: 'running' })
    assert.equal(verdict.missing.length, 41)
    assert.equal(verdict.missing[40]?.says.en, 'run 41 (run-41) is missing')
    assert.deepEqual(verdict.ends, { how: 'open', seq: 801 })
  })

  it('says everything in both languages', () => {
    const runs = whole()
    const all = [
      of(runs.slice(1)),
      of(changed(runs, 1, { gap: 7 })),
      of(runs, { unreadable: ['x'] }),
      of(runs, { head: { seq: 99, hash: 'x' } }),
      of(changed(runs, 2, { end: 'none' })),
      of(changed(runs, 2, { end: 'outside' })),
    ]
    const input = { ...(runs[1]?.input as object), desk: 'another' }
    const wrong: Sent[] = [
      { kind: 'update', id: '2-1', payload: { receipt: { seq: 5, hash: '7'.repeat(64) } } },
    ]
    const beyond: Sent[] = [{ kind: 'update', id: '2-1', payload: { receipt: { seq: 99, hash: '7' } } }]
    const reset = { run: 2, event: 40, at: 'T', reason: 'stuck', formerRunId: 'former' }
    const [second] = runs[1]?.events ?? []
    const differing = [
      of(changed(runs, 1, { input })),
      of(changed(runs, 1, { follows: 'run-x' })),
      of(changed(runs, 1, { named: 3 })),
      of([...runs, { ...(runs[1] ?? assert.fail()), runId: 'twin' }]),
      of(changed(runs, 1, { recorded: wrong })),
      of(changed(runs, 1, { recorded: beyond })),
      of(changed(runs, 1, { events: second === undefined ? [] : [{ ...second, at: 'then' }] })),
      of(changed(runs, 1, { broke: 'lost' })),
      of(runs, { head: { seq: 4, hash: '7'.repeat(64) } }),
      of(changed(runs, 1, { resets: [reset] })),
      of(changed(runs, 1, { resets: [reset] }), { formerRuns: [{ runId: 'former', events: [] }] }),
      of(changed(runs, 1, { resets: [{ ...reset, reason: '' }] }), {
        formerRuns: [{ runId: 'former', events: runs[2]?.events.map((e) => ({ ...e, hash: '7' })) ?? [] }],
      }),
    ]
    const figures = (text: string) => new Set(text.match(/\d+/g))
    for (const { missing, difference } of [...all, ...differing])
      for (const { says } of [...missing, ...(difference === undefined ? [] : [difference])]) {
        assert.match(says.ja, /[ぁ-んァ-ヶ一-龠]/)
        assert.doesNotMatch(says.en, /[ぁ-んァ-ヶ一-龠]/)
        assert.deepEqual(figures(says.ja), figures(says.en), says.en)
      }
  })
})
