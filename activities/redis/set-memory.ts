import { createHash } from 'node:crypto'
import { z } from 'zod'
import { isDrift } from '../../domain/approval/same-plan.ts'
import { showBytes } from '../../domain/bytes.ts'
import { forNow } from '../../domain/failures/for-now.ts'
import type { ChangeHand, Done, Plan, StepContext, Verified } from '../../domain/steps/contract.ts'
import { isReached, type Only } from '../../domain/steps/only.ts'
import { memoryBefore, memoryChange } from '../../domain/steps/redis.ts'
import { serverName } from '../../domain/steps/subject.ts'
import type { Text } from '../../domain/words.ts'
import { refuseChanged } from '../changed.ts'
import type { Connections } from '../connections-file.ts'
import type { Kubernetes } from '../kubernetes/api/client.ts'
import { refuse } from '../refusal.ts'
import { codeOf, isAnswer, saysOf } from './answer.ts'
import { type Redis, withRedis } from './client.ts'
import { shardsOf, shardText } from './cluster.ts'
import { isReplica, type Memory, memoryIn, readInfo } from './info.ts'
import { podMemory } from './pod-memory.ts'
import { rehearseSetting } from './rehearsal.ts'

type Params = {
  readonly connection: string
  readonly maxmemory?: number | undefined
  readonly only?: Only | undefined
  readonly policy?: string | undefined
}

/** Sets limit and policy while Redis runs; what its configuration file says, and so what a restart brings, stays. */
export function setMemoryHand(connections: Connections, kubernetes?: Kubernetes): ChangeHand<Params> {
  return {
    plan: (params, context, told) =>
      withRedis(connections, params.connection, async (redis, settings) => {
        const info = await readInfo(redis)
        const found = memoryIn(info)
        refuseTooSmall(params, found)
        await rehearseSetting(redis, params.connection, checkKey(context))
        const shards = await shardsOf(redis, info)
        const limit = await podMemory(redis, settings, kubernetes, context)
        const remarks = [
          ...(shards === undefined ? [] : [onlyThisShard(shards)]),
          ...tooMuch(wantedOf(params, found).maxmemory, found, limit),
        ]
        return planOf(params, found, remarks, told)
      }),
    isDone: (params) =>
      withRedis(connections, params.connection, async (redis) =>
        isAsWanted(params, memoryIn(await readInfo(redis))),
      ),
    run: (params, plan, context) =>
      withRedis(connections, params.connection, async (redis) => {
        const found = memoryIn(await readInfo(redis))
        const already = isAsWanted(params, found)
        if (!already) {
          refuseOther(found, plan, context)
          refuseTooSmall(params, found)
          refuseEviction(params, found, plan, context)
          await set(redis, wantedOf(params, found), found)
        }
        return doneOf(params, found, already)
      }),
    verify: (params, _plan, _done, context) =>
      withRedis(connections, params.connection, (redis) => verify(redis, params, context)),
  }
}

function planOf(params: Params, found: Memory, remarks: readonly Text[], told: Plan | undefined): Plan {
  const wanted = wantedOf(params, found)
  const evicts = evictsSoon(wanted, found) && !isAsWanted(params, found)
  const from = settingsText(found)
  const to = settingsText(wanted)
  const used = usedTold(found, told)
  const over = showBytes(used)
  const isOver = used > wanted.maxmemory
  const nothingToDo = isAsWanted(params, found)
  const { connection } = params
  const says = {
    en: `Set the memory limit of ${connection} from ${from.en} to ${to.en}, until its next restart${
      evicts
        ? `; ${over} are used: keys are evicted ${isOver ? 'at once' : 'with the next writes'}, for good`
        : ''
    }${remarks.map(({ en }) => `. ${en}`).join('')}`,
    ja: `${connection} のメモリ設定を ${from.ja} から ${to.ja} に変更（再起動まで有効）${
      evicts
        ? `。現在 ${over} を使用中のため、${isOver ? '直ちに' : '次の書き込みから'}キーが削除され、元に戻せません`
        : ''
    }${remarks.map(({ ja }) => `。${ja}`).join('')}`,
  }
  return {
    target: targetOf(params),
    says: nothingToDo
      ? { en: `${connection} already has ${from.en}`, ja: `${connection} は既に ${from.ja} です` }
      : says,
    nothingToDo,
    change: memoryChange.parse({ ...wanted, evicts }),
    before: { ...memoryBefore.parse(found), usedBytes: found.countedBytes },
    pods: { ready: 0, notReady: 0, ofReady: 0 },
  }
}

