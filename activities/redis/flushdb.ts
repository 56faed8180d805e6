import { createHash } from 'node:crypto'
import { z } from 'zod'
import { counted } from '../../domain/counted.ts'
import { present } from '../../domain/present.ts'
import type { ChangeHand, Done, Plan, StepContext, Verified } from '../../domain/steps/contract.ts'
import { serverName } from '../../domain/steps/subject.ts'
import { refuseChanged } from '../changed.ts'
import type { Connections } from '../connections-file.ts'
import { refuse } from '../refusal.ts'
import { codeOf, isAnswer } from './answer.ts'
import { answersOf, type Redis, withRedis } from './client.ts'
import { costText, costTold, readFlushable } from './flush-cost.ts'
import { readInfo } from './info.ts'
import { rehearseFlush, rehearseScript } from './rehearsal.ts'

type Params = { readonly connection: string }

const planned = z.object({
  /** Redis makes a new one at each start: another one is another server, or one with other data. */
  runId: z.string(),
  database: z.number(),
  /** The key that is left in the emptied database, as the sign that this very plan was carried out. */
  marker: z.string().regex(/^hikeshi:flushed:[0-9a-f]{20}$/),
  /** How long it stays; null where the server evicts keys with an end first, and a repeat would then flush again. */
  markerSeconds: z.number().nullable().default(86_400),
})

/** Longer than any retry of the step can come; what is written meanwhile is safe from it. */
const markerSeconds = 86_400
/** Only another attempt of the same run touches the marker, so that a second look answers. */
const mostTries = 3

export function flushdbHand(connections: Connections): ChangeHand<Params> {
  return {
    plan: (params, context, told) =>
      withRedis(connections, params.connection, async (redis, { database }) => {
        const target = targetOf(params, database)
        const {
          runId,
          primary,
          isClusterNode,
          evictsMarked,
          cost: found,
        } = await readFlushable(redis, database)
        if (isClusterNode) refuse('cluster-node', { connection: params.connection })
        if (primary !== undefined) {
          refuse('precondition-failed', {
            target,
            reason: {
              en: `it is a replica; flush its primary ${primary}`,
              ja: `レプリカです。プライマリ ${primary} で実行してください`,
            },
          })
        }
        if (runId === '') refuse('identity-missing', { connection: params.connection, what: 'run_id' })
        const cost = costTold(found, told)
        const marker = planned.safeParse(told?.change).data?.marker ?? markerOf(runId, context)
        await rehearse(connections, params, marker)
        return {
          target,
          says: costText(database, params.connection, cost),
          nothingToDo: found.keys === 0,
          change: { runId, database, marker, markerSeconds: evictsMarked ? null : markerSeconds },
          before: cost,
          pods: { ready: 0, notReady: 0, ofReady: 0 },
        }
      }),
    isDone: (params, plan) =>
      withRedis(
        connections,
        params.connection,
        async (redis) => (await redis.get(planned.parse(plan.change).marker)) !== null,
      ),
    run: (params, plan, context) =>
      withRedis(connections, params.connection, async (redis, { database }) => {
        await refuseOther(redis, plan, database, context)
        return doneOf(params, database, await flushOnce(redis, plan, context))
      }),
    verify: (params, plan) =>
      withRedis(connections, params.connection, (redis, { database }) =>
        verify(redis, params, plan, database),
      ),
  }
}

/** A server that is over its limit takes no transaction and still a script that says so. */
async function rehearse(connections: Connections, { connection }: Params, marker: string): Promise<void> {
  const { oom } = await withRedis(connections, connection, (redis) =>
    rehearseFlush(redis, connection, marker),
  )
  if (oom) await withRedis(connections, connection, (redis) => rehearseScript(redis, connection))
}

type Flushed = { readonly already: boolean; readonly keys?: number; readonly keysLeft: number }

/** Empties the database and leaves the marker, both or neither; answers `already` where the marker stands. */
async function flushOnce(redis: Redis, plan: Plan, { stepRun }: StepContext): Promise<Flushed> {
  const { marker, markerSeconds: seconds } = planned.parse(plan.change)
  for (let attempt = 1; attempt <= mostTries; attempt++) {
    await redis.watch(marker)
    if ((await redis.get(marker)) !== null) return { already: true, keysLeft: (await redis.dbsize()) - 1 }
    const flush = redis.multi().dbsize().flushdb('ASYNC').dbsize()
    const marked = seconds === null ? flush.set(marker, stepRun) : flush.set(marker, stepRun, 'EX', seconds)
    try {
      const answers = await answersOf(marked)
      if (answers !== undefined)
        return { already: false, keys: Number(answers[0]), keysLeft: Number(answers[2]) }
    } catch (error) {
      if (!isAnswer(error) || codeOf(error) !== 'OOM') throw error
      return flushByScript(redis, marker, stepRun, seconds)
    }
  }
  return refuse('target-busy', {
    target: plan.target,
    holder: { en: 'another attempt of this step', ja: 'この手順の別の試行' },
  })
}

