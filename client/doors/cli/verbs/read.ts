import { showDuration } from '../../../../domain/duration.ts'
import { kindOf } from '../../../../domain/steps/catalogue.ts'
import { Refused } from '../../../../edge/refused.ts'
import type { StepLook } from '../../../incidents/read-step.ts'
import { patiently } from '../patience.ts'
import { readingText } from '../reading-text.ts'
import type { Session } from '../session.ts'
import { oneLine } from '../terminal.ts'
import { type Options, textOf } from '../verb.ts'

/** Has a reading step of a runbook read now, by its name or, with a dot in it, by its kind. No incident is needed. 1 when a test failed. */
export async function read(session: Session, what: string, options: Options): Promise<number> {
  const incidents = await session.incidents()
  const order = {
    ...(what.includes('.') ? { kind: what, step: textOf(options.step) } : { step: what }),
    runbook: textOf(options.runbook),
    service: textOf(options.service),
  }
  const look = await patiently(session, incidents.read(order))
  await printLook(session, look)
  return hasFailed(look) ? 1 : 0
}

/** What a test could not check has not passed either. */
function hasFailed({ kind, result }: StepLook): boolean {
  const declared = kindOf(kind)
  return (
    declared?.risk === 'read' && declared.tests === true && result.ok && result.reading.findings.length > 0
  )
}

/** What was read. Errors: the step's own failure. */
export async function printLook(session: Session, { result, ...seen }: StepLook): Promise<undefined> {
  if (!result.ok) throw new Refused(result.failure)
  const { reading } = result
  await session.print({
    data: { ...seen, reading },
    text: (screen) =>
      [
        `${screen.paint('bold', oneLine(`${seen.runbook} ${seen.step}`))}  ${screen.paint('dim', showDuration(seen.tookMs))}`,
        readingText(reading, session.lang, screen),
      ].join('\n\n'),
  })
}
