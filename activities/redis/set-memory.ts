import { createHash } from 'node:crypto'
import { showBytes } from '../../domain/bytes.ts'
import type { ChangeHand, Done, Plan, StepContext, Verified } from '../../domain/steps/contract.ts'
import { memoryBefore, memoryChange } from '../../domain/steps/redis.ts'
import type { Text } from '../../domain/words.ts'
import { refuseChanged } from '../changed.ts'
import type { Connections } from '../connections.ts'
import { refuse } from '../refusal.ts'
import { codeOf, isAnswer, saysOf } from './answer.ts'
import { type Redis, withRedis } from './client.ts'
import { isReplica, type Memory, memoryIn, readInfo } from './info.ts'

type Params = {
  readonly connection: string
  readonly maxmemory?: number | undefined
  readonly policy?: string | undefined
}

/** Sets limit and policy while Redis runs; what its configuration file says, and so what a restart brings, stays. */
export function setMemoryHand(connections: Connections): ChangeHand<Params> {
  return {
    plan: (params) =>
      withRedis(connections, params.connection, async (redis) => {
        const found = memoryIn(await readInfo(redis))
        refuseTooSmall(params, found)
        return planOf(params, found)
      }),
    run: (params, plan, context) =>
      withRedis(connections, params.connection, async (redis) => {
        const found = memoryIn(await readInfo(redis))
        const already = isAsWanted(params, found)
        if (!already) {
          refuseOther(found, plan, context)
          refuseTooSmall(params, found)
          refuseEviction(params, found, plan, context)
          await set(redis, params)
        }
        return doneOf(params, found, already)
      }),
    verify: (params, _plan, _done, context) =>
      withRedis(connections, params.connection, (redis) => verify(redis, params, context)),
  }
}

function planOf(params: Params, found: Memory): Plan {
  const wanted = wantedOf(params, found)
  const evicts = evictsAtOnce(wanted, found)
  const from = settingsText(found)
  const to = settingsText(wanted)
  const over = showBytes(found.countedBytes)
  return {
    target: targetOf(params),
    says: {
      en: `Set the memory of ${params.connection} from ${from.en} to ${to.en}, until its next restart${
        evicts ? `; ${over} are used: keys are evicted at once, for good` : ''
      }`,
      ja: `${params.connection} のメモリ設定を ${from.ja} から ${to.ja} に変更（再起動まで有効）${
        evicts ? `。現在 ${over} を使用中のため、キーが直ちに削除され、元に戻せません` : ''
      }`,
    },
    nothingToDo: isAsWanted(params, found),
    change: memoryChange.parse({ ...wanted, evicts }),
    before: memoryBefore.parse(found),
    pods: { ready: 0, notReady: 0, ofReady: 0 },
  }
}

function doneOf(params: Params, found: Memory, already: boolean): Done {
  const wanted = wantedOf(params, found)
  const to = settingsText(wanted)
  return {
    says: {
      en: `The memory of ${params.connection} ${already ? 'was already' : 'was set'} to ${to.en}; a restart brings back what its configuration file says`,
      ja: `${params.connection} のメモリ設定${already ? 'は既に' : 'を'} ${to.ja} ${already ? 'でした' : 'にしました'}（再起動すると設定ファイルの値に戻ります）`,
    },
    already,
    after: wanted,
  }
}

/** Only what is asked for counts as wanted; the other setting may be anything. */
function isAsWanted({ maxmemory, policy }: Params, found: Memory): boolean {
  return (
    (maxmemory === undefined || maxmemory === found.maxmemory) &&
    (policy === undefined || policy === found.policy)
  )
}

function evictsAtOnce({ maxmemory, policy }: ReturnType<typeof wantedOf>, found: Memory): boolean {
  return policy !== 'noeviction' && maxmemory > 0 && found.countedBytes > maxmemory
}