/** What people were told is used, where it may have moved since. */
function usedTold({ countedBytes }: Memory, told: Plan | undefined): number {
  const { usedBytes } = z.object({ usedBytes: z.number() }).safeParse(told?.before).data ?? {}
  return usedBytes !== undefined && isDrift(usedBytes, countedBytes) ? usedBytes : countedBytes
}

function doneOf(params: Params, found: Memory, already: boolean): Done {
  const wanted = wantedOf(params, found)
  const to = settingsText(wanted)
  return {
    says: {
      en: `The memory limit of ${params.connection} ${already ? 'was already' : 'was set to'} ${to.en}; a restart reverts it to the configuration file`,
      ja: `${params.connection} のメモリ設定${already ? 'は既に' : 'を'} ${to.ja} ${already ? 'でした' : 'にしました'}（再起動すると設定ファイルの値に戻ります）`,
    },
    already,
    after: wanted,
  }
}

/** Only what is asked for counts as wanted; the other setting may be anything. */
function isAsWanted(params: Params, found: Memory): boolean {
  const wanted = wantedOf(params, found)
  return wanted.maxmemory === found.maxmemory && wanted.policy === found.policy
}

/** Nearly full is full with the next writes. */
const fullFromShare = 0.95

function evictsSoon({ maxmemory, policy }: ReturnType<typeof wantedOf>, found: Memory): boolean {
  return policy !== 'noeviction' && maxmemory > 0 && found.countedBytes > maxmemory * fullFromShare
}

function onlyThisShard(shards: number | null): Text {
  const { en, ja } = shardText(shards)
  return { en: `It is ${en}: the other nodes do not change`, ja: `${ja}のため、他のノードは変わりません` }
}

/** A limit that the container or the machine has no memory for: what was full is killed instead, with all its keys. */
function tooMuch(maxmemory: number, { machineBytes }: Memory, limit: number | undefined): readonly Text[] {
  const has = Math.min(limit ?? Number.POSITIVE_INFINITY, machineBytes || Number.POSITIVE_INFINITY)
  if (maxmemory > 0 && maxmemory < has) return []
  if (has === Number.POSITIVE_INFINITY || (maxmemory === 0 && limit === undefined)) return []
  const bytes = showBytes(has)
  const words =
    has === limit
      ? {
          en: `Its container may use ${bytes}: Kubernetes would kill it before it reaches this limit`,
          ja: `コンテナーの上限は ${bytes} のため、Redis の上限に達する前に Kubernetes に強制終了されます`,
        }
      : {
          en: `Its machine has ${bytes} in total: the limit no longer protects it`,
          ja: `マシンのメモリは全体で ${bytes} のため、上限として機能しません`,
        }
  return [words]
}

/** Keys that nobody was told about are not evicted: the plan was made, and allowed, for less in use. */
function refuseEviction(params: Params, found: Memory, plan: Plan, context: StepContext): void {
  if (memoryChange.parse(plan.change).evicts || !evictsSoon(wantedOf(params, found), found)) return
  const used = showBytes(found.countedBytes)
  const isOver = found.countedBytes > wantedOf(params, found).maxmemory
  refuseChanged(
    plan.target,
    {
      en: `${used} are in use, so keys would be evicted ${isOver ? 'at once' : 'with the next writes'}`,
      ja: `現在の使用量は ${used} で、${isOver ? 'すぐに' : '次の書き込みで'}キーが追い出されます`,
    },
    context,
  )
}

/** Neither setting may have been changed since the plan: what one of them does depends on the other. */
function refuseOther(found: Memory, plan: Plan, context: StepContext): void {
  const planned = memoryBefore.parse(plan.before)
  if (found.maxmemory === planned.maxmemory && found.policy === planned.policy) return
  const [is, was] = [settingsText(found), settingsText(planned)]
  const difference = { en: `it has ${is.en}, not ${was.en}`, ja: `${was.ja} ではなく ${is.ja} です` }
  refuseChanged(plan.target, difference, context)
}

