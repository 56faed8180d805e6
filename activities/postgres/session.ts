/** What is asked of PostgreSQL, whichever way leads there. */
import { z } from 'zod'
import { refuse } from '../refusal.ts'

/**
 * Set first in every session, so that our statements mean what they say and nothing of them fails by what others wrote.
 * - Whoever owns a database chooses where names are looked up, and whoever may create in a schema of that path puts functions and
 *   operators beside the server's: they would run as our role, through the pod as the superuser (CVE-2018-1058).
 * - Names and queries of sessions in databases of other encodings come as they are; a conversion would refuse them all for one letter.
 */
export const ourMeaning = ['search_path = pg_catalog, pg_temp', "client_encoding = 'SQL_ASCII'"] as const

export type Session = {
  /** The rows of one statement, each checked. Values are bound; statements are texts of ours alone. */
  readonly rows: <T extends z.ZodType>(
    row: T,
    sql: string,
    values?: readonly unknown[],
  ) => Promise<readonly z.infer<T>[]>
  /** The same where exactly one row answers. */
  readonly row: <T extends z.ZodType>(row: T, sql: string, values?: readonly unknown[]) => Promise<z.infer<T>>
} & Way

type Way = {
  /** True when all other slots were taken and it goes by one that is kept back. */
  readonly isReserved: boolean
  /** True when a connection pooler answers and hands on to the server. */
  readonly isPooled: boolean
}

/** Sends one statement with its values; refusals are entries of the failures list. */
export type Send = (sql: string, values: unknown[]) => Promise<{ readonly rows: readonly unknown[] }>

export function sessionOf(send: Send, way: Way): Session {
  const rows: Session['rows'] = async (row, sql, values = []) =>
    z.array(row).parse((await send(sql, [...values])).rows)
  return {
    rows,
    row: async (row, sql, values) => {
      const [only] = await rows(row, sql, values)
      return (
        only ??
        refuse('internal', {
          where: 'postgres',
          reason: { en: 'expected one row, got none', ja: '1 行の結果が得られませんでした' },
        })
      )
    },
    ...way,
  }
}
