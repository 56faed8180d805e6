/** What people read before a salvage: how many rows would be added, what would be left as it is, and what stands in the way. */
import { z } from 'zod'
import { isDrift } from '../../../domain/approval/same-plan.ts'
import { showBytes } from '../../../domain/bytes.ts'
import { counted } from '../../../domain/counted.ts'
import { type RowCondition, showConditions } from '../../../domain/restore/salvage.ts'
import type { Plan } from '../../../domain/steps/contract.ts'
import { canonicalJson } from '../../../domain/timeline/canonical.ts'
import type { Text } from '../../../domain/words.ts'
import { sayInstant } from '../../../edge/instant/said.ts'
import { plainLine } from '../../../edge/plain-text.ts'
import { carriedBy } from '../../../wire/carried.ts'
import { refuse } from '../../refusal.ts'
import { must } from '../copy.ts'
import type { At } from '../place.ts'
import { isTimeout } from './salvage-error.ts'
import type { Outline, Wanted } from './salvage-outline.ts'
import { json, planMs, type Sides } from './salvage-session.ts'
import { collidingIn, fromCopy, sequencesOf } from './salvage-sql.ts'
import { type Counts, countsOf, type Sums, sumsOf } from './salvage-work.ts'

const figure = z.int().min(0)
const figures = z.object({
  matched: figure,
  absent: figure,
  differ: figure,
  collide: z.array(figure),
  behind: z.array(z.boolean()),
})
type Figures = z.infer<typeof figures>

export const told = z.looseObject({ figures: figures.nullable() })
export type Told = z.infer<typeof told>

type Job = {
  readonly at: At
  readonly sides: Sides
  readonly outline: Outline
  readonly wanted: Wanted
  readonly asOf: string
}
type Said = {
  readonly zone: string
  readonly rows: readonly RowCondition[]
  readonly told: Told | undefined
}

/** More than that is not carried over for a plan, which has a minute: then the rows are compared when they are added. */
const comparedUpToBytes = 128 * 2 ** 20
/** Of the rows: once for themselves on the way, once in the table, and its indexes. */
const share = 2.5

export async function planned(
  job: Job,
  said: Said,
): Promise<{ says: Text; nothingToDo: boolean; found: Plan['before'] }> {
  const { at, sides, outline, wanted } = job
  await refuseUnknownTables(job)
  const sums = await inTime(sumsOf(sides.copy, outline, fromCopy(outline), planMs), wanted.shown)
  await refuseFull(at, sums?.bytes ?? outline.copy.bytes)
  const counts =
    sums === undefined || sums.bytes > comparedUpToBytes
      ? undefined
      : await inTime(countsOf(at, sides, outline, planMs), wanted.shown)
  if (counts !== undefined) refusePointless(job, counts)
  const now = counts === undefined ? null : { ...counts, behind: counts.behind.map((one) => one === true) }
  const shown = figuresTold(now, said.told?.figures ?? null)
  const notes = [...outline.notes, ...notesOf(outline, shown)]
  return {
    says: sentence(job, said, shown, sums, notes),
    nothingToDo: outline.mode !== 'table' && shown?.absent === 0,
    found: {
      figures: shown === null ? null : figures.parse(shown),
      bytes: sums?.bytes ?? null,
      rows: sums?.rows ?? null,
      notes,
      triggers:
        outline.mode === 'rows'
          ? outline.live.triggers.filter(({ onInsert }) => onInsert).map(({ name }) => name)
          : [],
    },
  }
}

/** What takes longer than a plan may is not known, which is said. What a server does not read, such as a value, is a mistake of the request. */
async function inTime<T>(asked: Promise<T>, table: string): Promise<T | undefined> {
  try {
    return await asked
  } catch (error) {
    const why = carriedBy(error)
    const { reason } = why?.params ?? {}
    if (why?.name === 'no-answer' || isTimeout(reason)) return undefined
    if (why?.name === 'command-failed' && reason !== undefined) refuse('salvage-refused', { table, reason })
    throw error
  }
}

async function refuseUnknownTables({ sides, outline, wanted }: Job): Promise<void> {
  const others = outline.references.filter(({ self }) => !self)
  if (outline.mode !== 'table' || others.length === 0) return
  const gone = await sides.live.asks(
    z.array(z.number()),
    `select coalesce(json_agg(i - 1 order by i), '[]') from jsonb_array_elements_text(${json(others.map(({ tableSql }) => tableSql))})
      with ordinality as e (name, i) where to_regclass(name) is null`,
  )
  const first = others[gone[0] ?? -1]
  if (first === undefined) return
  const table = plainLine(first.table, 130)
  refuse('salvage-refused', {
    table: wanted.shown,
    reason: {
      en: `it points to ${table}, which is gone as well: salvage that one first`,
      ja: `参照先の ${table} もありません。先にそちらを救出してください`,
    },
  })
}

