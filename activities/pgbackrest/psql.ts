/** Asks a server of ours over its own socket, as whom its data belongs to: also a copy whose roles nobody knows, and one that is being taken into use. */
import { z } from 'zod'
import type { PgbackrestSettings } from '../connections-file.ts'
import { refuse } from '../refusal.ts'
import { lastLine, type Station } from './station/station.ts'

export type Server = { readonly socketFolder: string; readonly port: number }

const connectSeconds = 5

/** How psql and pg_dump are told where to connect: as the superuser, with these settings of the session. */
export function connectionTo(
  { superuser }: PgbackrestSettings,
  { socketFolder, port }: Server,
  database: string,
  session: Readonly<Record<string, string>>,
): string {
  const to = Object.entries({
    host: socketFolder,
    port: String(port),
    user: superuser,
    dbname: database,
    connect_timeout: String(connectSeconds),
    application_name: 'hikeshi restore',
    options: Object.entries({ search_path: 'pg_catalog', lc_messages: 'C', ...session })
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
  }).map(([key, value]) => `${key}='${value.replaceAll(/[\\']/g, '\\$&')}'`)
  return to.join(' ')
}

/** psql without anybody's settings, ended by the first error. */
export function psqlWords({ postgresFolder }: PgbackrestSettings, connection: string): readonly string[] {
  return [`${postgresFolder}/psql`, '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', connection]
}

/** The statements run one by one; `sql` is a text of ours alone. Refuses `command-failed` with the server's own sentence. */
export async function psql(
  station: Station,
  settings: PgbackrestSettings,
  server: Server,
  sql: readonly string[],
  database = 'postgres',
): Promise<string> {
  const connection = connectionTo(settings, server, database, { statement_timeout: '20s' })
  const argv = [...psqlWords(settings, connection), ...sql.flatMap((statement) => ['-c', statement])]
  const { status, stdout, stderr } = await station.exec(argv)
  if (status === 0) return stdout.trim()
  return refuse('command-failed', { command: 'psql', reason: lastLine(stderr) || `exit ${status}` })
}

/** The one JSON value that a statement answers. */
export async function psqlJson<T extends z.ZodType>(
  station: Station,
  settings: PgbackrestSettings,
  server: Server,
  shape: T,
  sql: string,
  database?: string,
): Promise<z.infer<T>> {
  return shape.parse(JSON.parse(await psql(station, settings, server, [sql], database)))
}

/** A position in the log, as PostgreSQL writes it. */
export const lsn = z.string().regex(/^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/)
