/** What a FLUSHDB would take, as people must see it before they say yes. */
import { showBytes } from '../../domain/bytes.ts'
import type { Text } from '../../domain/words.ts'
import { isAnswer } from './answer.ts'
import type { Redis } from './client.ts'
import { figure, lastSave, readInfo } from './info.ts'

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

export function costText(database: number, connection: string, cost: FlushCost): Text {
  const { keys, usedBytes, otherDatabasesKeys, snapshots, appendOnly, replicas } = cost
  const rdb = snapshots === null ? 'unknown' : onOff(snapshots)
  const rdbJa = snapshots === null ? '不明' : onOff(snapshots)
  return {
    en: `Delete all ${keys} keys of database ${database} of ${connection} (its server uses ${showBytes(usedBytes)}; other databases keep ${otherDatabasesKeys} keys; snapshots ${rdb}, append-only file ${onOff(appendOnly)}, last saved ${cost.lastSave ?? 'never since its start'}; ${replicas} replicas lose them too)`,
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
