import type { HandOf } from '../../domain/steps/contract.ts'
import type { redisSteps } from '../../domain/steps/redis.ts'
import type { Connections } from '../connections-file.ts'
import type { Kubernetes } from '../kubernetes/api/client.ts'
import { readAccess } from './access.ts'
import { readBiggestKeys } from './biggest-keys.ts'
import { flushdbHand } from './flushdb.ts'
import { readMemory } from './memory.ts'
import { readReady } from './ready.ts'
import { setMemoryHand } from './set-memory.ts'

type RedisHands = { readonly [K in keyof typeof redisSteps]: HandOf<(typeof redisSteps)[K]> }

/** Without `kubernetes` nothing is known of a server's pod. */
export function redisHands(connections: Connections, kubernetes?: Kubernetes): RedisHands {
  return {
    'redis.ready': ({ connection }) => readReady(connections, connection),
    'redis.memory': ({ connection }) => readMemory(connections, connection),
    'redis.biggest-keys': (params) => readBiggestKeys(connections, params),
    'redis.access': (params) => readAccess(connections, params),
    'redis.set-memory': setMemoryHand(connections, kubernetes),
    'redis.flushdb': flushdbHand(connections),
  }
}
