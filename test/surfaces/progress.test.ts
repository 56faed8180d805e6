import assert from 'node:assert/strict'
import { newsIn } from '../../client/doors/cli/under-way.ts'
import { pendingNow } from '../../client/incidents/pending.ts'
import { type Progress, progressIn } from '../../client/incidents/progress.ts'
import { showIncident } from '../../client/incidents/show.ts'
import type { Temporal } from '../../client/temporal/connect.ts'
import { progressSays } from '../../client/words/progress.ts'
import type { IncidentState, StepRun } from '../../domain/incident/fold/state.ts'
import { noon, World } from '../domain/incident/world.ts'

const bytes = 13 * 1024 ** 3
const beat = { at: 'restoring', bytes: bytes * 0.43, ofBytes: bytes, percent: 43 }

function runOf(kind: string, status: StepRun['status'] = 'running'): StepRun {
  return { kind, status, startedAtMs: noon } as StepRun
}

const steps = {
  restore: runOf('postgres.restore'),
  'restore.2': runOf('postgres.restore'),
  rollback: runOf('kubernetes.rollout-undo'),
}

const said = (value: unknown) => ({
  payloads: [{ data: new TextEncoder().encode(JSON.stringify(value)) }],
})

function progressOf(value: unknown, more: object = {}): Progress | undefined {
  const pending = [{ activityId: 'step/restore/run', attempt: 1, heartbeatDetails: said(value), ...more }]
  return progressIn(pending, steps)[0]
}

describe('how far a long step is', () => {
  it('is what its newest heartbeat says, with its start and its attempt', () => {
    const since = new Date(noon).toISOString()
    const pending = [
      { activityId: 'step/restore/run', attempt: 3, state: 2, heartbeatDetails: said(beat) },
      { activityId: 'step/restore.2/run', attempt: 2, state: 1 },
      { activityId: 'step/restore/verify', attempt: 1, heartbeatDetails: said(beat) },
      { activityId: 'step/rollback/run', attempt: 1, heartbeatDetails: said(beat) },
      { activityId: 'step/constructor/run', attempt: 1, heartbeatDetails: said(beat) },
      { activityId: 'situation/2', attempt: 1, heartbeatDetails: said(beat) },
    ]
    assert.deepEqual(progressIn(pending, steps), [
      { step: 'restore', ...beat, attempt: 3, since },
      { step: 'restore.2', attempt: 2, since, waits: true },
    ])
  })

  it('shows nothing of a heartbeat that nobody of ours has written', () => {
    const bare = { step: 'restore', attempt: 1, since: new Date(noon).toISOString() }
    for (const odd of [
      null,
      'restoring',
      [],
      { at: 'x\u001b[31m', percent: 101, bytes: -1, position: 'drop table' },
      { at: { deep: {} }, percent: '43' },
      { why: 'red \u001b[31m' },
    ])
      assert.deepEqual(progressOf(odd), bare, JSON.stringify(odd))
    const torn = { heartbeatDetails: { payloads: [{ data: new Uint8Array([0x7b]) }] } }
    assert.deepEqual(progressOf(undefined, torn), bare)
    assert.deepEqual(progressOf({ ...beat, percent: Number.NaN, secret: 'x' })?.percent, undefined)
    assert.ok(!('secret' in (progressOf({ ...beat, secret: 'x' }) ?? {})))
  })

  it('is a line in both languages', () => {
    const lines: readonly (readonly [unknown, object, string, string])[] = [
      [beat, {}, 'restoring: 43 % of 13 GiB, since 2m', '復元中: 13 GiB の 43 %、開始から 2m'],
      [
        { at: 'recovering', position: '0/3000060' },
        { attempt: 3 },
        'replaying the log: 0/3000060, since 2m (attempt 3)',
        'ログを適用中: 0/3000060、開始から 2m（3 回目）',
      ],
      [
        { at: 'starting', position: '0/3000060', why: 'FailedAttachVolume Multi-Attach error' },
        {},
        'starting the database: FailedAttachVolume Multi-Attach error, since 2m',
        'データベースを起動中: FailedAttachVolume Multi-Attach error、開始から 2m',
      ],
      [
        { at: 'orders-count', done: 2, of: 7 },
        {},
        'checking orders-count: 2/7, since 2m',
        'orders-count を検証中: 2/7、開始から 2m',
      ],
      [
        { at: 'bisecting', probe: 3, ofProbes: 12, percent: 25 },
        {},
        'bisecting: probe 3 of at most 12, since 2m',
        '時点を探索中: 3 回目（最大 12 回）、開始から 2m',
      ],
      [
        { at: 'replica postgres-replica' },
        {},
        'recreating postgres-replica, since 2m',
        'postgres-replica を再作成中、開始から 2m',
      ],
      [{ at: 'postgres.restore.run' }, {}, 'running, since 2m', '実行中、開始から 2m'],
      [
        beat,
        { attempt: 2, state: 1 },
        'waiting for a worker, restoring: 43 % of 13 GiB, since 2m (attempt 2)',
        'ワーカー待ち、復元中: 13 GiB の 43 %、開始から 2m（2 回目）',
      ],
    ]
    for (const [value, more, en, ja] of lines) {
      const progress = progressOf(value, more) ?? assert.fail()
      assert.deepEqual(progressSays(progress, noon + 120_000), { en, ja })
    }
  })

  it('is news with every tenth, every part and every attempt', () => {
    const markOf = (value: unknown, more: object = {}) => {
      const [news] = newsIn({ progress: [progressOf(value, more) ?? assert.fail()] }, noon)
      return news?.mark
    }
    assert.equal(markOf({ ...beat, percent: 41 }), markOf({ ...beat, percent: 49 }))
    const marks = [
      markOf(beat),
      markOf({ ...beat, percent: 50 }),
      markOf({ at: 'recovering' }),
      markOf(beat, { attempt: 2 }),
      markOf(beat, { attempt: 2, state: 1 }),
    ]
    assert.equal(new Set(marks).size, marks.length)
    assert.deepEqual(newsIn(undefined, noon), [])
  })
})

