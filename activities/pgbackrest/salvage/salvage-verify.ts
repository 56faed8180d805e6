/** Whether what a salvage added is what the copy has. */
import { z } from 'zod'
import type { Verified } from '../../../domain/steps/contract.ts'
import type { At } from '../place.ts'
import type { Outline, Wanted } from './salvage-outline.ts'
import type { Sides } from './salvage-session.ts'
import {
  fromCopy,
  ledgerTable,
  names,
  pointless,
  rowMd5,
  rowText,
  sameKey,
  temporaryTable,
} from './salvage-sql.ts'
import { heldAgainst, sumsOf } from './salvage-work.ts'

const withinMs = 24 * 3_600_000
const seen = z.object({
  equal: z.number(),
  changed: z.number(),
  gone: z.number(),
  missing: z.array(z.number()),
})

export async function arrivedOf(
  at: At,
  sides: Sides,
  outline: Outline,
  { run }: Wanted,
  added: number,
): Promise<Verified> {
  if (outline.mode !== 'rows') return wholeTable(sides, outline, added)
  const { live, columns, references } = outline
  const ledger = ledgerTable(run)
  // Of the keys that were added, the rows of the copy are read once more.
  const missing = references.map(
    (one) =>
      `(select count(*) from ${live.from} s join ${ledger} l on ${sameKey(live.key, 's', 'l')} where ${pointless(one, 'rows', '', [])})`,
  )
  const equal = `${rowText(columns, 't')} = ${rowText(columns, 's')}`
  const ask = `select json_build_object('equal', count(*) filter (where ${equal}),
      'changed', count(*) filter (where not (${equal}) and md5(${rowText(live.columns, 't')}) <> l.${rowMd5}),
      'gone', count(*) filter (where t.${live.key[0]?.sql} is null), 'missing', json_build_array(${missing.join(', ')}))
    from ${ledger} l left join ${live.from} t on ${sameKey(live.key, 't', 'l')} left join ${temporaryTable} s on ${sameKey(live.key, 's', 'l')}`
  const found = await heldAgainst(at, sides, outline, { shape: seen, ask, withinMs })
  const { equal: same, changed, gone } = found
  const pointing = found.missing.reduce((sum, one) => sum + one, 0)
  const since = changed + gone
  const ok = same + since === added && pointing === 0
  return {
    ok,
    says: ok
      ? {
          en: `${same} of ${added} added rows are as in the copy, ${since} were changed or deleted since; every foreign key holds`,
          ja: `追加した ${added} 行中 ${same} 行がコピーと一致。${since} 行はその後変更または削除。外部キーはすべて整合`,
        }
      : {
          en: `only ${same} of ${added} added rows are as in the copy; ${pointing} point to nothing`,
          ja: `追加した ${added} 行中、コピーと一致するのは ${same} 行のみ。参照先のない行 ${pointing} 行`,
        },
    facts: { ...found, added },
  }
}

/** A table of its own: nobody knew of it before, so all of it is compared. */
async function wholeTable(
  { copy, live }: Sides,
  outline: Exclude<Outline, { mode: 'rows' }>,
  added: number,
): Promise<Verified> {
  const target = outline.mode === 'new-table' ? outline.newTable.sql : outline.copy.sql
  const there = await sumsOf(copy, outline, fromCopy(outline))
  const here = await sumsOf(live, outline, `select ${names(outline.columns)} from only ${target}`)
  const ok = there.rows === here.rows && there.hash === here.hash && here.rows === added
  return {
    ok,
    says: ok
      ? { en: `all ${added} rows are as in the copy`, ja: `${added} 行すべてがコピーと一致` }
      : {
          en: `the table has ${here.rows} rows, the copy ${there.rows}, and they are not the same`,
          ja: `テーブルは ${here.rows} 行、コピーは ${there.rows} 行で、内容が一致しません`,
        },
    facts: { live: here, copy: there },
  }
}
