import { z } from 'zod'
import { duration } from '../duration.ts'
import { name } from '../names.ts'
import { changeKind, readKind, type Undo } from './contract.ts'
import { leasesIfPossible } from './kubernetes-needs.ts'

/** Names of the worker's connections file; where they point and who logs in there is not the runbook's to say. */
const primary = name.default('postgres-primary')
const replica = name.default('postgres-replica')

/** The kinds of steps whose needs are checked. */
export const stepsToCheck = z.array(z.string().max(60)).max(50)

const tooFarBehind = {
  /** Longest time that a replica may be behind. */
  lagOver: duration.default(30_000),
  /** Most that it may be behind. */
  lagOverBytes: z
    .number()
    .int()
    .min(0)
    .default(16 * 1024 * 1024),
}

export const postgresSteps = {
  'postgres.ready': readKind({
    title: { ja: 'PostgreSQL の接続テスト', en: 'PostgreSQL connection test' },
    params: z.strictObject({ connection: primary }),
    byHand: [],
    needs: { postgres: { needs: [] } },
    finds: ['database-down', 'database-starting', 'connections-exhausted'],
  }),
  'postgres.connections': readKind({
    title: { ja: 'PostgreSQL の接続数', en: 'PostgreSQL connections' },
    params: z.strictObject({ connection: primary, idleAfter: duration.default(600_000) }),
    byHand: ['idleAfter'],
    needs: { postgres: { needs: ['pg_monitor'] } },
    finds: ['connections-exhausted', 'idle-connections', 'idle-in-transaction'],
  }),
  'postgres.replication': readKind({
    title: { ja: 'レプリケーションの状態（プライマリ）', en: 'Replication (primary)' },
    params: z.strictObject({
      connection: primary,
      /** How many replicas belong to this primary. */
      replicas: z.number().int().min(0).max(50).default(1),
      ...tooFarBehind,
    }),
    byHand: ['replicas', 'lagOver', 'lagOverBytes'],
    needs: { postgres: { needs: ['pg_monitor'], server: 'primary' } },
    finds: ['not-primary', 'replica-gone', 'replica-lag'],
  }),
  'postgres.lag': readKind({
    title: { ja: 'レプリケーション遅延（レプリカ）', en: 'Replication lag (replica)' },
    params: z.strictObject({ connection: replica, ...tooFarBehind }),
    byHand: ['lagOver', 'lagOverBytes'],
    needs: {
      postgres: {
        needs: [],
        server: 'replica',
        optional: [
          {
            what: ['pg_monitor'],
            without: {
              en: 'postgres.lag cannot tell how far ahead the primary is, nor when it was last heard from',
              ja: 'postgres.lag は、プライマリの位置と最終受信時刻を確認できません',
            },
          },
        ],
      },
    },
    finds: ['replica-gone', 'replica-lag'],
  }),
  'postgres.slow-queries': readKind({
    title: { ja: '遅いクエリ', en: 'Slow queries' },
    params: z.strictObject({
      connection: primary,
      top: z.number().int().min(1).max(30).default(10),
      /** Queries running now count from this age on. */
      runningOver: duration.default(10_000),
    }),
    byHand: ['top', 'runningOver'],
    needs: {
      postgres: {
        needs: ['pg_monitor'],
        optional: [
          {
            what: ['pg_stat_statements'],
            without: {
              en: 'postgres.slow-queries shows only the queries running now',
              ja: 'postgres.slow-queries は実行中のクエリのみ表示します',
            },
          },
        ],
      },
    },
    finds: [],
  }),
  /** Asked by the doctor: what the role lacks shows before an incident needs it. */
  'postgres.access': readKind({
    title: { ja: 'PostgreSQL の権限確認', en: 'PostgreSQL permissions' },
    params: z.strictObject({ connection: primary, steps: stepsToCheck }),
    byHand: [],
    needs: { postgres: { needs: [] } },
    finds: ['right-missing', 'not-prepared'],
  }),
  'postgres.terminate-idle': changeKind({
    title: { ja: 'アイドル接続の切断', en: 'Terminate idle connections' },
    risk: 'disruptive',
    piecemeal: true,
    params: z.strictObject({
      connection: primary,
      olderThan: duration.default(600_000),
      /** Also sessions that are idle within a transaction, which then is rolled back. */
      inTransaction: z.boolean().default(false),
      limit: z.number().int().min(1).max(500).default(500),
    }),
    byHand: ['olderThan', 'inTransaction', 'limit'],
    byVerifiedHand: ['connection'],
    needs: {
      postgres: { needs: ['pg_monitor', 'pg_signal_backend'] },
      kubernetes: { needs: [], optional: [leasesIfPossible] },
    },
    finds: [],
    undo: (): Undo => ({
      irreversible: {
        ja: '切断した接続は戻せません（アプリケーションが必要に応じて再接続します）。',
        en: 'a terminated connection does not come back; the application reconnects when it needs to.',
      },
    }),
  }),
}