/** Keys that nobody was told about are not evicted: the plan was made, and allowed, for less in use. */
function refuseEviction(params: Params, found: Memory, plan: Plan, context: StepContext): void {
  if (memoryChange.parse(plan.change).evicts || !evictsAtOnce(wantedOf(params, found), found)) return
  const used = showBytes(found.countedBytes)
  refuseChanged(plan.target, `${used} are used now, so that keys would be evicted at once`, context)
}

/** Neither setting may have been changed since the plan: what one of them does depends on the other. */
function refuseOther(found: Memory, plan: Plan, context: StepContext): void {
  const planned = memoryBefore.parse(plan.before)
  if (found.maxmemory === planned.maxmemory && found.policy === planned.policy) return
  refuseChanged(plan.target, `it has ${settingsText(found).en}, not ${settingsText(planned).en}`, context)
}

function refuseTooSmall(params: Params, found: Memory): void {
  const { maxmemory, policy } = wantedOf(params, found)
  if (policy !== 'noeviction' || maxmemory === 0 || found.countedBytes <= maxmemory) return
  if (isAsWanted(params, found)) return
  refuse('precondition-failed', {
    target: targetOf(params),
    reason: `${showBytes(found.countedBytes)} are used, more than ${showBytes(maxmemory)}, and with noeviction every write would be refused; choose a larger maxmemory or another policy, or make room first`,
  })
}

/** Both in one command, so that Redis takes both or none. */
async function set(redis: Redis, { maxmemory, policy }: Params): Promise<void> {
  await redis.call('CONFIG', [
    'SET',
    ...(maxmemory === undefined ? [] : ['maxmemory', String(maxmemory)]),
    ...(policy === undefined ? [] : ['maxmemory-policy', policy]),
  ])
}

async function verify(redis: Redis, params: Params, context: StepContext): Promise<Verified> {
  const info = await readInfo(redis)
  const found = memoryIn(info)
  const now = settingsText(found)
  // Clients do not write to a replica, nor may hikeshi.
  const writes = isReplica(info) ? 'replica' : await writeProblem(redis, context)
  const isSet = isAsWanted(params, found)
  return {
    ok: isSet && (writes === undefined || writes === 'replica'),
    says: {
      en: `${params.connection} has ${now.en}; ${writes === undefined ? 'it takes writes' : writes === 'replica' ? 'it is a replica, no write was tried' : `it refuses writes: ${writes}`}`,
      ja: `${params.connection} は ${now.ja}。${writes === undefined ? '書き込みできます' : writes === 'replica' ? 'レプリカのため書き込みは確認していません' : `書き込みが拒否されます: ${writes}`}`,
    },
    facts: {
      maxmemory: found.maxmemory,
      policy: found.policy,
      countedBytes: found.countedBytes,
      writes: writes ?? 'ok',
    },
  }
}

/** Why a write is refused; undefined when it is taken. A key of ours, gone by itself if we die before deleting it. */
async function writeProblem(redis: Redis, { stepRun }: StepContext): Promise<string | undefined> {
  const key = `hikeshi:write-check:${createHash('sha256').update(stepRun).digest('hex').slice(0, 20)}`
  try {
    await redis.set(key, stepRun, 'EX', 10)
    await redis.del(key)
    return undefined
  } catch (error) {
    // That we may not write says nothing about Redis.
    if (!isAnswer(error) || codeOf(error) === 'NOPERM') throw error
    return saysOf(error)
  }
}

function wantedOf({ maxmemory, policy }: Params, found: Memory) {
  return { maxmemory: maxmemory ?? found.maxmemory, policy: policy ?? found.policy }
}

function settingsText({ maxmemory, policy }: Pick<Memory, 'maxmemory' | 'policy'>): Text {
  if (maxmemory === 0) return { en: `no limit with ${policy}`, ja: `上限なし・${policy}` }
  return {
    en: `${showBytes(maxmemory)} with ${policy}`,
    ja: `上限 ${showBytes(maxmemory)}・${policy}`,
  }
}

function targetOf({ connection }: Params): string {
  return `redis/${connection}`
}
