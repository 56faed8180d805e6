import { showBytes } from '../../domain/bytes.ts'
import type { Reading } from '../../domain/steps/contract.ts'
import type { Connections } from '../connections.ts'
import { plainLine } from '../plain-text.ts'
import { pulse } from '../pulse.ts'
import { answersOf, type Redis, withRedis } from './client.ts'

type Params = {
  readonly connection: string
  readonly keys: number
  readonly within: number
  readonly top: number
}

/** One round trip each: small enough that no other client waits long, big enough that 100,000 keys take about a second. */
const keysAtOnce = 1_000
/** Of a list, set or hash only so many members are measured, so that a huge one does not hold up the server. */
const samples = '5'
const nameCharacters = 120

type Sized = { readonly key: Buffer; readonly bytes: number }

/** The biggest among the keys that SCAN gives within the bounds; `complete` says whether that was all of them. */
export function readBiggestKeys(connections: Connections, params: Params): Promise<Reading> {
  return withRedis(connections, params.connection, async (redis, { database }) => {
    const started = performance.now()
    const total = await redis.dbsize()
    const { seen, complete, biggest } = await walk(redis, params)
    const types = await typesOf(redis, biggest)
    const named = biggest.map(({ key, bytes }, i) => ({
      key: plainLine(key.toString(), nameCharacters),
      type: types[i] ?? 'none',
      bytes,
    }))
    const coverage = complete ? `all ${seen} keys` : `${seen} of about ${total} keys`
    return {
      facts: {
        connection: params.connection,
        database,
        keys: total,
        seen,
        complete,
        tookMs: Math.round(performance.now() - started),
        biggest: named,
      },
      findings: [],
      text: [
        `${coverage} of database ${database} were looked at`,
        ...named.map(({ key, type, bytes }) => `${showBytes(bytes)}\t${type}\t${key}`),
      ].join('\n'),
    }
  })
}

async function walk(redis: Redis, { keys, within, top }: Params) {
  const end = performance.now() + within
  let cursor = '0'
  let seen = 0
  let biggest: readonly Sized[] = []
  do {
    const [next, found] = await redis.scanBuffer(cursor, 'COUNT', Math.min(keysAtOnce, keys - seen))
    cursor = next.toString()
    // SCAN may give a few more than asked for.
    const looked = found.slice(0, keys - seen)
    biggest = biggestOf([...biggest, ...(await sizesOf(redis, looked))], top)
    seen += looked.length
    pulse().beat({ seen })
    if (looked.length < found.length) return { seen, complete: false, biggest }
  } while (cursor !== '0' && seen < keys && performance.now() < end)
  return { seen, complete: cursor === '0', biggest }
}

async function sizesOf(redis: Redis, keys: readonly Buffer[]): Promise<readonly Sized[]> {
  if (keys.length === 0) return []
  const batch = redis.pipeline()
  for (const key of keys) batch.memory('USAGE', key, 'SAMPLES', samples)
  const sizes = (await answersOf(batch)) ?? []
  // A key that went meanwhile has no size.
  return keys.flatMap((key, i) => (typeof sizes[i] === 'number' ? [{ key, bytes: sizes[i] }] : []))
}

/** While Redis grows its table, SCAN can give a key twice: each counts once. */
function biggestOf(sized: readonly Sized[], top: number): readonly Sized[] {
  const once = new Map(sized.map((one) => [one.key.toString('latin1'), one]))
  return [...once.values()].sort((a, b) => b.bytes - a.bytes).slice(0, top)
}

async function typesOf(redis: Redis, sized: readonly Sized[]): Promise<readonly string[]> {
  if (sized.length === 0) return []
  const batch = redis.pipeline()
  for (const { key } of sized) batch.type(key)
  return ((await answersOf(batch)) ?? []).map(String)
}
