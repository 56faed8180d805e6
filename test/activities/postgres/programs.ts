/** A describe block on a PostgreSQL of its own; says why where there can be none. */
import { findPostgres, hasExtension, type PostgresPrograms } from '../../../lab/databases/programs.ts'
import { describeUnless } from '../../lab/skip.ts'

export type Programs = PostgresPrograms

const found = findPostgres()

export function describeWithPostgres(title: string, block: (programs: Programs) => void): void {
  if ('missing' in found) describeUnless(found.missing, title, () => {})
  else describe(title, () => block(found))
}

export function hasStatements(programs: Programs): boolean {
  return hasExtension(programs, 'pg_stat_statements')
}
