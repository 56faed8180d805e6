/** `postgres.unsalvage`: takes away what a salvage added, as far as it is still as it was added. What anybody has changed since, or points to, stays. */
import { z } from 'zod'
import { counted } from '../../../domain/counted.ts'
import type { ChangeHand, Done, Plan, StepContext } from '../../../domain/steps/contract.ts'
import type { Text } from '../../../domain/words.ts'
import { plainLine } from '../../../edge/plain-text.ts'
import { refuse } from '../../refusal.ts'
import { forgetBegun, hasBegun, markBegun } from '../begun.ts'
import { must } from '../copy.ts'
import type { At, Place } from '../place.ts'
import { liveOf } from './salvage.ts'
import { foreignCode } from './salvage-code.ts'
import { type FinishedRun, finishedRun } from './salvage-runs.ts'
import { shapeOf, type Table } from './salvage-shape.ts'
import { codeAround, names } from './salvage-sql.ts'
import { sumsOfTable, transacted } from './salvage-work.ts'
import { columnsOfThen, countRemovable, rowsRemoved, tableRemoved } from './unsalvage-sql.ts'

type Params = { readonly backups: string; readonly run: string }

const counts = z.object({ removed: z.number(), held: z.number(), changed: z.number() })
type Counts = z.infer<typeof counts>
const nothing: Counts = { removed: 0, held: 0, changed: 0 }

export function unsalvageHand(place: Place): ChangeHand<Params> {
  return {
    plan: (params, context, told) => plan(place, params, context, told),
    isDone: async (params, approved, context) => {
      const at = place.of(params.backups, context)
      return (await hasBegun(at.station, taskOf(at, params), approved)) ?? isUndone(place, params, context)
    },
    run: (params, approved, context) => run(place, params, approved, context),
    verify: async (params, _, __, context) => {
      const ok = await isUndone(place, params, context)
      return {
        ok,
        says: ok
          ? { en: 'what was salvaged and left unchanged is gone', ja: '救出後に変更のない行は削除済み' }
          : { en: 'what was salvaged is still there', ja: '救出した行が残っています' },
        facts: { run: params.run },
      }
    },
  }
}

function taskOf({ settings }: At, { run: of }: Params): string {
  return `${settings.copiesFolder}/${of}.unsalvage`
}

async function isUndone(place: Place, params: Params, context: StepContext): Promise<boolean> {
  const { live } = await liveOf(place, { ...params, table: params.run }, context)
  return ((await finishedRun(live.asks, params.run))?.undone ?? null) !== null
}

type Found = { readonly table: Table; readonly columns: Table['columns']; readonly counts: Counts }

/** What could be removed now; undefined where nothing of it can be told apart any more. */
async function removableNow(
  place: Place,
  params: Params,
  { about, added, hash }: FinishedRun,
  context: StepContext,
): Promise<Found | undefined> {
  const { live } = await liveOf(place, { ...params, table: about.table }, context)
  const { table } = await shapeOf(live.asks, { schema: about.schema, table: about.table })
  const columns = table === null ? undefined : columnsOfThen(table, about)
  if (table === null || columns === undefined) return undefined
  const reason = await foreignCode(live.asks, codeAround(table))
  if (reason !== undefined)
    refuse('salvage-refused', { table: plainLine(`${about.schema}.${about.table}`, 130), reason })
  if (about.mode === 'rows')
    return { table, columns, counts: await live.asks(counts, countRemovable(table, params.run, columns)) }
  const now = await sumsOfTable(live, columns, `select ${names(columns)} from ${table.from}`)
  const isSame =
    now.rows === added &&
    now.hash === hash &&
    columns.length === table.columns.filter((each) => !each.generated).length
  const isReferenced = table.referencedBy.some(({ self }) => !self)
  if (!isSame) return { table, columns, counts: { ...nothing, changed: added } }
  return {
    table,
    columns,
    counts: isReferenced ? { ...nothing, held: added } : { ...nothing, removed: added },
  }
}

