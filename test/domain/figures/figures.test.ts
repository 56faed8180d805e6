import assert from 'node:assert/strict'
import fc from 'fast-check'
import { type Figures, figuresOf, healer, waitOf } from '../../../domain/figures/figures.ts'
import { mark, marksOf } from '../../../domain/figures/marks.ts'
import { type FiguresRecord, recordOf, storiesIn } from '../../../domain/figures/record.ts'
import { live, lives } from '../incident/moves.ts'
import { kato, noon, sato, World, yamada } from '../incident/world.ts'

const figures = (world: World): Figures => figuresOf(marksOf(world.events)) ?? assert.fail('no figures')
const since = (ms: number | undefined) => (ms === undefined ? undefined : ms - noon)

describe('the figures of an incident', () => {
  it('count from the declaration to the first acknowledgement and the last resolution', () => {
    const world = new World()
    world.wait(60_000)
    world.command('acknowledge', yamada, {})
    world.wait(60_000)
    world.command('resolve', kato, {})
    world.command('reopen', kato, { reason: 'again' })
    world.command('acknowledge', kato, {})
    assert.equal(figures(world).resolved, undefined)
    world.wait(60_000)
    world.command('resolve', kato, {})
    const { acknowledged, mitigated, resolved, reopened, declared, over } = figures(world)
    assert.deepEqual(
      [since(acknowledged?.atMs), since(mitigated?.atMs), since(resolved?.atMs)],
      [60_000, 120_000, 180_000],
    )
    assert.deepEqual([reopened, declared.by, over], [1, 'person', undefined])
    assert.equal(world.events[(resolved?.seq ?? 0) - 1]?.type, 'resolved')
  })

  it('take for acknowledged what somebody began to work on, as the incident does', () => {
    const world = new World({ symptom: '5xx' })
    world.wait(60_000)
    world.command('note', kato, { text: 'I have seen something like it' })
    assert.equal(figures(world).acknowledged, undefined)
    world.wait(60_000)
    world.command('run', sato, { step: 'rollback' })
    world.wait(60_000)
    world.command('resolve', kato, {})
    const { acknowledged } = figures(world)
    assert.equal(since(acknowledged?.atMs), 120_000)
    assert.equal(world.events[(acknowledged?.seq ?? 0) - 1]?.by.id, sato.id)
  })

  it('know what each change came to, how long it waited, and which one healed', () => {
    const world = new World({ symptom: '5xx' })
    world.command('run', sato, { step: 'rollback' })
    world.allGoesWell()
    world.wait(20_000)
    world.command('approve', yamada, { step: 'rollback', hash: world.step('rollback').hash ?? '' })
    world.allGoesWell()
    const before = figures(world)
    assert.equal(healer(before), undefined)
    world.command('resolve', kato, {})
    const told = figures(world)
    const change = told.changes.find(({ run }) => run === 'rollback') ?? assert.fail('no rollback')
    assert.deepEqual([change.outcome, waitOf(change), healer(told)?.run], ['verified', 20_000, 'rollback'])
    assert.equal(since(told.mitigated?.atMs), 20_000)
  })

  it('do not take a change that was rejected, or taken back, for one that healed', () => {
    const world = new World({ symptom: '5xx' })
    world.command('run', sato, { step: 'rollback' })
    world.allGoesWell()
    world.command('reject', yamada, { step: 'rollback', reason: 'not now' })
    world.command('resolve', kato, {})
    const told = figures(world)
    assert.deepEqual(
      told.changes.filter(({ run }) => run === 'rollback').map(({ outcome }) => outcome),
      ['rejected'],
    )
    assert.equal(healer(told), undefined)
  })

  it('follow severity and symptom, and say that a false alarm was one', () => {
    const world = new World({ severity: 'LOW' })
    world.command('set-severity', kato, { severity: 'HIGH' })
    world.command('set-symptom', kato, { symptom: '5xx' })
    world.command('cancel', kato, { reason: 'a false alarm' })
    const { severity, symptom, over } = figures(world)
    assert.deepEqual([severity, symptom, over?.how], ['HIGH', '5xx', 'cancelled'])
  })

  it('know who was paged, and when it went out', () => {
    const world = new World()
    world.wait(5 * 60_000)
    world.allGoesWell()
    const { pages } = figures(world)
    assert.ok(pages.length > 0)
    assert.ok(pages.every(({ sent, requested }) => sent !== undefined && sent.seq > requested.seq))
  })

  it('are there only with the beginning', () => {
    assert.equal(figuresOf(marksOf(new World().events.slice(1))), undefined)
    assert.equal(figuresOf([]), undefined)
  })
})

describe('the record of a run', () => {
  it('reads back as it was written, and gives the same figures in pieces, whatever happened', () => {
    fc.assert(
      fc.property(lives, fc.nat(200), (life, at) => {
        const { opening, events } = live(life)
        const { book } = opening.runbook
        const cut = Math.min(at, events.length)
        const record = (run: number, some: typeof events) =>
          recordOf({ incident: 'shodo-42', run, runId: `run-${run}`, events: some, book })
        const pieces = [record(1, events.slice(0, cut)), record(2, events.slice(cut))].filter(
          (one) => one !== undefined,
        )
        const marks = pieces.flatMap((piece) => piece.marks)
        assert.deepEqual(
          marks.map((one) => mark.parse(JSON.parse(JSON.stringify(one)))),
          marks,
        )
        assert.deepEqual(figuresOf(marks), figuresOf(marksOf(events)))
      }),
      { numRuns: 40 },
    )
  })

  it('is one story from its first run on; a number that was given out twice is two', () => {
    const one = (runId: string, run: number, firstSeq: number, lastSeq: number): FiguresRecord => ({
      v: 1,
      incident: 'shodo-1',
      run,
      runId,
      firstSeq,
      lastSeq,
      timezone: 'UTC',
      symptoms: [],
      marks: [],
    })
    const names = (records: readonly FiguresRecord[]) =>
      storiesIn(records).map((story) => story.map(({ runId, lastSeq }) => `${runId}:${lastSeq}`))
    assert.deepEqual(names([one('b', 2, 11, 20), one('a', 1, 1, 10)]), [['a:10', 'b:20']])
    assert.deepEqual(names([one('a', 1, 1, 10), one('a', 1, 1, 12)]), [['a:12']])
    assert.deepEqual(names([one('a', 1, 1, 10), one('x', 1, 1, 7), one('b', 2, 11, 20)]), [
      ['a:10', 'b:20'],
      ['x:7'],
    ])
    assert.deepEqual(names([one('b', 2, 11, 20)]), [])
  })
})
