/** What of a salvage can be taken away again: the rows that are still as they were added, and to which nothing else points. */

import { noForeignCode } from './salvage-code.ts'
import type { FinishedRun } from './salvage-runs.ts'
import { json } from './salvage-session.ts'
import type { Table } from './salvage-shape.ts'
import {
  asOwner,
  codeAround,
  hashOf,
  ledgerTable,
  names,
  rowMd5,
  rowText,
  sameKey,
  withoutTriggers,
} from './salvage-sql.ts'

/** The columns of then; undefined where one of them is gone, so that nobody can tell what was changed. */
export function columnsOfThen({ columns }: Table, about: FinishedRun['about']): Table['columns'] | undefined {
  const found = about.columns.map((name) => columns.find((each) => each.name === name))
  return found.some((each) => each === undefined) ? undefined : found.filter((each) => each !== undefined)
}

/**
 * `same`: rows as they were added. `held`: those of them to which a row points that stays, so that nothing is deleted or set to null by a foreign key
 * behind anybody's back; and to whatever a row points that is held.
 */
export function removable(live: Table, run: string, columns: Table['columns']): string {
  const keys = (alias: string) => names(live.key, alias)
  const points = live.referencedBy.map(({ from, self, pairs }) => {
    const to = pairs
      .map(({ ownSql, otherSql, equals, collate }) => `t.${ownSql} ${equals} o.${otherSql}${collate}`)
      .join(' and ')
    const stays = self ? ` and not exists (select from same x where ${sameKey(live.key, 'x', 'o')})` : ''
    return `exists (select from ${from} o where ${to}${stays})`
  })
  const own = live.referencedBy
    .filter(({ self }) => self)
    .map(
      ({ pairs }) =>
        `(${pairs.map(({ ownSql, otherSql, equals, collate }) => `t.${ownSql} ${equals} c.${otherSql}${collate}`).join(' and ')})`,
    )
  const along =
    own.length === 0
      ? ''
      : ` union select ${keys('t')} from held h join same c on ${sameKey(live.key, 'c', 'h')} join same t on ${own.join(' or ')}`
  return `with recursive same as materialized (select t.* from ${live.from} t join ${ledgerTable(run)} l on ${sameKey(live.key, 't', 'l')}
      where md5(${rowText(columns, 't')}) = l.${rowMd5}),
    held as (select ${keys('t')} from same t where ${points.length === 0 ? 'false' : points.join(' or ')}${along})`
}

const figures = (run: string) =>
  `'held', (select count(*) from held), 'changed', (select count(*) from ${ledgerTable(run)}) - (select count(*) from same)`

export function countRemovable(live: Table, run: string, columns: Table['columns']): string {
  return `${removable(live, run, columns)}
    select json_build_object('removed', (select count(*) from same) - (select count(*) from held), ${figures(run)})`
}

/** EXCLUSIVE: a row that begins to point to one of these waits, and then finds it gone. */
export function rowsRemoved(
  live: Table,
  run: string,
  columns: Table['columns'],
  by: string,
): readonly string[] {
  return [
    `lock table ${live.from} in exclusive mode`,
    noForeignCode(codeAround(live)),
    `create temporary table hikeshi_gone as ${removable(live, run, columns)}
      select ${names(live.key, 's')} from same s where not exists (select from held h where ${sameKey(live.key, 'h', 's')})`,
    `grant select on pg_temp.hikeshi_gone to ${live.owner}`,
    `update hikeshi_salvage.runs set undone = (${removable(live, run, columns)}
      select jsonb_build_object('removed', (select count(*) from pg_temp.hikeshi_gone), ${figures(run)}) || ${json({ by })})
      where run = '${run}' and undone is null`,
    ...withoutTriggers(
      live,
      'onDelete',
      asOwner(live, [
        `delete from ${live.from} d using pg_temp.hikeshi_gone g where ${sameKey(live.key, 'd', 'g')}`,
      ]),
    ),
    `select hikeshi_salvage.must(not exists (select from ${live.from} d join pg_temp.hikeshi_gone g on ${sameKey(live.key, 'd', 'g')}), 'rows stayed')`,
    `drop table ${ledgerTable(run)}`,
    undoneOnce(run),
  ]
}

/** The whole table, where it is as it was filled. */
export function tableRemoved(
  live: Table,
  run: string,
  columns: Table['columns'],
  by: string,
): readonly string[] {
  return [
    `lock table ${live.from} in access exclusive mode`,
    noForeignCode(codeAround(live)),
    `select hikeshi_salvage.must((select count(*) = max(r.added) and ${hashOf(columns, 't')} = max(r.hash)
      from hikeshi_salvage.runs r left join ${live.from} t on true where r.run = '${run}'), 'the table was changed in the meantime')`,
    `update hikeshi_salvage.runs set undone = jsonb_build_object('removed', added, 'held', 0, 'changed', 0) || ${json({ by })}
      where run = '${run}' and undone is null`,
    `drop table ${live.sql}`,
    undoneOnce(run),
  ]
}

const undoneOnce = (run: string) =>
  `select hikeshi_salvage.must((select undone is not null from hikeshi_salvage.runs where run = '${run}'), 'no such run')`
