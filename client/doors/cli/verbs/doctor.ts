import { failures } from '../../../../domain/failures.ts'
import { present } from '../../../../domain/present.ts'
import { Refused } from '../../../../edge/refused.ts'
import { examine } from '../../../doctor/examine.ts'
import { checkFact } from '../../../words/checked.ts'
import { toned } from '../facts.ts'
import type { Session } from '../session.ts'
import { hanging, oneLine } from '../terminal.ts'

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
      ...present({ next: next?.[lang] }),
    })),
    text: (screen) =>
      found
        .flatMap((finding) => {
          const { status } = finding
          const { label, value, tone, under = [] } = checkFact(finding)
          const says = oneLine(`${label[lang]}: ${value[lang]}`)
          const [first = '', ...rest] = hanging(status, says, 6, screen.width)
          return [
            `${toned(first.slice(0, status.length), tone, screen)}${first.slice(status.length)}`,
            ...rest,
            ...under.flatMap((todo) => hanging('      → ', oneLine(todo.value[lang]), 8, screen.width)),
          ]
        })
        .join('\n'),
  })
  if (temporal instanceof Refused) return failures[temporal.failure.name].exit
  return found.some(({ status }) => status === 'fail') ? 1 : 0
}
