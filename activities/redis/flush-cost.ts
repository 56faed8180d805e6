/** What a FLUSHDB would take, as people must see it before they say yes. */
import { z } from 'zod'
import { isDrift } from '../../domain/approval/same-plan.ts'
import { showBytes } from '../../domain/bytes.ts'
import { counted, verbFor } from '../../domain/counted.ts'
import type { Plan } from '../../domain/steps/contract.ts'
import type { Text } from '../../domain/words.ts'
import { isAnswer } from './answer.ts'
import type { Redis } from './client.ts'
import { figure, isClusterNode, lastSave, memoryIn, readInfo } from './info.ts'

export type FlushCost = {
  readonly keys: number
  /** Of the whole server: Redis does not count by database. */
  readonly usedBytes: number
  readonly otherDatabasesKeys: number
  /** Whether it saves snapshots by itself; null where the user may not ask. */
  readonly snapshots: boolean | null
  readonly appendOnly: boolean
  readonly lastSave: string | null
  readonly replicas: number
}

export type Flushable = {
  readonly runId: string
  /** `host:port` of its primary; undefined when it is none's replica. */
  readonly primary: string | undefined
  readonly isClusterNode: boolean
  /** Whether it evicts keys that have an end before all others. */
  readonly evictsMarked: boolean
  readonly cost: FlushCost
}

export async function readFlushable(redis: Redis, database: number): Promise<Flushable> {
  const info = await readInfo(redis)
  const others = [...info]
    .filter(([name]) => /^db\d+$/.test(name) && name !== `db${database}`)
    .map(([, value]) => Number(/^keys=(\d+)/.exec(value)?.[1] ?? 0))
  const primary = info.get('master_host')
  return {
    runId: info.get('run_id') ?? '',
    primary: primary === undefined ? undefined : `${primary}:${info.get('master_port')}`,
    isClusterNode: isClusterNode(info),
    evictsMarked: memoryIn(info).policy.startsWith('volatile-'),
    cost: {
      keys: await redis.dbsize(),
      usedBytes: figure(info, 'used_memory') ?? 0,
      otherDatabasesKeys: others.reduce((sum, keys) => sum + keys, 0),
      snapshots: await savesSnapshots(redis),
      appendOnly: info.get('aof_enabled') === '1',
      lastSave: lastSave(info),
      replicas: figure(info, 'connected_slaves') ?? 0,
    },
  }
}

const costOf: z.ZodType<FlushCost> = z.object({
  keys: z.number(),
  usedBytes: z.number(),
  otherDatabasesKeys: z.number(),
  snapshots: z.boolean().nullable(),
  appendOnly: z.boolean(),
  lastSave: z.string().nullable(),
  replicas: z.number(),
})

/** The cost with the figures that people were told, where they may have moved since; a database is written to all the time. */
export function costTold(found: FlushCost, told: Plan | undefined): FlushCost {
  const before = costOf.safeParse(told?.before).data
  if (before === undefined) return found
  const figure = (name: 'keys' | 'usedBytes' | 'otherDatabasesKeys') =>
    isDrift(before[name], found[name]) ? before[name] : found[name]
  const isSavedSince = before.lastSave !== null && found.lastSave !== null && before.lastSave < found.lastSave
  return {
    ...found,
    keys: figure('keys'),
    usedBytes: figure('usedBytes'),
    otherDatabasesKeys: figure('otherDatabasesKeys'),
    lastSave: isSavedSince || before.lastSave === null ? before.lastSave : found.lastSave,
  }
}

export function costText(database: number, connection: string, cost: FlushCost): Text {
  const { keys, usedBytes, otherDatabasesKeys, snapshots, appendOnly, replicas } = cost
  const rdb = snapshots === null ? 'unknown' : onOff(snapshots)
  const rdbJa = snapshots === null ? '不明' : onOff(snapshots)
  return {
    en: `Delete ${keys === 1 ? 'the one key' : `all ${counted(keys, 'key')}`} in database ${database} of ${connection} (its server uses ${showBytes(usedBytes)}; other databases keep ${counted(otherDatabasesKeys, 'key')}; snapshots ${rdb}, append-only file ${onOff(appendOnly)}, last saved ${cost.lastSave ?? 'never since its start'}; ${counted(replicas, 'replica')} ${verbFor(replicas, 'loses', 'lose')} them too)`,
    ja: `${connection} のデータベース ${database} のキー ${keys} 個をすべて削除（サーバーの使用メモリ ${showBytes(usedBytes)}、他のデータベースのキー ${otherDatabasesKeys} 個は残ります。RDB ${rdbJa}、AOF ${onOff(appendOnly)}、最終保存 ${cost.lastSave ?? '起動後なし'}、レプリカ ${replicas} 台からも消えます）`,
  }
}

function onOff(on: boolean): string {
  return on ? 'on' : 'off'
}

async function savesSnapshots(redis: Redis): Promise<boolean | null> {
  try {
    const [, points = ''] = (await redis.config('GET', 'save')) as readonly string[]
    return points !== ''
  } catch (error) {
    if (isAnswer(error)) return null
    throw error
  }
}
