/** The long parts of a salvage: tasks that outlive the worker. Whether one is done the live database says, not how its command ended. */
import { z } from 'zod'
import { pause, pulse } from '../../pulse.ts'
import { refuse } from '../../refusal.ts'
import { must } from '../copy.ts'
import type { At } from '../place.ts'
import { psqlWords } from '../psql.ts'
import { errorIn, errorOf, mayPass, statesOnly } from './salvage-error.ts'
import type { Outline } from './salvage-outline.ts'
import type { Side, Sides } from './salvage-session.ts'
import {
  compared,
  createStaged,
  fromCopy,
  hashOf,
  names,
  stagedTable,
  temporaryTable,
} from './salvage-sql.ts'

const lookEveryMs = 200
/** Killed so often, something kills it; so often in the way of others, the table is too busy. */
const mostStarts = 5

/**
 * Rows of the copy into a table of the live database. `\\.` and what follows are only sent when all rows were: otherwise the server drops
 * what has begun. `$1` psql, `$2` the copy, `$3` the live database, `$4` what is copied, `$5` and `$6` what is said before and after, `$7` how long
 * each statement may take.
 */
const pipe = `
{ printf '%s\\n' "$5"; "$1" -XAtq -v ON_ERROR_STOP=1 -v VERBOSITY=sqlstate -d "$2" -c "$7" -c "$4" && printf '%s\\n' '\\.' "$6"; } |
  "$1" -XAtq -v ON_ERROR_STOP=1 -v VERBOSITY=sqlstate -d "$3" -f -
`
function piped(
  { settings }: At,
  { copy, live }: Sides,
  select: string,
  head: readonly string[],
  tail: readonly string[],
  withinMs = 0,
) {
  const limit = `set statement_timeout = ${withinMs}`
  const script = (statements: readonly string[]) => statements.map((one) => `${one};`).join('\n')
  return [
    'sh',
    '-c',
    pipe,
    'sh',
    `${settings.postgresFolder}/psql`,
    copy.connection,
    live.connection,
    `copy (${select}) to stdout`,
    script([limit, ...head]),
    script(tail),
    limit,
  ]
}

const counts = z.object({
  matched: z.number(),
  absent: z.number(),
  differ: z.number(),
  collide: z.array(z.number()),
  missing: z.array(z.number()),
  behind: z.array(z.boolean().nullable()),
})
export type Counts = z.infer<typeof counts>

/** Holds the rows of the copy against the live table; nothing of it stays. `ask` answers one JSON value. */
export async function heldAgainst<T extends z.ZodType>(
  at: At,
  sides: Sides,
  outline: Outline,
  { shape, ask, withinMs }: { readonly shape: T; readonly ask: string; readonly withinMs: number },
): Promise<z.infer<T>> {
  const head = ['begin', createStaged(outline, temporaryTable), `copy ${temporaryTable} from stdin`]
  const tail = [`analyze ${temporaryTable}`, ask, 'rollback']
  const argv = piped(at, sides, fromCopy(outline), head, tail, withinMs)
  const ended = await at.station.exec(argv, { withinMs: withinMs + 10_000 })
  if (ended.stdout.trim() === '') refuse('command-failed', { command: 'psql', reason: errorOf(ended) })
  return shape.parse(JSON.parse(ended.stdout))
}

export function countsOf(at: At, sides: Sides, outline: Outline, withinMs: number): Promise<Counts> {
  return heldAgainst(at, sides, outline, { shape: counts, ask: compared(outline, temporaryTable), withinMs })
}

const sums = z.object({ rows: z.number(), bytes: z.number(), hash: z.string() })
export type Sums = z.infer<typeof sums>

/** Rows, their size and their hash. */
export function sumsOf(side: Side, { columns }: Outline, select: string, withinMs?: number): Promise<Sums> {
  return sumsOfTable(side, columns, select, withinMs)
}

export function sumsOfTable(
  { asks }: Side,
  columns: readonly { readonly sql: string }[],
  select: string,
  withinMs?: number,
): Promise<Sums> {
  const sql = `select json_build_object('rows', count(*), 'bytes', coalesce(sum(pg_column_size(row(${names(columns, 'r')}))), 0),
    'hash', ${hashOf(columns, 'r')}) from (${select}) r`
  return asks(sums, sql, withinMs)
}

/** All rows of the copy, or no table of this name. */
export async function stage(
  at: At,
  sides: Sides,
  outline: Outline,
  run: string,
  task: string,
  table: string,
): Promise<void> {
  const staged = stagedTable(run)
  const isThere = () => sides.live.asks(z.boolean(), `select to_json(to_regclass('${staged}') is not null)`)
  const head = ['begin', createStaged(outline, staged), `copy ${staged} from stdin`]
  const argv = piped(at, sides, fromCopy(outline), head, ['commit', `analyze ${staged}`])
  await worked(at, task, argv, 'copying rows', isThere, table)
}

/** The statements as one transaction of the live database. */
export async function transacted(
  at: At,
  { connection }: Side,
  statements: readonly string[],
  {
    task,
    doing,
    isDone,
    table,
  }: {
    readonly task: string
    readonly doing: string
    readonly isDone: () => Promise<boolean>
    readonly table: string
  },
): Promise<void> {
  const argv = [
    ...psqlWords(at.settings, connection),
    ...statesOnly,
    '-1',
    ...statements.flatMap((one) => ['-c', one]),
  ]
  await worked(at, task, argv, doing, isDone, table)
}

async function worked(
  { station }: At,
  task: string,
  argv: readonly string[],
  doing: string,
  isDone: () => Promise<boolean>,
  table: string,
): Promise<void> {
  for (let starts = 0; ; ) {
    pulse().signal.throwIfAborted()
    const { state } = await station.look(task)
    if (state !== 'running') {
      if (await isDone()) return
      const said = starts === 0 ? '' : await station.tail(task)
      if (starts >= mostStarts || !(state === 'lost' || said === '' || mayPass(said)))
        refuse('salvage-failed', { table, reason: errorIn(said) ?? state })
      starts += 1
      await station.start(task, argv, true)
    }
    pulse().beat({ at: doing })
    await pause(lookEveryMs)
  }
}

/** What pg_dump makes of the table: before its rows come, and after. Nothing of it is read by psql itself. */
export async function definitionOf({ station, settings }: At, { connection }: Side, tableSql: string) {
  const section = async (name: 'pre-data' | 'post-data') => {
    const argv = [
      `${settings.postgresFolder}/pg_dump`,
      `--section=${name}`,
      '--strict-names',
      `--table=${quotedPattern(tableSql)}`,
      '-d',
      connection,
    ]
    const text = await must(station, argv)
    // Words for psql, with a key that differs each time, around what is for the server.
    return text.replaceAll(/^\\(?:un)?restrict .*$/gm, '')
  }
  return { before: await section('pre-data'), after: await section('post-data') }
}

/** In quotes nothing is a wildcard; a name that needs none is quoted as well, or its capitals would be lost. */
function quotedPattern(tableSql: string): string {
  return (
    tableSql
      .match(/"(?:[^"]|"")*"|[^.]+/g)
      ?.map((part) => (part.startsWith('"') ? part : `"${part}"`))
      .join('.') ?? tableSql
  )
}
