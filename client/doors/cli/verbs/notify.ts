import { present } from '../../../../domain/present.ts'
import type { Severity } from '../../../../domain/words.ts'
import type { Session } from '../session.ts'
import { type Options, textOf } from '../verb.ts'
import { tell } from './tell.ts'

/** Sends a message to people of the runbook. */
export function notify(session: Session, incident: string, options: Options): Promise<undefined> {
  return tell(session, incident, {
    type: 'notify',
    message: String(options.message),
    ...present({ to: textOf(options.to), severity: textOf(options.severity) as Severity | undefined }),
  })
}