function refuseTooSmall(params: Params, found: Memory): void {
  const { maxmemory, policy } = wantedOf(params, found)
  if (policy !== 'noeviction' || maxmemory === 0 || found.countedBytes <= maxmemory) return
  if (isAsWanted(params, found)) return
  refuse('precondition-failed', {
    target: targetOf(params),
    reason: {
      en: `${showBytes(found.countedBytes)} are in use, more than ${showBytes(maxmemory)}: with noeviction every write would be refused; choose a larger maxmemory or another policy, or free memory first`,
      ja: `使用量 ${showBytes(found.countedBytes)} が ${showBytes(maxmemory)} を超えており、noeviction では書き込みがすべて拒否されます。maxmemory を大きくするか、別の方針を選ぶか、先に空きを作ってください`,
    },
    ...forNow,
  })
}

/** Both in one command, so that Redis takes both or none; what is as wanted already is not sent. */
async function set(redis: Redis, wanted: ReturnType<typeof wantedOf>, found: Memory): Promise<void> {
  await redis.call('CONFIG', [
    'SET',
    ...(wanted.maxmemory === found.maxmemory ? [] : ['maxmemory', String(wanted.maxmemory)]),
    ...(wanted.policy === found.policy ? [] : ['maxmemory-policy', wanted.policy]),
  ])
}

async function verify(redis: Redis, params: Params, context: StepContext): Promise<Verified> {
  const info = await readInfo(redis)
  const found = memoryIn(info)
  const now = settingsText(found)
  // Clients do not write to a replica, nor may hikeshi.
  const writes = isReplica(info) ? notTried.replica : await tryWrite(redis, context)
  return {
    ok: isAsWanted(params, found) && writes.ok,
    says: {
      en: `${params.connection} has ${now.en}; ${writes.says.en}`,
      ja: `${params.connection} は ${now.ja}。${writes.says.ja}`,
    },
    facts: {
      maxmemory: found.maxmemory,
      policy: found.policy,
      countedBytes: found.countedBytes,
      writes: writes.fact,
    },
  }
}

type Writes = { readonly ok: boolean; readonly fact: string; readonly says: Text }

const notTried: Record<'replica' | 'elsewhere', Writes> = {
  replica: {
    ok: true,
    fact: 'replica',
    says: {
      en: 'it is a replica; no write was tried',
      ja: 'レプリカのため書き込みは確認していません',
    },
  },
  elsewhere: {
    ok: true,
    fact: 'elsewhere',
    says: {
      en: 'it is a node of a Redis Cluster, and another node owns the test key; no write was tried',
      ja: 'Redis Cluster のノードで、確認用のキーは別のノードの担当のため、書き込みは確認していません',
    },
  },
}

/** Whether a write is taken: a key of ours, gone by itself if we die before deleting it. */
async function tryWrite(redis: Redis, context: StepContext): Promise<Writes> {
  const key = checkKey(context)
  try {
    await redis.set(key, context.stepRun, 'EX', 10)
    await redis.del(key)
    return { ok: true, fact: 'ok', says: { en: 'it accepts writes', ja: '書き込みできます' } }
  } catch (error) {
    // That we may not write says nothing about Redis.
    if (!isAnswer(error) || codeOf(error) === 'NOPERM') throw error
    // Sent elsewhere is not refused.
    if (/^(?:MOVED|ASK)$/.test(codeOf(error))) return notTried.elsewhere
    const reason = saysOf(error)
    const says = { en: `it refuses writes: ${reason}`, ja: `書き込みが拒否されます: ${reason}` }
    return { ok: false, fact: reason, says }
  }
}

function checkKey({ stepRun }: StepContext): string {
  return `hikeshi:write-check:${createHash('sha256').update(stepRun).digest('hex').slice(0, 20)}`
}

function wantedOf({ maxmemory, only, policy }: Params, found: Memory) {
  const isThere = maxmemory === undefined || isReached(limitOf(found.maxmemory), limitOf(maxmemory), only)
  return { maxmemory: isThere ? found.maxmemory : maxmemory, policy: policy ?? found.policy }
}

/** No limit is more than any. */
function limitOf(maxmemory: number): number {
  return maxmemory === 0 ? Number.POSITIVE_INFINITY : maxmemory
}

function settingsText({ maxmemory, policy }: Pick<Memory, 'maxmemory' | 'policy'>): Text {
  if (maxmemory === 0) return { en: `no limit with ${policy}`, ja: `上限なし・${policy}` }
  return {
    en: `${showBytes(maxmemory)} with ${policy}`,
    ja: `上限 ${showBytes(maxmemory)}・${policy}`,
  }
}

function targetOf({ connection }: Params): string {
  return serverName('redis', connection)
}