function refusePointless({ outline, wanted }: Job, { missing }: Counts): void {
  const open = outline.references.flatMap(({ name, table }, i) =>
    (missing[i] ?? 0) > 0 ? [{ name, table, rows: missing[i] ?? 0 }] : [],
  )
  if (open.length === 0) return
  const each = open.map(({ name, table, rows }) => ({
    rows,
    table: plainLine(table, 130),
    name: plainLine(name, 63),
  }))
  refuse('salvage-refused', {
    table: wanted.shown,
    reason: {
      en: `${each.map(({ rows, table, name }) => `${counted(rows, 'row')} ${rows === 1 ? 'points' : 'point'} to rows that ${table} lacks (${name})`).join('; ')}. Salvage those first`,
      ja: `${each.map(({ rows, table, name }) => `${rows} 行の参照先が ${table} にありません（${name}）`).join('、')}。先にそちらを救出してください`,
    },
  })
}

async function refuseFull({ station, settings: { dataFolder } }: At, bytes: number): Promise<void> {
  const out = await must(station, ['df', '--output=avail', '-B1', '--', dataFolder])
  const free = Number(out.trim().split('\n').at(-1))
  const needs = Math.ceil(bytes * share)
  if (free < needs)
    refuse('disk-too-small', { needs: showBytes(needs), where: dataFolder, free: showBytes(free) })
}

/** What moved by itself since people were told is told as it was. */
export function figuresTold(now: Figures | null, before: Figures | null): Figures | null {
  if (now === null || before === null) return now
  const shown = ({ matched, absent, differ, collide }: Figures) => [
    matched,
    absent,
    matched - absent,
    differ,
    ...collide,
  ]
  const [told, found] = [shown(before), shown(now)]
  const isNear =
    told.length === found.length && told.every((each, i) => isDrift(each, found[i] ?? Number.NaN))
  const isSame =
    (before.absent === 0) === (now.absent === 0) && canonicalJson(before.behind) === canonicalJson(now.behind)
  return isNear && isSame ? before : now
}

function notesOf(outline: Outline, shown: Figures | null): readonly Text[] {
  const collide = collidingIn(outline).flatMap(({ name }, i) => {
    const rows = shown?.collide[i] ?? 0
    const index = plainLine(name, 63)
    return rows === 0
      ? []
      : [
          {
            en: `${counted(rows, 'row')} left out, another row has their values of ${index}`,
            ja: `${index} の値が他の行と重複する ${rows} 行は除外`,
          },
        ]
  })
  const triggers = outline.mode === 'rows' ? outline.live.triggers.filter(({ onInsert }) => onInsert) : []
  const fire = plainLine(triggers.map(({ name }) => name).join(', '), 200)
  const behind = sequencesOf(outline).filter((_, i) => shown?.behind[i] === true)
  const set = plainLine(behind.map(({ name }) => name).join(', '), 200)
  return [
    ...collide,
    ...(triggers.length === 0
      ? []
      : [
          {
            en: `no trigger fires (${fire}); other writers of the table wait until it is done`,
            ja: `トリガー（${fire}）は実行されず、完了まで他の書き込みは待機`,
          },
        ]),
    ...(behind.length === 0
      ? []
      : [
          {
            en: `the sequence of ${set} goes on behind the highest number`,
            ja: `${set} のシーケンスは最大値の次から再開`,
          },
        ]),
  ]
}

function sentence(
  { outline, wanted: { shown: table }, asOf }: Job,
  { rows, zone }: Said,
  shown: Figures | null,
  sums: Sums | undefined,
  notes: readonly Text[],
): Text {
  const at = asOf.endsWith('Z') ? sayInstant(Date.parse(asOf), zone) : asOf
  const which = showConditions(rows)
  const condition = {
    en: which === undefined ? '' : ` where ${which.en}`,
    ja: which === undefined ? '' : `（条件: ${which.ja}）`,
  }
  const size =
    sums === undefined
      ? { en: 'all rows', ja: '全行' }
      : { en: counted(sums.rows, 'row'), ja: `${sums.rows} 行` }
  const more = {
    en: notes.map(({ en }) => `; ${en}`).join(''),
    ja: notes.map(({ ja }) => `。${ja}`).join(''),
  }
  if (outline.mode === 'table')
    return {
      en: `Create ${table} again as it was at ${at}, with ${size.en}${condition.en}${more.en}`,
      ja: `${table} を ${at} 時点の定義で再作成し、${size.ja}を戻す${condition.ja}${more.ja}`,
    }
  if (outline.mode === 'new-table') {
    const name = plainLine(outline.newTable.name, 130)
    return {
      en: `Put ${size.en} of ${table} as of ${at}${condition.en} into the new table ${name}${more.en}`,
      ja: `${at} 時点の ${table} の ${size.ja}${condition.ja}を新しいテーブル ${name} に入れる${more.ja}`,
    }
  }
  if (shown === null)
    return {
      en: `Add to ${table} what it lacks of ${size.en} as of ${at}${condition.en}; they were not compared yet${more.en}`,
      ja: `${at} 時点の ${size.ja}${condition.ja}のうち ${table} にない行を追加（件数は未確認）${more.ja}`,
    }
  const present = shown.matched - shown.absent
  const differ = shown.differ
  return {
    en: `Add ${shown.absent} of ${counted(shown.matched, 'row')} as of ${at}${condition.en} to ${table}; it has ${present} of them, ${differ} with other values, and they stay as they are${more.en}`,
    ja: `${at} 時点の ${shown.matched} 行${condition.ja}のうち ${shown.absent} 行を ${table} に追加。${present} 行は既にあり（うち値が異なるもの ${differ} 行）、変更しません${more.ja}`,
  }
}
