/** What a salvage recorded in the live database, in the transaction that did it. */
import { z } from 'zod'
import { refuse } from '../../refusal.ts'
import { refuseStrangers } from './salvage-place.ts'
import type { Asks } from './salvage-session.ts'

const finished = z.object({
  added: z.number(),
  hash: z.string().nullable(),
  finished: z.string(),
  undone: z.looseObject({ removed: z.number(), held: z.number(), changed: z.number() }).nullable(),
  about: z.object({
    schema: z.string(),
    table: z.string(),
    mode: z.enum(['rows', 'table', 'new-table']),
    columns: z.array(z.string()),
  }),
})
export type FinishedRun = z.infer<typeof finished>

/** Names a run in the database: also with ` rows` behind it no longer than a name may be. */
const named = /^[A-Za-z0-9.-]{1,58}$/

/** `shodo-42.salvage` of `shodo-42/salvage`. */
export function runName(stepRun: string): string {
  const name = stepRun.replaceAll(/[^A-Za-z0-9-]+/g, '.')
  // The incident, which is short, and the number of the run are what tells two of them apart.
  return name.length <= 58 ? name : `${name.slice(0, 45)}.${name.slice(-12)}`
}

/** Undefined where that run has not come to its end, or never began. */
export async function finishedRun(asks: Asks, run: string): Promise<FinishedRun | undefined> {
  if (!named.test(run))
    return refuse('bad-input', {
      where: 'run',
      problem: { en: 'no such run', ja: 'そのような実行はありません' },
    })
  if (!(await asks(z.boolean(), `select to_json(to_regclass('hikeshi_salvage.runs') is not null)`)))
    return undefined
  await refuseStrangers(asks, run)
  const found = await asks(
    finished.nullable(),
    `select coalesce((select json_build_object('added', added, 'hash', hash, 'finished', finished, 'undone', undone, 'about', about)
      from hikeshi_salvage.runs where run = '${run}'), 'null')`,
  )
  return found ?? undefined
}