describe('what Temporal is asked for steps under way', () => {
  const state = (of: Readonly<Record<string, StepRun>>): IncidentState => ({
    ...new World().state,
    steps: of,
  })
  /** A Temporal that describes like this. */
  function temporal(describe: () => Promise<unknown>, query?: () => Promise<unknown>): Temporal {
    return {
      connection: { withDeadline: (_: unknown, call: () => unknown) => call() },
      client: {
        workflow: { getHandle: () => ({ describe, query }) },
      },
    } as unknown as Temporal
  }

  it('is nothing while none is', async () => {
    const asked = temporal(() => assert.fail('it was asked'))
    assert.deepEqual(await pendingNow(asked, state({ restore: runOf('postgres.restore', 'verified') })), {})
  })

  it('spoils no answer when it does not answer', async () => {
    const running = state({ restore: runOf('postgres.restore') })
    const away = temporal(
      () => Promise.reject(new Error('away')),
      async () => ({ state: running, head: { seq: 1, hash: '' }, earlierRuns: [] }),
    )
    assert.deepEqual(await pendingNow(away, running), {})
    const shown = await showIncident(away, 'shodo-42')
    assert.ok(shown.source === 'worker' && !('progress' in shown))
  })

  it('is told with the incident', async () => {
    const running = state({ restore: runOf('postgres.restore') })
    const pendingActivities = [{ activityId: 'step/restore/run', attempt: 1, heartbeatDetails: said(beat) }]
    const { progress } = await pendingNow(
      temporal(async () => ({ raw: { pendingActivities } })),
      running,
    )
    assert.deepEqual(
      progress?.map(({ step, percent }) => [step, percent]),
      [['restore', 43]],
    )
  })
})
