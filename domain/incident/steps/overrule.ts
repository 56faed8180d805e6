import { type Failure, failure } from '../../failures.ts'
import { type Actor, atLeast } from '../../words.ts'
import type { Command } from '../commands.ts'
import type { IncidentState } from '../fold/state.ts'
import { isWish } from '../fold/wish.ts'
import { findRun } from './find-step.ts'

/**
 * What a verified person has decided, no unverified one takes back: whoever can write to Temporal could say
 * any name. Only outside a lab, where nobody is verified. Anybody may make it worse: that only calls people.
 */
export function overruleRefusal(state: IncidentState, command: Command): Failure | undefined {
  const decided = state.lab || command.by.verified ? undefined : decidedBy(state, command)
  if (decided === undefined) return undefined
  return failure('verified-only', { person: command.by.id, by: decided.id, command: command.type })
}

function decidedBy(state: IncidentState, command: Command): Actor | undefined {
  switch (command.type) {
    case 'set-severity': {
      const { by, severity } = state.severityOf
      return atLeast(command.severity, severity) ? undefined : verified(by)
    }
    case 'set-risk': {
      const { dataLoss, breach } = state.risksBy
      const denied = [
        command.dataLoss === false ? dataLoss : undefined,
        command.breach === false ? breach : undefined,
      ]
      return denied.map(verified).find((by) => by !== undefined)
    }
    // Both silence every page.
    case 'resolve':
    case 'cancel':
      return verified(state.declaredBy) ?? verified(state.acknowledged?.by)
    case 'skip':
    case 'reject': {
      const run = findRun(state, command.step)
      // The runbook's own proposals are asked for in the name of whoever declared, who never typed them.
      const asked = run !== undefined && isWish(run) ? verified(run.requestedBy) : undefined
      return [
        toldOf(state, command.step),
        asked,
        ...(run?.approvals.map(({ by }) => verified(by)) ?? []),
      ].find((by) => by !== undefined)
    }
    case 'run':
    case 'done':
    case 'decide':
    case 'retry':
      return toldOf(state, command.step)
    case 'freeze':
      return command.on ? undefined : verified(state.frozen?.by)
    default:
      return undefined
  }
}

/** Who said of a step that it is done, decided or skipped: its newest run counts, also where an older one is named. */
function toldOf(state: IncidentState, word: string): Actor | undefined {
  const step = findRun(state, word)?.step
  return verified(step === undefined ? undefined : findRun(state, step)?.told?.by)
}

function verified(by: Actor | undefined): Actor | undefined {
  return by?.verified === true && by.kind !== 'system' ? by : undefined
}
