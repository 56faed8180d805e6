/**
 * `postgres.salvage`: a lost table, or rows of it, from the verified copy into the live database. Rows go over into a table of our own, are compared with
 * the copy there, and are added in one transaction that ends with its own record: by that an attempt that comes later knows what is done.
 */

import { z } from 'zod'
import { type RowCondition, tableNamed } from '../../../domain/restore/salvage.ts'
import type { ChangeHand, Done, Plan, StepContext, Verified } from '../../../domain/steps/contract.ts'
import { digest, isSame, sha256Hex } from '../../../domain/timeline/canonical.ts'
import type { Json } from '../../../domain/words.ts'
import { plainLine } from '../../../edge/plain-text.ts'
import { refuseChanged } from '../../changed.ts'
import { refuse } from '../../refusal.ts'
import { forgetBegun, hasBegun, markBegun } from '../begun.ts'
import { copyOf, must } from '../copy.ts'
import { serverOf } from '../copy-server.ts'
import { usable } from '../exchange/cut-over.ts'
import { askLive, socketOf } from '../live.ts'
import type { At, Place } from '../place.ts'
import { psql, type Server } from '../psql.ts'
import type { Outline, Wanted } from './salvage-outline.ts'
import { refuseStrangers, setUp } from './salvage-place.ts'
import { planned, type Told, told as toldShape } from './salvage-plan.ts'
import { finishedRun, runName } from './salvage-runs.ts'
import { outlineOf } from './salvage-safe.ts'
import { type Sides, sideOf } from './salvage-session.ts'
import { added, fromCopy, stagedTable } from './salvage-sql.ts'
import { arrivedOf } from './salvage-verify.ts'
import { definitionOf, stage, sumsOf, transacted } from './salvage-work.ts'

type Params = {
  readonly backups: string
  readonly table: string
  readonly rows: readonly RowCondition[]
  readonly into: 'missing-rows' | 'new-table'
  readonly zone: string
}

const change = z.looseObject({ run: z.string(), mode: z.enum(['rows', 'table', 'new-table']) })

export function salvageHand(place: Place): ChangeHand<Params> {
  return {
    plan: (params, context, told) => plan(place, params, context, told),
    isDone: async (params, approved, context) => {
      const at = place.of(params.backups, context)
      const begun = await hasBegun(at.station, taskOf(at, context), approved)
      if (begun !== undefined) return begun
      const { live } = await liveOf(place, params, context)
      return (await finishedRun(live.asks, change.parse(approved.change).run)) !== undefined
    },
    run: (params, approved, context) => run(place, params, approved, context),
    verify: (params, approved, done, context) => verify(place, params, approved, done, context),
  }
}

function taskOf({ settings }: At, { stepRun }: StepContext): string {
  return `${copyOf(settings, stepRun).folder}.salvage`
}

/** The live side, wherever it listens now. */
export async function liveOf(
  place: Place,
  { backups, table }: Pick<Params, 'backups' | 'table'>,
  context: StepContext,
) {
  const at = place.of(backups, context)
  const server = await socketOf(at, at.settings.dataFolder)
  if (server === undefined)
    return refuse('salvage-refused', {
      table,
      reason: { en: 'the live database does not run', ja: '稼働中のデータベースが起動していません' },
    })
  const { database } = place.connections.postgres(at.settings.primary)
  return { at, server, database, live: sideOf(at, server, database) }
}

type Job = {
  readonly at: At
  readonly server: Server
  readonly database: string
  readonly sides: Sides
  readonly wanted: Wanted
  readonly outline: Outline
  /** Everything that people approve. */
  readonly change: Plan['change']
  readonly asOf: string
  readonly definition: { readonly before: string; readonly after: string }
}

async function jobOf(place: Place, params: Params, run: string, context: StepContext): Promise<Job> {
  const { at, server, database, live } = await liveOf(place, params, context)
  const { stanza } = at.settings
  const { copy, record, journal } = await usable(at)
  const { paused } = record
  if (journal !== undefined || paused === undefined)
    return refuse('copy-not-usable', {
      stanza,
      reason: { en: 'its cut-over has begun', ja: '切り替えが始まっています' },
    })
  const status = await askLive(at)
  if (status?.system !== record.system || status.recovering)
    refuseChanged(
      `postgres/${stanza}`,
      {
        en: 'it is another cluster, or accepts no writes',
        ja: '別のクラスターか、書き込みを受け付けていません',
      },
      context,
    )
  const sides = { copy: sideOf(at, serverOf(at.settings, copy), database), live }
  const wanted = wantedOf(params, run)
  await refuseStrangers(live.asks, wanted.shown)
  const outline = await outlineOf(sides, wanted)
  const definition =
    outline.mode === 'table'
      ? await definitionOf(at, sides.copy, outline.copy.sql)
      : { before: '', after: '' }
  return {
    at,
    server,
    database,
    sides,
    wanted,
    outline,
    definition,
    asOf: record.target ?? paused.lastCommitAt ?? paused.lsn,
    change: {
      stanza,
      database,
      run,
      copy: copy.name,
      verified: digest(record),
      lsn: paused.lsn,
      table: wanted.shown,
      mode: outline.mode,
      into: outline.mode === 'new-table' ? outline.newTable.name : wanted.shown,
      rows: params.rows.map(({ column, is, values }) => ({ column, is, values })),
      columns: outline.columns.map(({ name }) => name),
      definition: outline.mode === 'table' ? sha256Hex(definition.before + definition.after) : null,
    },
  }
}