const script = `#!lua flags=allow-oom
if redis.call('EXISTS', KEYS[1]) == 1 then return {1, 0, redis.call('DBSIZE') - 1} end
local keys = redis.call('DBSIZE')
redis.call('FLUSHDB', 'ASYNC')
local left = redis.call('DBSIZE')
if ARGV[2] == '' then redis.call('SET', KEYS[1], ARGV[1]) else redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2]) end
return {0, keys, left}`

/** The same in one script, for a server that is over its limit: it queues no command of a transaction, not even those that free memory. */
async function flushByScript(
  redis: Redis,
  marker: string,
  stepRun: string,
  seconds: number | null,
): Promise<Flushed> {
  const answer = await redis.eval(script, 1, marker, stepRun, seconds === null ? '' : String(seconds))
  const [already, keys, keysLeft] = z.tuple([z.number(), z.number(), z.number()]).parse(answer)
  return already === 1 ? { already: true, keysLeft } : { already: false, keys, keysLeft }
}

function doneOf({ connection }: Params, database: number, flushed: Flushed): Done {
  const { already, keys, keysLeft } = flushed
  const count = {
    en: keys === undefined ? '' : `: ${counted(keys, 'key')}`,
    ja: keys === undefined ? '' : `（${keys} 個）`,
  }
  return {
    says: {
      en: `Database ${database} of ${connection} was ${already ? 'already emptied by this step' : `emptied${count.en}`}`,
      ja: `${connection} のデータベース ${database} は${already ? 'この手順で削除済みです' : `空になりました${count.ja}`}`,
    },
    already,
    after: { database, keysLeft, ...present({ keysDeleted: keys }) },
  }
}

/** The marker came in the same transaction as the flush: while it stands, every other key was written afterwards. */
async function verify(redis: Redis, { connection }: Params, plan: Plan, database: number): Promise<Verified> {
  const { runId, marker } = planned.parse(plan.change)
  const stands = (await redis.exists(marker)) === 1
  const same = (await readInfo(redis)).get('run_id') === runId
  const newer = Math.max(0, (await redis.dbsize()) - (stands ? 1 : 0))
  const facts = { database, markerStands: stands, sameServer: same, keysWrittenSince: newer }
  if (stands && same) {
    return {
      ok: true,
      says: {
        en: `Database ${database} of ${connection} holds nothing from before the flush; ${counted(newer, 'key')} written since`,
        ja: `${connection} のデータベース ${database} に以前のキーはありません（その後に書き込まれたキー ${newer} 個）`,
      },
      facts,
    }
  }
  return {
    ok: false,
    says: same
      ? {
          en: `The marker of the flush is gone from database ${database} of ${connection}, which has ${counted(newer, 'key')}; the database was emptied again or the marker was evicted`,
          ja: `${connection} のデータベース ${database}（キー ${newer} 個）に削除の印がありません。再度削除されたか、追い出された可能性があります`,
        }
      : {
          en: `${connection} has been restarted or replaced since; database ${database} has ${counted(newer, 'key')}`,
          ja: `${connection} はその後に再起動または交代しています（データベース ${database} のキー ${newer} 個）`,
        },
    facts,
  }
}

async function refuseOther(redis: Redis, plan: Plan, database: number, context: StepContext): Promise<void> {
  const { runId, database: plannedDatabase } = planned.parse(plan.change)
  if (database !== plannedDatabase) {
    refuseChanged(
      plan.target,
      {
        en: `the connection now names database ${database}, not ${plannedDatabase}`,
        ja: `接続先のデータベースは ${plannedDatabase} ではなく ${database} です`,
      },
      context,
    )
  }
  if ((await readInfo(redis)).get('run_id') !== runId) {
    refuseChanged(
      plan.target,
      {
        en: 'it has been restarted since, or another server answers in its place',
        ja: 'その後に再起動されたか、別のサーバーが応答しています',
      },
      context,
    )
  }
}

/** One for each plan: a later run of the same step, also after the desk was recreated, flushes again. */
function markerOf(runId: string, { stepRun, nowMs }: StepContext): string {
  return `hikeshi:flushed:${createHash('sha256').update(`${runId} ${stepRun} ${nowMs}`).digest('hex').slice(0, 20)}`
}

function targetOf({ connection }: Params, database: number): string {
  return `${serverName('redis', connection)}/${database}`
}
