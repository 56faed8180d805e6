import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { ChangeHand, Done, Plan, StepContext, Verified } from '../../domain/steps/contract.ts'
import { refuseChanged } from '../changed.ts'
import type { Connections } from '../connections.ts'
import { refuse } from '../refusal.ts'
import { isAnswer } from './answer.ts'
import { answersOf, type Redis, withRedis } from './client.ts'
import { costText, readFlushable } from './flush-cost.ts'
import { readInfo } from './info.ts'

type Params = { readonly connection: string }

const planned = z.object({
  /** Redis makes a new one at each start: another one is another server, or one with other data. */
  runId: z.string(),
  database: z.number(),
  /** The key that is left in the emptied database, as the sign that this very plan was carried out. */
  marker: z.string(),
})

/** Longer than any retry of the step can come; what is written meanwhile is safe from it. */
const markerSeconds = 86_400
/** Only another attempt of the same run touches the marker, so that a second look answers. */
const mostTries = 3

export function flushdbHand(connections: Connections): ChangeHand<Params> {
  return {
    plan: (params, context) =>
      withRedis(connections, params.connection, async (redis, { database }) => {
        const target = targetOf(params, database)
        const { runId, primary, cost } = await readFlushable(redis, database)
        if (primary !== undefined) {
          refuse('precondition-failed', { target, reason: `it is a replica; flush its primary ${primary}` })
        }
        await refuseMissing(redis, target)
        return {
          target,
          says: costText(database, params.connection, cost),
          nothingToDo: cost.keys === 0,
          change: { runId, database, marker: markerOf(runId, context) },
          before: cost,
          pods: { ready: 0, notReady: 0, ofReady: 0 },
        }
      }),
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

/** Empties the database and leaves the marker, both or neither; answers `already` where the marker stands. */
async function flushOnce(redis: Redis, plan: Plan, { stepRun }: StepContext) {
  const { marker } = planned.parse(plan.change)
  for (let attempt = 1; attempt <= mostTries; attempt++) {
    await redis.watch(marker)
    if ((await redis.get(marker)) !== null) return { already: true, keysLeft: (await redis.dbsize()) - 1 }
    const flush = redis.multi().dbsize().flushdb('ASYNC').dbsize().set(marker, stepRun, 'EX', markerSeconds)
    const answers = await answersOf(flush)
    if (answers !== undefined)
      return { already: false, keys: Number(answers[0]), keysLeft: Number(answers[2]) }
  }
  return refuse('target-busy', { target: plan.target, holder: 'another attempt of this step' })
}

function doneOf(
  { connection }: Params,
  database: number,
  flushed: Awaited<ReturnType<typeof flushOnce>>,
): Done {
  const { already, keys, keysLeft } = flushed
  const count = {
    en: keys === undefined ? '' : `: ${keys} keys`,
    ja: keys === undefined ? '' : `（${keys} 個）`,
  }
  return {
    says: {
      en: `Database ${database} of ${connection} was ${already ? 'already emptied by this step' : `emptied${count.en}`}`,
      ja: `${connection} のデータベース ${database} は${already ? 'この手順で削除済みです' : `空になりました${count.ja}`}`,
    },
    already,
    after: { database, keysLeft, ...(keys === undefined ? {} : { keysDeleted: keys }) },
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
        en: `Database ${database} of ${connection} holds nothing from before; ${newer} keys were written since`,
        ja: `${connection} のデータベース ${database} に以前のキーはありません（その後に書き込まれたキー ${newer} 個）`,
      },
      facts,
    }
  }
  return {
    ok: false,
    says: same
      ? {
          en: `The sign of the flush is gone from database ${database} of ${connection}, which has ${newer} keys; somebody emptied it again or it was evicted`,
          ja: `${connection} のデータベース ${database}（キー ${newer} 個）に削除の印がありません。再度削除されたか、追い出された可能性があります`,
        }
      : {
          en: `${connection} was restarted or replaced since; database ${database} has ${newer} keys`,
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
      `the connection now names database ${database}, not ${plannedDatabase}`,
      context,
    )
  }
  if ((await readInfo(redis)).get('run_id') !== runId) {
    refuseChanged(plan.target, 'it was restarted since, or another server answers in its place', context)
  }
}

/** Packagers like to switch FLUSHDB off: better known before two people are asked. */
async function refuseMissing(redis: Redis, target: string): Promise<void> {
  try {
    const [known] = (await redis.call('COMMAND', 'INFO', 'FLUSHDB')) as readonly unknown[]
    if (known !== null) return
  } catch (error) {
    // Who may not ask gets to know it from the flush itself.
    if (isAnswer(error)) return
    throw error
  }
  refuse('precondition-failed', { target, reason: 'this server has FLUSHDB switched off (rename-command)' })
}

/** One for each plan: a later run of the same step, also after the desk was made anew, flushes again. */
function markerOf(runId: string, { stepRun, nowMs }: StepContext): string {
  return `hikeshi:flushed:${createHash('sha256').update(`${runId} ${stepRun} ${nowMs}`).digest('hex').slice(0, 20)}`
}

function targetOf({ connection }: Params, database: number): string {
  return `redis/${connection}/${database}`
}