function wantedOf({ table, rows, into }: Params, run: string): Wanted {
  const name = tableNamed(table)
  if (name === undefined) throw new Error('the schema of the parameters lets only names through')
  return { name, shown: plainLine(`${name.schema}.${name.table}`, 130), rows, into, run }
}

async function plan(
  place: Place,
  params: Params,
  context: StepContext,
  told: Plan | undefined,
): Promise<Plan> {
  const job = await jobOf(place, params, runName(context.stepRun), context)
  const before: Told | undefined = toldShape.safeParse(told?.before).data
  const { says, nothingToDo, found } = await planned(job, { ...params, told: before })
  return {
    target: `postgres/${job.at.settings.stanza}/${job.wanted.shown}`,
    says,
    nothingToDo,
    change: job.change,
    // What an incident keeps of a run that has ended: its undo goes by the name.
    before: { ...(found as Readonly<Record<string, Json>>), run: runName(context.stepRun) },
    pods: { ready: 0, notReady: 0, ofReady: 0 },
  }
}

async function run(place: Place, params: Params, approved: Plan, context: StepContext): Promise<Done> {
  const { run: name } = change.parse(approved.change)
  const { at, live } = await liveOf(place, params, context)
  const task = taskOf(at, context)
  await setUp(live.asks, plainLine(params.table, 130))
  const before = await finishedRun(live.asks, name)
  if (before === undefined) {
    const job = await jobOf(place, params, name, context)
    if (!isSame(job.change, approved.change))
      refuseChanged(
        approved.target,
        { en: 'the table or the copy is another one by now', ja: 'テーブルかコピーが変わっています' },
        context,
      )
    await markBegun(at.station, task, approved)
    await salvage(job, task)
  }
  const finished = before ?? (await finishedRun(live.asks, name))
  if (finished === undefined) throw new Error('a salvage that has ended is recorded')
  await must(at.station, ['rm', '-rf', '--', `${task}.copying`, `${task}.adding`])
  await forgetBegun(at.station, task)
  const { into } = z.looseObject({ into: z.string() }).parse(approved.change)
  return {
    says: {
      en: `${finished.added} rows were added to ${into}`,
      ja: `${into} に ${finished.added} 行を追加しました`,
    },
    already: before !== undefined,
    after: { run: name, into, added: finished.added },
  }
}

/** Both parts are found again by an attempt that comes later: the staged table is there as a whole, and so is the record of the run. */
async function salvage(
  { at, server, database, sides, outline, wanted, definition }: Job,
  task: string,
): Promise<void> {
  const { run, shown, name } = wanted
  const staged = stagedTable(run)
  await stage(at, sides, outline, run, `${task}.copying`, shown)
  const there = await sumsOf(sides.copy, outline, fromCopy(outline))
  const here = await sumsOf(sides.live, outline, `select * from ${staged}`)
  if (there.rows !== here.rows || there.hash !== here.hash) {
    await psql(at.station, at.settings, server, [`drop table ${staged}`], database)
    refuse('salvage-failed', {
      table: shown,
      reason: {
        en: `of ${there.rows} rows ${here.rows} arrived, and their values are not the same: the types of the columns differ`,
        ja: `${there.rows} 行中 ${here.rows} 行が届き、値が一致しません。列の型が異なります`,
      },
    })
  }
  const about = {
    schema: name.schema,
    table: outline.mode === 'new-table' ? outline.newTable.table : name.table,
    mode: outline.mode,
    columns: (outline.mode === 'rows' ? outline.live.columns : outline.columns).map((each) => each.name),
  }
  await transacted(at, sides.live, added(outline, run, about, definition), {
    task: `${task}.adding`,
    doing: 'adding rows',
    isDone: async () => (await finishedRun(sides.live.asks, run)) !== undefined,
    table: shown,
  })
}

/** The rows that were added are those of the copy, and point to rows that are there. */
async function verify(
  place: Place,
  params: Params,
  approved: Plan,
  done: Done,
  context: StepContext,
): Promise<Verified> {
  const { run: name, mode } = change.parse(approved.change)
  const { added: count } = z.looseObject({ added: z.number() }).parse(done.after)
  const { at, live } = await liveOf(place, params, context)
  const { copy } = await usable(at)
  const { database } = place.connections.postgres(at.settings.primary)
  const sides = { copy: sideOf(at, serverOf(at.settings, copy), database), live }
  const wanted = wantedOf(params, name)
  const outline = await outlineOf(sides, wanted, mode)
  return arrivedOf(at, sides, outline, wanted, count)
}
