/** What is asked of PostgreSQL, whichever way leads there. */
import { z } from 'zod'
import { refuse } from '../refusal.ts'

export type Session = {
  /** The rows of one statement, each checked. Values are bound; statements are texts of ours alone. */
  readonly rows: <T extends z.ZodType>(
    row: T,
    sql: string,
    values?: readonly unknown[],
  ) => Promise<readonly z.infer<T>[]>
  /** The same where exactly one row answers. */
  readonly row: <T extends z.ZodType>(row: T, sql: string, values?: readonly unknown[]) => Promise<z.infer<T>>
  /** True when all other slots were taken and it goes by one that is kept back. */
  readonly isReserved: boolean
}

/** Sends one statement with its values; refusals are entries of the failures list. */
export type Send = (sql: string, values: unknown[]) => Promise<{ readonly rows: readonly unknown[] }>

export function sessionOf(send: Send, isReserved: boolean): Session {
  const rows: Session['rows'] = async (row, sql, values = []) =>
    z.array(row).parse((await send(sql, [...values])).rows)
  return {
    rows,
    row: async (row, sql, values) => {
      const [only] = await rows(row, sql, values)
      return only ?? refuse('internal', { where: 'postgres', reason: 'one row was expected, none came' })
    },
    isReserved,
  }
}
