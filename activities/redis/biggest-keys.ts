import { showBytes } from '../../domain/bytes.ts'
import { counted, verbFor } from '../../domain/counted.ts'
import { present } from '../../domain/present.ts'
import type { Reading } from '../../domain/steps/contract.ts'
import type { Text } from '../../domain/words.ts'
import { excerptOf, plainLine } from '../../edge/plain-text.ts'
import type { Connections } from '../connections-file.ts'
import { pulse } from '../pulse.ts'
import { isAnswer } from './answer.ts'
import { type Redis, withRedis } from './client.ts'
import { shardsOf, shardText } from './cluster.ts'
import { type Info, readInfo } from './info.ts'
import { type Sized, sizesOf, unitOf } from './key-sizes.ts'
import { addedTo, type TypeSum } from './key-types.ts'

type Params = {
  readonly connection: string
  readonly keys: number
  readonly within: number
  readonly top: number
}

/** One look each: small enough that no other client waits long, big enough that 100,000 keys take seconds. */
const keysAtOnce = 1_000
const nameCharacters = 120
/** Redis has six types; modules bring their own. */
const mostTypes = 20

/**
 * The biggest among the keys that SCAN gives within the bounds, and for each type what `redis-cli --bigkeys` prints; `complete` says
 * whether that was all of them.
 */
export function readBiggestKeys(connections: Connections, params: Params): Promise<Reading> {
  return withRedis(connections, params.connection, async (redis, { database }) => {
    const started = performance.now()
    const total = await redis.dbsize()
    const { seen, nameBytes, complete, biggest, types } = await walk(redis, params)
    const named = biggest.map(({ key, ...sized }) => ({ key: shown(key), ...sized }))
    const shards = await shardsOf(redis, await infoIfAllowed(redis))
    const coverage = coverageOf(seen, total, complete)
    const part = shards === undefined ? undefined : shardText(shards)
    return {
      facts: {
        connection: params.connection,
        database,
        keys: total,
        seen,
        nameBytes,
        complete,
        ...present({ clusterShards: shards }),
        tookMs: Math.round(performance.now() - started),
        biggest: named,
        types: types.slice(0, mostTypes).map(typeFacts),
      },
      findings: [],
      text: excerptOf(
        [
          {
            en: `${coverage.en} of database ${database} ${verbFor(seen, 'was', 'were')} scanned${part === undefined ? '' : `, of ${part.en}`}`,
            ja: `データベース ${database} の${coverage.ja}を確認${part === undefined ? '' : `（${part.ja}）`}`,
          },
          ...named.map(({ key, type, bytes }) => `${showBytes(bytes)}\t${type}\t${key}`),
          ...types.slice(0, mostTypes).map(typeLine),
        ],
        16_384,
      ),
    }
  })
}

function coverageOf(seen: number, total: number, complete: boolean): Text {
  if (!complete)
    return { en: `${seen} of about ${counted(total, 'key')}`, ja: `キー約 ${total} 個中 ${seen} 個` }
  return { en: seen === 1 ? 'the one key' : `all ${counted(seen, 'key')}`, ja: `全キー ${seen} 個` }
}

/** The step needs no INFO; where the user may not ask, the server is taken for one alone. */
async function infoIfAllowed(redis: Redis): Promise<Info> {
  try {
    return await readInfo(redis)
  } catch (error) {
    if (isAnswer(error)) return new Map()
    throw error
  }
}

type Walked = {
  readonly seen: number
  /** Of the keys' names, all together. */
  readonly nameBytes: number
  readonly biggest: readonly Sized[]
  readonly types: ReadonlyMap<string, TypeSum>
}

async function walk(redis: Redis, { keys, within, top }: Params) {
  const end = performance.now() + within
  let cursor = '0'
  let isCut = false
  let walked: Walked = { seen: 0, nameBytes: 0, biggest: [], types: new Map() }
  do {
    const room = keys - walked.seen
    const [next, found] = await redis.scanBuffer(cursor, 'COUNT', Math.min(keysAtOnce, room))
    cursor = next.toString()
    // SCAN may give a few more than asked for.
    isCut = found.length > room
    walked = further(walked, found.slice(0, room), await sizesOf(redis, found.slice(0, room)), top)
    pulse().beat({ seen: walked.seen })
  } while (!isCut && cursor !== '0' && walked.seen < keys && performance.now() < end)
  const types = [...walked.types.values()].sort((a, b) => b.keys - a.keys || (a.type < b.type ? -1 : 1))
  return { ...walked, types, complete: !isCut && cursor === '0' }
}

function further(before: Walked, looked: readonly Buffer[], sized: readonly Sized[], top: number): Walked {
  return {
    seen: before.seen + looked.length,
    nameBytes: looked.reduce((sum, key) => sum + key.length, before.nameBytes),
    biggest: biggestOf([...before.biggest, ...sized], top),
    types: addedTo(before.types, sized),
  }
}

/** While Redis grows its table, SCAN can give a key twice: each counts once. */
function biggestOf(sized: readonly Sized[], top: number): readonly Sized[] {
  const once = new Map(sized.map((one) => [one.key.toString('latin1'), one]))
  return [...once.values()].sort((a, b) => b.bytes - a.bytes).slice(0, top)
}

function typeFacts({ type, keys, size, biggest }: TypeSum) {
  return {
    type: plainLine(type, 60),
    keys,
    unit: unitOf(type),
    size,
    average: Math.round((size / keys) * 100) / 100,
    biggest: biggest === undefined ? null : { key: shown(biggest.key), size: biggest.size },
  }
}

function typeLine(sum: TypeSum): string {
  const { type, keys, unit, size, average } = typeFacts(sum)
  return unit === null
    ? `${type}: ${counted(keys, 'key')}`
    : `${type}: ${counted(keys, 'key')}, ${size} ${unit}, average ${average}`
}

function shown(key: Buffer): string {
  return plainLine(key.toString(), nameCharacters)
}
