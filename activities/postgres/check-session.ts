/** How each check of data asks: within a savepoint that is always rolled back, with a time of its own and the least rights there are. */
import { z } from 'zod'
import { type Session, sessionOf } from './session.ts'

/** What only reads. A check needs no other right that our role has, such as to end sessions, nor those of a superuser. */
const reader = 'pg_read_all_data'

/**
 * - A policy that hides rows from our role would make a wrong count look right: the server refuses instead.
 * - What people wrote comes as text of ours, in whatever encoding the database keeps it.
 */
const settings = { row_security: 'off', client_encoding: 'UTF8' } as const

/** Sets for the rest of the transaction, or until the savepoint is rolled back. */
export async function setLocal({ rows }: Session, name: string, value: string): Promise<void> {
  await rows(z.unknown(), 'select pg_catalog.set_config($1, $2, true)', [name, value])
}

/** Whom checks run as; undefined: as the role that has logged in. One that may see the rows of every policy has to stay itself. */
export async function readerOf({ rows }: Session): Promise<string | undefined> {
  const [found] = await rows(
    z.object({ name: z.string() }),
    `select r.rolname::text as name from pg_roles r, pg_roles own
     where r.rolname = $1 and own.rolname = current_user and pg_has_role(r.oid, 'member')
       and (own.rolsuper or not own.rolbypassrls)`,
    [reader],
  )
  return found?.name
}

export type Bounds = { readonly withinMs: number; readonly role: string | undefined }

/** Whatever becomes of it, the next check finds the transaction as this one did. */
export async function inSavepoint<T>(
  session: Session,
  { withinMs, role }: Bounds,
  ask: (session: Session) => Promise<T>,
): Promise<T> {
  const { rows, isReserved, isPooled } = session
  const untilMs = performance.now() + withinMs
  const timed = sessionOf(
    async (sql, values) => {
      const leftMs = Math.max(1, Math.ceil(untilMs - performance.now()))
      await setLocal(session, 'statement_timeout', String(leftMs))
      return { rows: await rows(z.unknown(), sql, values) }
    },
    { isReserved, isPooled },
  )
  await rows(z.unknown(), 'savepoint hikeshi_check')
  try {
    for (const [name, value] of Object.entries(settings)) await setLocal(session, name, value)
    if (role !== undefined) await setLocal(session, 'role', role)
    return await ask(timed)
  } finally {
    await rows(z.unknown(), 'rollback to savepoint hikeshi_check')
  }
}
