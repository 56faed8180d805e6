import { showBytes } from '../../domain/bytes.ts'
import { present } from '../../domain/present.ts'
import type { Finding, Reading } from '../../domain/steps/contract.ts'
import { serverName } from '../../domain/steps/subject.ts'
import { excerptOf, plainLine } from '../../edge/plain-text.ts'
import type { Connections } from '../connections-file.ts'
import { withRedis } from './client.ts'
import { shardsOf, shardText } from './cluster.ts'
import { figure, type Info, lastSave, memoryIn, parseInfo, refusedWrites, sectionOf } from './info.ts'

const highPercent = 80
const fullPercent = 95
/** Redis 7 has some 60. */
const mostFigures = 120

/** How full it is, by its own figures, and what that does to its clients. */
export function readMemory(connections: Connections, connection: string): Promise<Reading> {
  return withRedis(connections, connection, async (redis) => {
    const text = await redis.info()
    const info = parseInfo(text)
    const shards = await shardsOf(redis, info)
    return {
      facts: {
        ...factsOf(info, connection),
        ...present({ clusterShards: shards }),
        memory: allFigures(sectionOf(text, 'Memory')),
      },
      findings: findingsIn(info, connection),
      text: excerptOf([...(shards === undefined ? [] : [shardText(shards)]), textOf(info)], 16_384),
    }
  })
}

function factsOf(info: Info, connection: string) {
  const { maxmemory, policy } = memoryIn(info)
  return {
    connection,
    version: info.get('redis_version') ?? null,
    role: info.get('role') ?? null,
    uptimeSeconds: figure(info, 'uptime_in_seconds'),
    usedBytes: figure(info, 'used_memory'),
    peakBytes: figure(info, 'used_memory_peak'),
    rssBytes: figure(info, 'used_memory_rss'),
    maxBytes: maxmemory,
    usedPercent: usedPercent(info),
    policy,
    fragmentation: figure(info, 'mem_fragmentation_ratio'),
    evictedKeys: figure(info, 'evicted_keys'),
    refusedWrites: refusedWrites(info),
    rejectedConnections: figure(info, 'rejected_connections'),
    connectedClients: figure(info, 'connected_clients'),
    maxClients: figure(info, 'maxclients'),
    connectedReplicas: figure(info, 'connected_slaves'),
    appendOnly: info.get('aof_enabled') === '1',
    lastSave: lastSave(info),
    lastSaveOk: info.get('rdb_last_bgsave_status') === 'ok',
  }
}

/** All of `INFO memory`, by Redis' own names; what is no plain figure (`1.20M`, `98.6%`, `jemalloc-5.3.0`) as it was printed. */
function allFigures(memory: Info): Readonly<Record<string, number | string>> {
  const names = [...memory.keys()].slice(0, mostFigures)
  return Object.fromEntries(
    names.map((name) => [plainLine(name, 60), figure(memory, name) ?? plainLine(memory.get(name) ?? '', 60)]),
  )
}

function usedPercent(info: Info): number | null {
  const { countedBytes, maxmemory } = memoryIn(info)
  return maxmemory === 0 ? null : Math.round((countedBytes / maxmemory) * 1_000) / 10
}

function findingsIn(info: Info, connection: string): readonly Finding[] {
  const percent = usedPercent(info)
  if (percent === null || percent < highPercent) return []
  const { countedBytes, maxmemory, policy } = memoryIn(info)
  const refused = refusedWrites(info)
  // Refusals count from the server's start, so that alone they say nothing about now; a policy that evicts can still find nothing to evict.
  const isFull = percent >= fullPercent && (policy === 'noeviction' || refused > 0)
  const amount = `${showBytes(countedBytes)} / ${showBytes(maxmemory)} (${percent}%)`
  return [
    {
      code: isFull ? 'redis-full' : 'redis-memory-high',
      subject: serverName('redis', connection),
      says: isFull
        ? {
            en: `${connection} is full: ${amount}, policy ${policy}; writes refused since it started: ${refused}`,
            ja: `${connection} のメモリが上限に達しています: ${amount}、ポリシー ${policy}、起動後に拒否された書き込み ${refused} 件`,
          }
        : {
            en: `${connection} is high on memory: ${amount}, policy ${policy}`,
            ja: `${connection} のメモリ使用率が高くなっています: ${amount}、ポリシー ${policy}`,
          },
      evidence: [
        `used_memory ${figure(info, 'used_memory')} maxmemory ${maxmemory} maxmemory_policy ${policy}`,
        `errorstat_OOM ${refused} evicted_keys ${figure(info, 'evicted_keys')}`,
      ],
      data: { countedBytes, maxBytes: maxmemory, percent, policy, refusedWrites: refused },
    },
  ]
}

/** The lines of INFO that people look for first, in Redis' own words. */
const firstLooked = [
  'role',
  'used_memory',
  'used_memory_peak',
  'used_memory_rss',
  'maxmemory',
  'maxmemory_policy',
  'mem_fragmentation_ratio',
  'evicted_keys',
  'errorstat_OOM',
  'rejected_connections',
  'connected_clients',
  'connected_slaves',
  'aof_enabled',
  'rdb_last_bgsave_status',
]

function textOf(info: Info): string {
  return firstLooked
    .filter((name) => info.has(name))
    .map((name) => `${name}:${info.get(name)}`)
    .join('\n')
}
