import { z } from 'zod'
import { bytes } from '../bytes.ts'
import { duration } from '../duration.ts'
import { expects } from '../expected.ts'
import { name } from '../names.ts'
import type { Text } from '../words.ts'
import { changeKind, readKind, type Undo } from './contract.ts'
import { leasesIfPossible } from './kubernetes-needs.ts'
import { anyKey, type Optional, ownKey } from './needs.ts'
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

/** Of a node of a Redis Cluster alone. */
const shards: Optional<string> = {
  what: ['CLUSTER INFO'],
  without: {
    en: 'the number of shards of a Redis Cluster is unknown',
    ja: 'Redis Cluster のシャード数が分かりません',
  },
}

const limitUnknown: Text = {
  en: "redis.set-memory cannot compare a new limit with the container's",
  ja: 'redis.set-memory は、コンテナーのメモリ上限との比較ができません',
}

export const redisSteps = {
  'redis.ready': readKind({
    title: { ja: 'Redis の接続テスト', en: 'Redis connection test' },
    params: z.strictObject({ connection }),
    byHand: [],
    needs: { redis: { needs: ['PING'] } },
    finds: ['redis-down', 'redis-starting'],
  }),
  'redis.memory': readKind({
    title: { ja: 'Redis のメモリ使用状況', en: 'Redis memory' },
    params: z.strictObject({ connection }),
    byHand: [],
    needs: { redis: { needs: ['INFO'], optional: [shards] } },
    finds: ['redis-full', 'redis-memory-high'],
  }),
  /** Walks the keys without holding up the server (SCAN), within bounds. */
  'redis.biggest-keys': readKind({
    title: { ja: 'Redis の大きなキー', en: 'Biggest Redis keys' },
    params: z.strictObject({
      connection,
      /** How many keys are looked at, at most. */
      keys: z.number().int().min(1).max(1_000_000).default(100_000),
      within: duration.pipe(z.number().max(30_000, expects('at most 30s', '30 秒以下'))).default(10_000),
      /** How many of the biggest are named. */
      top: z.number().int().min(1).max(100).default(20),
    }),
    byHand: ['keys', 'within', 'top'],
    needs: {
      redis: {
        needs: [
          'DBSIZE',
          'SCAN 0',
          `MEMORY USAGE ${anyKey}`,
          ...['TYPE', 'STRLEN', 'LLEN', 'SCARD', 'HLEN', 'ZCARD', 'XLEN'].map((name) => `${name} ${anyKey}`),
        ],
        optional: [{ ...shards, what: ['INFO', ...shards.what] }],
      },
    },
    finds: [],
  }),
  /** Asked by the doctor: what the user lacks shows before an incident needs it. */
  'redis.access': readKind({
    title: { ja: 'Redis の権限確認', en: 'Redis permissions' },
    params: z.strictObject({ connection, steps: stepsToCheck }),
    byHand: [],
    needs: { redis: { needs: ['ACL WHOAMI', 'ACL DRYRUN default PING'] } },
    finds: ['right-missing', 'not-prepared'],
  }),
  'redis.set-memory': changeKind({
    title: { ja: 'Redis のメモリ上限・ポリシーの変更', en: 'Set the Redis memory limit and policy' },
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
        expects('maxmemory, policy or both', 'maxmemory か policy、または両方'),
      ),
    byHand: ['maxmemory', 'policy'],
    byVerifiedHand: ['connection'],
    needs: {
      redis: {
        needs: ['INFO', 'CONFIG SET maxmemory 0', `SET ${ownKey} 1`, `DEL ${ownKey}`],
        optional: [shards, { what: ['CLIENT INFO'], without: limitUnknown }],
      },
      kubernetes: {
        needs: [],
        optional: [leasesIfPossible, { what: ['list pods'], without: limitUnknown }],
      },
    },
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
    needs: {
      redis: {
        needs: [
          'INFO',
          'DBSIZE',
          'FLUSHDB',
          'MULTI',
          'EXEC',
          `SET ${ownKey} 1`,
          ...['WATCH', 'GET', 'EXISTS'].map((name) => `${name} ${ownKey}`),
        ],
        optional: [
          {
            what: ['CONFIG GET save'],
            without: {
              en: 'the plan of redis.flushdb cannot tell whether snapshots are saved',
              ja: 'redis.flushdb の計画に、スナップショット保存の有無を表示できません',
            },
          },
          {
            what: [`EVAL return 1 ${ownKey}`],
            without: {
              en: 'redis.flushdb is refused when the server is over its memory limit',
              ja: 'redis.flushdb は、メモリ上限を超えたサーバーでは拒否されます',
            },
          },
        ],
      },
      kubernetes: { needs: [], optional: [leasesIfPossible] },
    },
    finds: [],
    undo: (): Undo => ({
      irreversible: {
        ja: '削除したキーは戻せません（アプリケーションがキャッシュを作り直します）。',
        en: 'deleted keys do not come back; applications refill what was a cache.',
      },
    }),
  }),
}
