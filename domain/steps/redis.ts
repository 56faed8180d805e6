import { z } from 'zod'
import { bytes } from '../bytes.ts'
import { duration } from '../duration.ts'
import { name } from '../runbook/runbook.ts'
import { changeKind, readKind, type Undo } from './contract.ts'
import { only } from './only.ts'
import { stepsToCheck } from './postgres.ts'

/** The name of a Redis in the connections file of the cluster's workers. */
const connection = name.default('redis-master')

/** What Redis does when it is full: refuse writes, or evict keys chosen in this way. */
const policy = z.enum([
  'noeviction',
  'allkeys-lru',
  'allkeys-lfu',
  'allkeys-random',
  'volatile-lru',
  'volatile-lfu',
  'volatile-random',
  'volatile-ttl',
])

/** The settings that `redis.set-memory` found; undo sets them again. */
export const memoryBefore = z.object({ maxmemory: z.number(), policy: z.string() })

/** Whether keys are evicted at once or with the next writes, because more or nearly as much is used as the new limit allows. */
export const memoryChange = memoryBefore.extend({ evicts: z.boolean() })

export const redisSteps = {
  'redis.ready': readKind({
    title: { ja: 'Redis の接続テスト', en: 'Does Redis answer' },
    params: z.strictObject({ connection }),
    byHand: [],
    finds: ['redis-down', 'redis-starting'],
  }),
  'redis.memory': readKind({
    title: { ja: 'Redis のメモリ使用状況', en: 'Memory of Redis' },
    params: z.strictObject({ connection }),
    byHand: [],
    finds: ['redis-full', 'redis-memory-high'],
  }),
  /** Walks the keys without holding up the server (SCAN), within bounds. */
  'redis.biggest-keys': readKind({
    title: { ja: 'Redis の大きなキー', en: 'Biggest keys of Redis' },
    params: z.strictObject({
      connection,
      /** How many keys are looked at, at most. */
      keys: z.number().int().min(1).max(1_000_000).default(100_000),
      within: duration.pipe(z.number().max(30_000, 'expected at most 30s')).default(10_000),
      /** How many of the biggest are named. */
      top: z.number().int().min(1).max(100).default(20),
    }),
    byHand: ['keys', 'within', 'top'],
    finds: [],
  }),
  /** Asked by the doctor: what the user lacks shows before an incident needs it. */
  'redis.access': readKind({
    title: { ja: 'Redis の権限確認', en: 'What the user may do in Redis' },
    params: z.strictObject({ connection, steps: stepsToCheck }),
    byHand: [],
    finds: ['right-missing', 'not-prepared'],
  }),
  'redis.set-memory': changeKind({
    title: { ja: 'Redis のメモリ上限・ポリシーの変更', en: 'Set memory limit and policy of Redis' },
    risk: 'reversible',
    // Settings can be put back, keys that were evicted cannot.
    riskOf: (plan) => (memoryChange.parse(plan.change).evicts ? 'destructive' : 'reversible'),
    params: z
      .strictObject({
        connection,
        /** `512mb` or bytes; 0 means without limit. */
        maxmemory: bytes.optional(),
        /** With `up` a limit that is as high or higher already stays as it is. */
        only: only.optional(),
        policy: policy.optional(),
      })
      .refine(
        (p) => p.maxmemory !== undefined || p.policy !== undefined,
        'expected maxmemory, policy or both',
      ),
    byHand: ['maxmemory', 'policy'],
    byVerifiedHand: ['connection'],
    finds: [],
    undo: (params, plan): Undo => {
      const before = memoryBefore.parse(plan.before)
      return {
        kind: 'redis.set-memory',
        with: {
          connection: params.connection,
          ...(params.maxmemory === undefined ? {} : { maxmemory: before.maxmemory }),
          ...(params.policy === undefined ? {} : { policy: policy.parse(before.policy) }),
        },
      }
    },
  }),
  'redis.flushdb': changeKind({
    title: { ja: 'Redis の全キー削除（FLUSHDB）', en: 'Delete all keys of a Redis database (FLUSHDB)' },
    risk: 'destructive',
    params: z.strictObject({ connection }),
    byHand: [],
    byVerifiedHand: ['connection'],
    finds: [],
    undo: (): Undo => ({
      irreversible: {
        ja: '削除したキーは戻せません（アプリケーションがキャッシュを作り直します）。',
        en: 'deleted keys do not come back; what was a cache is filled anew by its applications.',
      },
    }),
  }),
}
