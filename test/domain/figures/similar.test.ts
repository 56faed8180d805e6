import assert from 'node:assert/strict'
import type { Change, Figures } from '../../../domain/figures/figures.ts'
import { type Known, type Like, similarTo } from '../../../domain/figures/similar.ts'

const day = 86_400_000
/** 30 November 2026 in the afternoon, and where the clocks are nine hours ahead. */
const now = Date.UTC(2026, 10, 30, 5)
const tokyo = (ms: number) => ms + 9 * 3_600_000
const like: Like = { incident: 'shodo-42', runbook: 'shodo', service: 'backend', symptom: '5xx', nowMs: now }

function earlier(number: number, daysAgo: number, members: Partial<Figures> = {}): Known {
  const atMs = now - daysAgo * day
  const at = { atMs: atMs + 18 * 60_000, seq: 90 }
  const figures: Figures = {
    runbook: 'shodo',
    service: 'backend',
    symptom: '5xx',
    severity: 'HIGH',
    declared: { atMs, seq: 1, by: 'person' },
    resolved: at,
    over: { ...at, how: 'closed' },
    reopened: 0,
    changes: [],
    pages: [],
    ...members,
  }
  return { incident: `shodo-${number}`, figures, timezone: 'Asia/Tokyo' }
}

const change = (step: string, seq: number): Change => ({
  run: step,
  step,
  kind: 'kubernetes.rollout-undo',
  title: { en: `Do ${step}`, ja: step },
  isUndo: false,
  requested: { atMs: 0, seq: 5 },
  verified: { atMs: 0, seq },
  outcome: 'verified',
})

const named = (known: readonly Known[], to = like) =>
  similarTo(to, known, tokyo).map(({ incident }) => incident)

describe('earlier incidents that are like one', () => {
  it('are of the same symptom, the newest three; else of the same service', () => {
    const others = [1, 2, 3, 4].map((number) => earlier(number, 100 - number))
    const slow = earlier(9, 3, { symptom: 'slow' })
    assert.deepEqual(named([...others, slow]), ['shodo-4', 'shodo-3', 'shodo-2'])
    assert.deepEqual(named([slow]), ['shodo-9'])
    const { symptom: _, ...unknown } = like
    assert.deepEqual(named([...others, slow], unknown), ['shodo-9', 'shodo-4', 'shodo-3'])
  })

  it('are no later ones, none of others, no false alarms, and none of which the end is not known', () => {
    const { resolved: _, over: __, ...open } = earlier(5, 5).figures
    const cancelled = { atMs: now - 5 * day, seq: 9, how: 'cancelled' } as const
    const known = [
      earlier(42, 5),
      earlier(43, 5),
      earlier(100, 5),
      earlier(6, 5, { service: 'frontend' }),
      earlier(7, 5, { runbook: 'other' }),
      earlier(8, 5, { over: cancelled }),
      { ...earlier(5, 5), figures: open },
    ]
    assert.deepEqual(named(known), [])
    assert.deepEqual(named([...known, earlier(9, 6)]), ['shodo-9'])
  })

  it('tell what healed them, and how long it took; nothing where no change took effect', () => {
    const changes = [change('scale-out', 20), change('rollback', 40), change('restart', 95)]
    const [first, second] = similarTo(like, [earlier(9, 3, { changes }), earlier(8, 9)], tokyo)
    assert.deepEqual(first?.healedBy, { step: 'rollback', title: { en: 'Do rollback', ja: 'rollback' } })
    assert.equal(first?.tookMs, 18 * 60_000)
    assert.equal(first?.declaredAt, '2026-11-27T05:00:00.000Z')
    assert.deepEqual([second?.incident, second?.healedBy], ['shodo-8', undefined])
  })

  it('have a place for one of about this day of an earlier year', () => {
    const known = [
      earlier(9, 3),
      earlier(8, 20),
      earlier(7, 40),
      earlier(6, 80),
      earlier(3, 363),
      earlier(2, 733),
    ]
    const found = similarTo(like, known, tokyo)
    assert.deepEqual(
      found.map(({ incident, yearsAgo }) => [incident, yearsAgo]),
      [
        ['shodo-9', undefined],
        ['shodo-8', undefined],
        ['shodo-3', 1],
      ],
    )
    const ago = (days: number) => similarTo(like, [earlier(1, days)], tokyo)[0]?.yearsAgo
    assert.deepEqual(
      [ago(733), ago(372), ago(373), ago(359), ago(358), ago(180), ago(3)],
      [2, 1, undefined, 1, undefined, undefined, undefined],
    )
  })
})
