import { z } from 'zod'
import { expected } from '../../domain/expected.ts'
import type { DataCheck } from '../../domain/restore/checks.ts'
import { longestValue, meets, showExpectation } from '../../domain/restore/expectation.ts'
import { statementIn } from '../../domain/restore/statement.ts'
import { held, notRun, type Outcome, otherThan, shownValue } from './check-outcome.ts'
import { setLocal } from './check-session.ts'
import type { Session } from './session.ts'

/** Of a name that is in both, the server's own is meant (CVE-2018-1058); a table without a schema is one of `public`. */
export const runbookPath = 'pg_catalog, public, pg_temp'

/**
 * The runbook's own SQL, for one value. As a subquery it is nothing but a SELECT, and PostgreSQL itself refuses a second column or row;
 * with a value to bind it is one statement, whatever it holds. A comment may end it, so it has its own lines.
 */
export async function checkSql(
  session: Session,
  check: Extract<DataCheck, { sql: string }>,
): Promise<Outcome> {
  const statement = statementIn(check.sql)
  if ('problem' in statement)
    return notRun(
      expected(`one SELECT, not ${statement.problem.en}`, `SELECT 文 1 つ（${statement.problem.ja}は不可）`),
    )
  await setLocal(session, 'search_path', runbookPath)
  const { value } = await session.row(
    z.object({ value: z.string().nullable() }),
    `select pg_catalog.left((\n${statement.sql}\n)::pg_catalog.text, ${longestValue + 1}) as value where $1::pg_catalog.bool`,
    [true],
  )
  const shown = shownValue(value)
  return meets(check.expect, value) ? held(shown) : otherThan(showExpectation(check.expect), shown)
}
