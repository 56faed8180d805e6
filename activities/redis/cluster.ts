/** A node of a Redis Cluster, said as such: what is seen or done there is a part of the whole. */
import type { Text } from '../../domain/words.ts'
import { isAnswer } from './answer.ts'
import type { Redis } from './client.ts'
import { figure, type Info, isClusterNode, parseInfo } from './info.ts'

/** How many primaries share the keys; null where the user may not ask. Undefined of a server that is no cluster's. */
export async function shardsOf(redis: Redis, info: Info): Promise<number | null | undefined> {
  if (!isClusterNode(info)) return undefined
  try {
    return figure(parseInfo(await redis.cluster('INFO')), 'cluster_size')
  } catch (error) {
    if (isAnswer(error)) return null
    throw error
  }
}

export function shardText(shards: number | null): Text {
  const known = shards !== null && shards > 0
  return {
    en: known ? `one of ${shards} shards of a Redis Cluster` : 'one node of a Redis Cluster',
    ja: known ? `Redis Cluster の ${shards} シャードの 1 つ` : 'Redis Cluster のノードの 1 つ',
  }
}