async function plan(
  place: Place,
  params: Params,
  context: StepContext,
  told: Plan | undefined,
): Promise<Plan> {
  const { at, live } = await liveOf(place, { ...params, table: params.run }, context)
  const { stanza } = at.settings
  const finished = await finishedRun(live.asks, params.run)
  const found =
    finished === undefined || finished.undone !== null
      ? undefined
      : await removableNow(place, params, finished, context)
  const shown = plainLine(
    finished === undefined ? params.run : `${finished.about.schema}.${finished.about.table}`,
    130,
  )
  // Nobody writes what is removed but people who go on working with it: the plan says it as it is now.
  const now = found?.counts ?? nothing
  const before = counts.safeParse(told?.before).data
  const figures = before !== undefined && isNear(before, now) ? before : now
  return {
    target: `postgres/${stanza}/${shown}`,
    says: sentence(shown, params.run, finished, found === undefined ? undefined : figures),
    nothingToDo: figures.removed === 0,
    change: { stanza, run: params.run, table: shown, mode: finished?.about.mode ?? null },
    before: figures,
    pods: { ready: 0, notReady: 0, ofReady: 0 },
  }
}

/** A row that somebody begins to use stays: that is what people agreed to. */
function isNear(told: Counts, now: Counts): boolean {
  return (
    now.removed > 0 &&
    now.removed <= told.removed &&
    told.removed + told.held + told.changed === now.removed + now.held + now.changed
  )
}

function sentence(
  table: string,
  run: string,
  finished: FinishedRun | undefined,
  figures: Counts | undefined,
): Text {
  if (finished === undefined)
    return { en: `${run} has salvaged nothing`, ja: `${run} は何も救出していません` }
  if (finished.undone !== null)
    return { en: `what ${run} salvaged is removed already`, ja: `${run} が救出したものは既に削除済みです` }
  if (figures === undefined)
    return {
      en: `${table} has lost columns since ${run}, or is gone: what was changed cannot be told, so nothing is removed`,
      ja: `${run} の後に ${table} の列が失われたかテーブルがないため、変更の有無を判別できません。何も削除しません`,
    }
  const { removed, held, changed } = figures
  const what =
    finished.about.mode === 'rows'
      ? {
          en: `Remove ${counted(removed, 'row')} of ${table} that ${run} added`,
          ja: `${run} が追加した ${table} の ${removed} 行を削除`,
        }
      : removed > 0
        ? {
            en: `Drop ${table}, which ${run} created, with ${counted(removed, 'row')}`,
            ja: `${run} が作成した ${table}（${removed} 行）を削除`,
          }
        : { en: `Keep ${table}, which ${run} created`, ja: `${run} が作成した ${table} は残す` }
  return {
    en: `${what.en}; ${counted(changed, 'row')} changed since and ${held} to which other rows or tables point are kept`,
    ja: `${what.ja}。その後変更された ${changed} 行と、他から参照されている ${held} 行は残します`,
  }
}

async function run(place: Place, params: Params, approved: Plan, context: StepContext): Promise<Done> {
  const { at, live } = await liveOf(place, { ...params, table: params.run }, context)
  const task = taskOf(at, params)
  const before = await finishedRun(live.asks, params.run)
  const { table } = z.looseObject({ table: z.string() }).parse(approved.change)
  if (before === undefined)
    return refuse('salvage-refused', {
      table,
      reason: { en: 'that run is not recorded', ja: 'その実行は記録されていません' },
    })
  if (before.undone === null) {
    const found = await removableNow(place, params, before, context)
    if (found === undefined)
      return refuse('salvage-refused', {
        table,
        reason: { en: 'its columns were changed', ja: '列が変更されています' },
      })
    await markBegun(at.station, task, approved)
    const statements = before.about.mode === 'rows' ? rowsRemoved : tableRemoved
    await transacted(at, live, statements(found.table, params.run, found.columns, context.stepRun), {
      task,
      doing: 'removing rows',
      isDone: () => isUndone(place, params, context),
      table,
    })
  }
  await must(at.station, ['rm', '-rf', '--', task])
  await forgetBegun(at.station, task)
  const after = counts.parse((await finishedRun(live.asks, params.run))?.undone)
  return {
    says: {
      en: `${counted(after.removed, 'row')} removed from ${table}; ${after.changed} changed since and ${after.held} in use are kept`,
      ja: `${table} から ${after.removed} 行を削除。変更された ${after.changed} 行と参照中の ${after.held} 行は残しました`,
    },
    already: before.undone !== null,
    after,
  }
}
