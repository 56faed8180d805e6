import { z } from 'zod'
import { duration } from '../duration.ts'
import { name } from '../runbook/runbook.ts'
import { changeKind, readKind, type Undo } from './contract.ts'

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
    title: { ja: 'PostgreSQL の接続テスト', en: 'Does PostgreSQL accept connections' },
    params: z.strictObject({ connection: primary }),
    byHand: [],
    finds: ['database-down', 'database-starting', 'connections-exhausted'],
  }),
  'postgres.connections': readKind({
    title: { ja: 'PostgreSQL の接続数', en: 'PostgreSQL connections' },
    params: z.strictObject({ connection: primary, idleAfter: duration.default(600_000) }),
    byHand: ['idleAfter'],
    finds: ['connections-exhausted', 'idle-connections', 'idle-in-transaction'],
  }),
  'postgres.replication': readKind({
    title: { ja: 'レプリケーションの状態（プライマリ）', en: 'Replication, as the primary sees it' },
    params: z.strictObject({
      connection: primary,
      /** How many replicas belong to this primary. */
      replicas: z.number().int().min(0).max(50).default(1),
      ...tooFarBehind,
    }),
    byHand: ['replicas', 'lagOver', 'lagOverBytes'],
    finds: ['not-primary', 'replica-gone', 'replica-lag'],
  }),
  'postgres.lag': readKind({
    title: { ja: 'レプリケーション遅延（レプリカ）', en: 'Replication lag, as the replica sees it' },
    params: z.strictObject({ connection: replica, ...tooFarBehind }),
    byHand: ['lagOver', 'lagOverBytes'],
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
    finds: [],
  }),
  /** Asked by the doctor: what the role lacks shows before an incident needs it. */
  'postgres.access': readKind({
    title: { ja: 'PostgreSQL の権限確認', en: 'What the role may do in PostgreSQL' },
    params: z.strictObject({ connection: primary, steps: stepsToCheck }),
    byHand: [],
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
    finds: [],
    undo: (): Undo => ({
      irreversible: {
        ja: '切断した接続は戻せません（アプリケーションが必要に応じて再接続します）。',
        en: 'a terminated connection does not come back; its application connects again when it needs to.',
      },
    }),
  }),
}
