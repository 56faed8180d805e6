import assert from 'node:assert/strict'
import { nightOf, weekOf } from '../../../domain/figures/calendar.ts'
import type { Change, Figures } from '../../../domain/figures/figures.ts'
import { type Counted, type Symptom, statsOf } from '../../../domain/figures/stats.ts'

const start = Date.UTC(2026, 10, 24, 3)
const minute = 60_000
const tokyo = (ms: number) => ms + 9 * 3_600_000

function incident(members: Partial<Figures> = {}, ackMs = minute, mttrMs = 10 * minute): Counted {
  const at = (ms: number) => ({ atMs: start + ms, seq: 2 })
  const figures: Figures = {
    runbook: 'shodo',
    service: 'backend',
    symptom: '5xx',
    severity: 'HIGH',
    declared: { atMs: start, seq: 1, by: 'person' },
    acknowledged: at(ackMs),
    mitigated: at(mttrMs),
    resolved: { atMs: start + mttrMs, seq: 90 },
    over: { ...at(mttrMs), how: 'closed' },
    reopened: 0,
    changes: [],
    pages: [],
    ...members,
  }
  return { figures, timezone: 'Asia/Tokyo' }
}

function change(step: string, members: Partial<Change> = {}): Change {
  const moment = { atMs: start, seq: 5 }
  return {
    run: step,
    step,
    kind: 'kubernetes.rollout-undo',
    title: { en: step, ja: step },
    isUndo: false,
    requested: moment,
    started: moment,
    verified: { atMs: start, seq: 10 },
    ended: { atMs: start, seq: 10 },
    outcome: 'verified',
    ...members,
  }
}

const page = (person: string, atMs: number, reason: 'due' | 'all-clear' = 'due') => ({
  person,
  reason,
  requested: { atMs, seq: 3 },
  sent: { atMs, seq: 4, lateMs: 0 },
})

const stats = (
  incidents: readonly Counted[],
  by: Parameters<typeof statsOf>[1] = 'service',
  symptoms: readonly Symptom[] = [],
) => statsOf(incidents, by, symptoms, (ms) => tokyo(ms))

describe('statistics', () => {
  it('have median and mean of each group, and of all', () => {
    const { groups, all } = stats([
      incident(),
      incident({}, 3 * minute, 30 * minute),
      incident({ service: 'frontend' }, 2 * minute, 20 * minute),
    ])
    assert.deepEqual(
      groups.map(({ name, incidents, mtta, mttr }) => [name, incidents, mtta?.medianMs, mttr?.meanMs]),
      [
        ['shodo/backend', 2, 2 * minute, 20 * minute],
        ['shodo/frontend', 1, 2 * minute, 20 * minute],
      ],
    )
    assert.deepEqual([all.incidents, all.mttr], [3, { of: 3, meanMs: 20 * minute, medianMs: 20 * minute }])
  })

  it('count false alarms, and let them into no time; what is open has no end', () => {
    const { acknowledged: _, mitigated: __, resolved: ___, over: ____, ...open } = incident().figures
    const { all } = stats([
      incident({ over: { atMs: start, seq: 3, how: 'cancelled' } }, 1, 1),
      { figures: open, timezone: 'Asia/Tokyo' },
    ])
    assert.deepEqual(
      [all.incidents, all.cancelled, all.open, all.mtta, all.mttr],
      [2, 1, 1, undefined, undefined],
    )
  })

  it('stand in the order of their kind', () => {
    const severities = stats([incident({ severity: 'LOW' }), incident({ severity: 'CRITICAL' })], 'severity')
    assert.deepEqual(
      severities.groups.map(({ name }) => name),
      ['CRITICAL', 'LOW'],
    )
    const later = { declared: { atMs: start + 7 * 86_400_000, seq: 1, by: 'alert' as const } }
    assert.deepEqual(
      stats([incident(later), incident()], 'week').groups.map(({ name }) => name),
      ['2026-W48', '2026-W49'],
    )
  })

  it('say who was woken in which night, by the evening on which it began; an all-clear wakes nobody', () => {
    const night = Date.UTC(2026, 10, 24, 17)
    const { people, all } = stats([
      incident({ pages: [page('sato', night), page('sato', night + minute), page('kato', start)] }),
      incident({ pages: [page('sato', night - 24 * 60 * minute), page('sato', night, 'all-clear')] }),
    ])
    assert.deepEqual(people, [
      {
        person: 'sato',
        pages: 3,
        atNight: 3,
        nights: [
          { night: '2026-11-24', pages: 2 },
          { night: '2026-11-23', pages: 1 },
        ],
      },
      { person: 'kato', pages: 1, atNight: 0, nights: [] },
    ])
    assert.equal(all.pages, 4)
  })

  it('tell steps that heal from those that do not', () => {
    const { steps } = stats([
      incident({
        changes: [
          change('restart', { verified: { atMs: start, seq: 8 } }),
          change('rollback', { verified: { atMs: start, seq: 9 } }),
          change('rollback-undo', { isUndo: true }),
        ],
      }),
      incident({
        changes: [change('restart', { outcome: 'failed' }), change('scale', { outcome: 'undone' })],
      }),
    ])
    const told = steps.map(({ step, runs, healed, failed, undone }) => [step, runs, healed, failed, undone])
    assert.deepEqual(told, [
      ['rollback', 1, 1, 0, 0],
      ['restart', 2, 0, 1, 0],
      ['scale', 1, 0, 0, 1],
    ])
  })

  it('name the symptoms that no incident had', () => {
    const symptom = (id: string): Symptom => ({
      runbook: 'shodo',
      service: 'backend',
      id,
      title: { en: id, ja: id },
    })
    const { neverSeen } = stats([incident()], 'service', [symptom('5xx'), symptom('slow')])
    assert.deepEqual(
      neverSeen.map(({ id }) => id),
      ['slow'],
    )
  })

  it('of nothing are empty', () => {
    const { all, groups, people, steps } = stats([])
    assert.deepEqual([all.incidents, groups, people, steps], [0, [], [], []])
  })
})

describe('the calendar', () => {
  const wall = (text: string) => Date.parse(`${text}Z`)

  it('has the weeks of ISO 8601, over the turns of years', () => {
    const weeks = [
      ['2026-11-23T00:00:00', '2026-W48'],
      ['2026-11-29T23:59:59', '2026-W48'],
      ['2026-11-30T00:00:00', '2026-W49'],
      ['2026-12-31T12:00:00', '2026-W53'],
      ['2027-01-03T12:00:00', '2026-W53'],
      ['2027-01-04T00:00:00', '2027-W01'],
      ['2024-12-30T00:00:00', '2025-W01'],
      ['2021-01-01T00:00:00', '2020-W53'],
    ] as const
    for (const [at, week] of weeks) assert.equal(weekOf(wall(at)), week, at)
  })

  it('has nights from 22:00 to 7:00, each of its evening', () => {
    const nights = [
      ['2026-11-24T21:59:59', undefined],
      ['2026-11-24T22:00:00', '2026-11-24'],
      ['2026-11-25T00:00:00', '2026-11-24'],
      ['2026-11-25T06:59:59', '2026-11-24'],
      ['2026-11-25T07:00:00', undefined],
    ] as const
    for (const [at, night] of nights) assert.equal(nightOf(wall(at)), night, at)
  })
})
