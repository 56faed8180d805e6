import { z } from 'zod'
import type { StepContext } from '../../domain/steps/contract.ts'
import { plainLine } from '../../edge/plain-text.ts'
import type { Postgres } from './client.ts'

const named = z.string().transform((value) => plainLine(value, 130))
const database = z.object({ name: named, bytes: z.number() })
const table = z.object({ schema: named, name: named, bytes: z.number(), rows: z.number() })

const mostNamed = 50

// The size of a database that the role may not see is left out: pg_database_size would end the whole statement.
const databases = `
  select datname as name, pg_database_size(oid)::float8 as bytes
  from pg_database
  where datallowconn
    and (has_database_privilege(oid, 'CONNECT') or pg_has_role(current_user, 'pg_read_all_stats', 'USAGE'))
  order by bytes desc limit $1`
// As the last VACUUM or ANALYZE counted them: pg_table_size would wait for whoever has locked the table.
const tables = `
  select n.nspname as schema, c.relname as name,
    c.relpages::float8 * current_setting('block_size')::int as bytes, greatest(c.reltuples, -1)::float8 as rows
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'm', 't', 'i') and n.nspname not in ('pg_catalog', 'information_schema')
  order by c.relpages desc limit $1`

export type Sizes = {
  readonly databases: readonly z.infer<typeof database>[]
  /** Tables, indexes and what is stored beside them, of the database of the connection; `rows` -1: never counted. */
  readonly tables: readonly z.infer<typeof table>[]
}

/** How large a server's databases are, and the largest tables of the one that the connection names. Errors: those of `Postgres.read`. */
export function readSizes(postgres: Postgres, connection: string, context: StepContext): Promise<Sizes> {
  return postgres.read({
    connection,
    context,
    ask: async ({ rows }) => ({
      databases: await rows(database, databases, [mostNamed]),
      tables: await rows(table, tables, [mostNamed]),
    }),
  })
}
