import { findRun } from '../../../domain/incident/find-step.ts'
import { refused } from '../../refused.ts'
import { patiently } from '../patience.ts'
import type { Options } from '../program.ts'
import type { Session } from '../session.ts'
import { printReceipt, waitForStep, waitLimit } from '../wait.ts'

export async function run(
  session: Session,
  incident: string,
  step: string,
  options: Options,
): Promise<number> {
  const params = parameters(options.with)
  const limitMs = waitLimit(options.timeout)
  const door = await session.door()
  const { receipt } = await patiently(
    session,
    door.command(incident, 'run', {
      by: session.by,
      step,
      ...(Object.keys(params).length === 0 ? {} : { with: params }),
    }),
  )
  if (options.wait !== true) return printReceipt(session, incident, step, receipt)
  return waitForStep(session, door, { incident, step, receipt, limitMs })
}

export async function undo(
  session: Session,
  incident: string,
  step: string,
  options: Options,
): Promise<number> {
  const limitMs = waitLimit(options.timeout)
  const door = await session.door()
  const shown = options.wait === true ? await door.show(incident) : undefined
  const { receipt } = await patiently(session, door.command(incident, 'undo', { by: session.by, step }))
  if (options.wait !== true) return printReceipt(session, incident, `${step}-undo`, receipt)
  const undone = shown?.source === 'worker' ? findRun(shown.state, step)?.step : undefined
  const wanted = { incident, step: `${undone ?? step}-undo`, receipt, limitMs }
  return waitForStep(session, door, wanted)
}

/** `replicas=10` → 10, `name=web` → "web": JSON where it is JSON, text otherwise. */
function parameters(given: Options[string]): Readonly<Record<string, unknown>> {
  const pairs = Array.isArray(given) ? (given as readonly string[]) : []
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=')
      if (at < 1) throw refused('bad-input', { where: '--with', problem: 'expected name=value' })
      return [pair.slice(0, at), parameterOf(pair.slice(at + 1))]
    }),
  )
}

function parameterOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
