/** What a server says about itself (INFO): `name:value` lines under headings. */
import type { Redis } from './client.ts'

export type Info = ReadonlyMap<string, string>

/** The default sections: one name each is all that servers before 7 take. */
export async function readInfo(redis: Redis): Promise<Info> {
  return parseInfo(await redis.info())
}

/** One section of all that INFO says, such as `Memory`; empty where there is none. */
export function sectionOf(text: string, title: string): Info {
  const [, section = ''] = text.split(new RegExp(`^# ${title}\\s*$`, 'm'))
  return parseInfo(section.split(/^# /m)[0] ?? '')
}

export function parseInfo(text: string): Info {
  return new Map(
    text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.startsWith('#') && line.includes(':'))
      .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
  )
}

/** A figure of INFO; null where this version has none. */
export function figure(info: Info, name: string): number | null {
  const value = info.get(name)
  return value === undefined || value === '' || !Number.isFinite(Number(value)) ? null : Number(value)
}

export type Memory = {
  /** What counts towards the limit: all memory but the buffers for replicas and the append-only file. */
  readonly countedBytes: number
  /** 0 means without limit. */
  readonly maxmemory: number
  readonly policy: string
  /** Of the machine, not of the container; 0 where it does not say. */
  readonly machineBytes: number
}

export function memoryIn(info: Info): Memory {
  const used = figure(info, 'used_memory') ?? 0
  return {
    countedBytes: Math.max(0, used - (figure(info, 'mem_not_counted_for_evict') ?? 0)),
    maxmemory: figure(info, 'maxmemory') ?? 0,
    policy: info.get('maxmemory_policy') ?? 'unknown',
    machineBytes: figure(info, 'total_system_memory') ?? 0,
  }
}

/** A node of a Redis Cluster holds a part of the keys, and sends whoever asks for others elsewhere. */
export function isClusterNode(info: Info): boolean {
  return info.get('cluster_enabled') === '1'
}

export function isReplica(info: Info): boolean {
  return info.get('role') === 'slave'
}

/** Writes that were refused because the memory was full, since the server's start. */
export function refusedWrites(info: Info): number {
  return Number(/^count=(\d+)/.exec(info.get('errorstat_OOM') ?? '')?.[1] ?? 0)
}

/** When the data was last saved to disk, ISO time; null where that was before the server's start, or never. */
export function lastSave(info: Info): string | null {
  const saved = figure(info, 'rdb_last_save_time')
  const started =
    Math.floor((figure(info, 'server_time_usec') ?? 0) / 1e6) - (figure(info, 'uptime_in_seconds') ?? 0)
  // A server that has not saved yet gives the time of its start.
  if (saved === null || saved <= started + 1) return null
  return new Date(saved * 1_000).toISOString().replace('.000Z', 'Z')
}
