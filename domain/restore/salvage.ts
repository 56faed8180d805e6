/** What is salvaged from a copy: one table, and which of its rows. What a person types here is names and values, never SQL. */
import { z } from 'zod'
import { expects } from '../expected.ts'
import { cutTo, hasControlCharacters, type Text } from '../words.ts'

/** Of an identifier; PostgreSQL counts bytes, so a longer name in Japanese is one that it does not have. */
const identifier = z
  .string()
  .min(1)
  .max(63)
  .refine(
    (given) => !hasControlCharacters(given),
    expects('a name without control characters', '制御文字を含まない名前'),
  )

const part = `[^\\s."']{1,63}|"(?:[^"]|""){1,126}"`
const named = new RegExp(`^(${part})\\.(${part})$`)

export type TableName = { readonly schema: string; readonly table: string }

/** Reads `public.orders`, as PostgreSQL has it: `public.Orders` is another table. A blank, a dot or a quote needs `"quotes"`. */
export function tableNamed(source: string): TableName | undefined {
  const [, schema, table] = named.exec(source) ?? []
  return schema === undefined || table === undefined
    ? undefined
    : { schema: bare(schema), table: bare(table) }
}

function bare(source: string): string {
  return source.startsWith('"') ? source.slice(1, -1).replaceAll('""', '"') : source
}

/** The catalogue is not salvaged, nor what salvaging itself writes. */
const notOurs = /^(pg_|information_schema$|hikeshi_salvage$)/

export const salvagedTable = z
  .string()
  .max(260)
  .refine(
    (source) => {
      const name = tableNamed(source)
      return (
        name !== undefined &&
        !hasControlCharacters(source) &&
        !source.includes('\n') &&
        !notOurs.test(name.schema)
      )
    },
    expects(
      'a table with its schema such as public.orders, not one of the system’s',
      'public.orders のようなスキーマ付きのテーブル名（システムのものは不可）',
    ),
  )

const operators = ['=', '<', '<=', '>', '>=', 'between', 'in', 'is null'] as const
type Operator = (typeof operators)[number]

const valuesOf: Readonly<Record<Operator, readonly [least: number, most: number]>> = {
  '=': [1, 1],
  '<': [1, 1],
  '<=': [1, 1],
  '>': [1, 1],
  '>=': [1, 1],
  between: [2, 2],
  in: [1, 200],
  'is null': [0, 0],
}

const value = z
  .string()
  .max(1_000)
  .refine((given) => !given.includes('\0'), expects('a text without NUL', 'NUL を含まない文字列'))

/** A column compared with values, which PostgreSQL reads as that column's type. */
export const rowCondition = z
  .strictObject({ column: identifier, is: z.enum(operators), values: z.array(value).max(200).default([]) })
  .refine(
    ({ is, values }) => values.length >= valuesOf[is][0] && values.length <= valuesOf[is][1],
    expects(
      'one value; two for "between", up to 200 for "in", none for "is null"',
      '値 1 つ（between は 2 つ、in は 200 個まで、is null はなし）',
    ),
  )
export type RowCondition = z.infer<typeof rowCondition>

/** All of them hold for each row that is salvaged; without one it is every row. */
export const rowConditions = z.array(rowCondition).max(10)

const shownValues = 3
const shownCharacters = 40

/** `id in "1", "2", …`: column and values as they were given. */
export function showConditions(rows: readonly RowCondition[]): Text | undefined {
  const each = rows.map(({ column, is, values }) => {
    const shown = values.slice(0, shownValues).map((one) => JSON.stringify(cutTo(one, shownCharacters)))
    const more = values.length > shownValues ? ['…'] : []
    return [column, is, [...shown, ...more].join(is === 'between' ? ' and ' : ', ')].join(' ').trim()
  })
  return each.length === 0 ? undefined : { en: each.join(' and '), ja: each.join('、かつ ') }
}
