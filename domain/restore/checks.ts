/** What must hold of the data: checks that a runbook names, run on a copy before anybody takes it into use, and on the live database afterwards. */
import { z } from 'zod'
import { duration } from '../duration.ts'
import { expects } from '../expected.ts'
import { name } from '../names.ts'
import type { Text } from '../words.ts'
import { bounds, expectation } from './expectation.ts'
import { statementIn } from './statement.ts'

/** As PostgreSQL has it: `Orders` is not `orders`. What holds a blank, a dot or a quote is reached by a check with `sql`. */
const identifier = `[^\\s."']{1,63}`
const table = z
  .string()
  .regex(
    new RegExp(`^${identifier}(?:\\.${identifier})?$`),
    expects('a table such as orders or sales.orders', 'orders や sales.orders のようなテーブル名'),
  )
const rowCount = z.number().int().min(0)

/** One statement that only reads. */
export const sql = z
  .string()
  .max(4_000)
  .check((given) => {
    const read = statementIn(given.value)
    if ('sql' in read) return
    given.issues.push({
      code: 'custom',
      input: given.value,
      continue: true,
      message: expects(
        `one SELECT (or WITH, VALUES, TABLE), not ${read.problem.en}`,
        `SELECT（または WITH・VALUES・TABLE）の文 1 つ（${read.problem.ja}は不可）`,
      ),
    })
  })

const within = duration.pipe(z.number().min(1_000, expects('a duration of at least 1s', '1s 以上の時間')))

/** One of five shapes, told apart by the member that each alone has. */
export const dataCheck = z.union([
  /** One statement that answers one value. */
  z.strictObject({ name, sql, expect: expectation }),
  z
    .strictObject({ name, rows: table, atLeast: rowCount.optional(), atMost: rowCount.optional() })
    .check(bounds),
  /** The newest value of a column of times is so young: measured at the target on a copy, at now on a live database. */
  z.strictObject({ name, fresh: table, column: z.string().min(1).max(63), within }),
  /** Its B-tree indexes fit its rows (extension amcheck). */
  z.strictObject({ name, indexes: table }),
  /** No row points to one that does not exist. */
  z.strictObject({ name, foreignKeys: table }),
])
export type DataCheck = z.infer<typeof dataCheck>

/** At most so many: each is a query, and people read their results before they approve. */
export const dataChecks = z
  .array(dataCheck)
  .max(50)
  .check((given) => {
    const seen = new Set<string>()
    for (const [i, { name }] of given.value.entries()) {
      if (seen.has(name))
        given.issues.push({
          code: 'custom',
          path: [i, 'name'],
          input: name,
          continue: true,
          message: expects('a name that no other check has', '他のチェックと重複しない名前'),
        })
      seen.add(name)
    }
  })

/** `not-run` is never `ok`: what could not be looked at is not known. */
export type CheckStatus = 'ok' | 'failed' | 'not-run'
export type CheckResult = { readonly name: string; readonly status: CheckStatus; readonly says: Text }
