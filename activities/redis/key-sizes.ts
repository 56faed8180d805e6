/** How big keys are: in bytes of memory, and in what `redis-cli --bigkeys` counts. */
import type { ChainableCommander } from 'ioredis'
import { answersOf, type Redis } from './client.ts'

export type Sized = {
  readonly key: Buffer
  readonly type: string
  readonly bytes: number
  /** Bytes of a string; items, members, fields or entries of the others; null for a type of a module. */
  readonly size: number | null
}

/** Of a list, set or hash only so many members are measured, so that a huge one does not hold up the server. */
const samples = '5'

type Ask = (batch: ChainableCommander, key: Buffer) => unknown

/** The commands by which redis-cli asks, each of constant cost, and what they count. */
const counted: { readonly [type: string]: { readonly ask: Ask; readonly unit: string } } = {
  string: { ask: (batch, key) => batch.strlen(key), unit: 'bytes' },
  list: { ask: (batch, key) => batch.llen(key), unit: 'items' },
  set: { ask: (batch, key) => batch.scard(key), unit: 'members' },
  hash: { ask: (batch, key) => batch.hlen(key), unit: 'fields' },
  zset: { ask: (batch, key) => batch.zcard(key), unit: 'members' },
  stream: { ask: (batch, key) => batch.xlen(key), unit: 'entries' },
}
/** A type of a module has no size: its name comes once more, which is no number. */
const noSize: Ask = (batch, key) => batch.type(key)

/** What a size of this type counts; null for a type of a module. */
export function unitOf(type: string): string | null {
  return counted[type]?.unit ?? null
}

/** In two round trips. A key that went meanwhile is left out; one that is of another type by now has no size. */
export async function sizesOf(redis: Redis, keys: readonly Buffer[]): Promise<readonly Sized[]> {
  if (keys.length === 0) return []
  const typing = redis.pipeline()
  for (const key of keys) typing.type(key)
  const types = ((await answersOf(typing)) ?? []).map(String)
  const measuring = redis.pipeline()
  for (const [i, key] of keys.entries()) {
    measuring.memory('USAGE', key, 'SAMPLES', samples)
    const { ask } = counted[types[i] ?? ''] ?? { ask: noSize }
    ask(measuring, key)
  }
  const answers = (await measuring.exec()) ?? []
  const refused = answers.find(([error]) => error && !/^WRONGTYPE/.test(error.message))?.[0]
  if (refused) throw refused
  return keys.flatMap((key, i): readonly Sized[] => {
    const [bytes, size] = [answers[2 * i]?.[1], answers[2 * i + 1]?.[1]]
    if (typeof bytes !== 'number') return []
    return [{ key, type: types[i] ?? 'none', bytes, size: typeof size === 'number' ? size : null }]
  })
}
