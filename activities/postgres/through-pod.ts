/**
 * The same SQL by psql in the server's own pod: for when all connections are taken and no reserved role is named. Inside the pod the
 * superuser comes in over the socket, and its slots are kept back.
 */
import { escapeLiteral } from 'pg'
import type { StepContext } from '../../domain/steps/contract.ts'
import { lastLines } from '../../edge/plain-text.ts'
import type { PostgresSettings } from '../connections-file.ts'
import type { Kubernetes } from '../kubernetes/api/client.ts'
import { type Executed, execute } from '../kubernetes/containers/exec.ts'
import { findPlace } from '../kubernetes/containers/exec-place.ts'
import { refuse } from '../refusal.ts'
import { ourMeaning, type Session, sessionOf } from './session.ts'

type Way = {
  readonly kubernetes: Kubernetes
  readonly connection: string
  readonly context: StepContext
  readonly settings: PostgresSettings & { readonly pod: NonNullable<PostgresSettings['pod']> }
  readonly readOnly: boolean
  readonly withinMs: number
}

/** Each statement is a psql of its own; there is no transaction over several. */
export function podSession(way: Way): Session {
  return sessionOf(
    async (sql, values) => ({ rows: rowsIn(await ask(way, statement(way, sql, values)), way.connection) }),
    { isReserved: true, isPooled: false },
  )
}

async function ask(
  { kubernetes, connection, context, settings, withinMs }: Way,
  text: string,
): Promise<Executed> {
  const { pod } = settings
  const place = await findPlace(kubernetes, { pod: pod.name }, context)
  // No start-up file, nothing but rows, the first error ends it.
  const how = ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1']
  const argv = ['psql', ...how, '-U', pod.user, '-d', settings.database, '-c', text]
  const answer = await execute(kubernetes, context, place, { argv, within: withinMs })
  if (answer.exit === 0) return answer
  const reason = lastLines(answer.stderr.split('\n'), 300).join(' ')
  return /too many clients|remaining connection slots/.test(reason)
    ? refuse('database-full', { connection, reason })
    : refuse('database-refused', {
        connection,
        reason: { en: `psql in ${place.target}: ${reason}`, ja: `${place.target} の psql: ${reason}` },
      })
}

/** Values are bound as everywhere: psql cannot, so a prepared statement takes them as literals of the library's own quoting. */
function statement({ readOnly, withinMs }: Way, sql: string, values: readonly unknown[]): string {
  const given = values.length === 0 ? '' : `(${values.map(literal).join(', ')})`
  return [
    ...ourMeaning.map((setting) => `set ${setting}`),
    `set statement_timeout = ${withinMs - 500}`,
    ...(readOnly ? ['set transaction read only'] : []),
    `prepare hikeshi as select row_to_json(t) from (${sql}) t`,
    `execute hikeshi${given}`,
  ].join('; ')
}

function literal(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (!Array.isArray(value)) return escapeLiteral(String(value))
  const members = value.map((member) => `"${String(member).replace(/["\\]/g, '\\$&')}"`)
  return escapeLiteral(`{${members.join(',')}}`)
}

function rowsIn({ stdout, cut }: Executed, connection: string): readonly unknown[] {
  if (cut)
    refuse('database-refused', {
      connection,
      reason: { en: 'the output of psql exceeds 64 KiB', ja: 'psql の出力が 64 KiB を超えています' },
    })
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown)
}
