import { refused } from '../../refused.ts'
import { patiently } from '../patience.ts'
import type { Options } from '../program.ts'
import type { Session } from '../session.ts'
import { stepFacts } from '../step-text.ts'
import { screenOf } from '../terminal.ts'
import { printReceipt, waitForStep, waitLimit } from '../wait.ts'
import { stepOf } from './show-step.ts'

/** Shows what exactly is approved, then approves that and nothing else: the hash goes along. */
export async function approve(
  session: Session,
  incident: string,
  word: string,
  options: Options,
): Promise<number> {
  const limitMs = waitLimit(options.timeout)
  const door = await session.door()
  const { step } = await stepOf(door, incident, word)
  const pinned = typeof options.hash === 'string' ? options.hash : undefined
  const hash = pinned ?? step.hash
  if (hash === undefined)
    throw refused('step-not-waiting', { incident, step: step.id, status: step.status, command: 'approve' })
  // To stderr: what is about to be allowed, to what, by whose wish.
  const screen = screenOf(session.around.err, session.around.env)
  session.around.err.write(`${stepFacts(step, session.lang, screen).join('\n')}\n`)
  const { receipt } = await patiently(
    session,
    door.command(incident, 'approve', { by: session.by, step: step.id, hash }),
  )
  if (options.wait !== true) return printReceipt(session, incident, step.id, receipt)
  const { step: name } = step
  return waitForStep(session, door, {
    incident,
    step: name,
    run: step.id,
    receipt,
    limitMs,
  })
}
