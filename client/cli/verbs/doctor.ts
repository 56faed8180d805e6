import { failures } from '../../../domain/failures.ts'
import { examine } from '../../doctor/examine.ts'
import type { Finding } from '../../doctor/finding.ts'
import { Refused } from '../../refused.ts'
import type { Session } from '../session.ts'
import { hanging, oneLine, type Style } from '../terminal.ts'

const styles: { readonly [S in Finding['status']]: Style } = { ok: 'green', warn: 'yellow', fail: 'red' }

/** Prints each finding; 0 when nothing fails, 1 when something does, 5 when Temporal is not there. */
export async function doctor(session: Session): Promise<number> {
  const { env } = session.around
  const temporal = await session.temporal().catch((error: unknown) => {
    if (error instanceof Refused) return error
    throw error
  })
  const found = await examine(temporal, env)
  const { lang } = session
  await session.print({
    data: found.map(({ says, next, ...rest }) => ({
      ...rest,
      says: says[lang],
      ...(next === undefined ? {} : { next: next[lang] }),
    })),
    text: ({ paint, width }) =>
      found
        .flatMap(({ status, check, says, next }) => {
          const [first = '', ...rest] = hanging(status, `${check}: ${oneLine(says[lang])}`, 6, width)
          const advice = next === undefined ? [] : hanging('      → ', oneLine(next[lang]), 8, width)
          return [
            `${paint(styles[status], first.slice(0, status.length))}${first.slice(status.length)}`,
            ...rest,
            ...advice,
          ]
        })
        .join('\n'),
  })
  if (temporal instanceof Refused) return failures[temporal.failure.name].exit
  return found.some(({ status }) => status === 'fail') ? 1 : 0
}
