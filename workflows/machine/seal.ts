/**
 * Ends every task with a command. Core takes a task without one for a heartbeat and, where a workflow is re-read from its history,
 * merges it with the task after it: an answer that came first and an update that came second are then heard the other way round,
 * and once more in the first order by whoever re-executes the history with the accepted update in it. See
 * docs/adr/0009-every-task-is-sealed.md.
 *
 * The command is a memo with the head of the chain: a receipt after every task. It is added where the SDK hands over what a task
 * wants, so that no turn of any loop can forget it.
 */
import { defaultPayloadConverter } from '@temporalio/common'
import type { ActivateInput, ConcludeActivationInput, WorkflowInterceptors } from '@temporalio/workflow'
import { present } from '../../domain/present.ts'
import type { Receipt } from '../../domain/words.ts'
import { headMemo, type IncidentOutline, outlineMemo, staleQuery } from '../../wire/messages.ts'
import { sent } from './ledger.ts'
import { isLost } from './lost-task.ts'

type Command = ConcludeActivationInput['commands'][number]

let headNow: (() => Receipt) | undefined
let outlineNow: (() => IncidentOutline) | undefined

/** From now on every task of this workflow ends with the head that `head` tells, and with the outline where that has changed. */
export function sealWith(head: () => Receipt, outline?: () => IncidentOutline): void {
  headNow = head
  outlineNow = outline
}

export const interceptors = (): WorkflowInterceptors => {
  let task: number | null | undefined
  /** The newest task that was sealed and is no replay. */
  let sealedIn: number | undefined
  let isReplay = false
  let brought = false
  let sealed: string | undefined
  let outlined: string | undefined
  return {
    internals: [
      {
        activate({ activation, batchIndex }, next) {
          if (batchIndex === 0) {
            if (sealedIn !== undefined && isLost(sealedIn, activation)) throw new Error(staleQuery)
            isReplay = activation.isReplaying ?? false
            brought = false
            // Cancelling ends an activity at once, in another activation of the same task.
            if (activation.historyLength !== task) sealed = undefined
            task = activation.historyLength
          }
          brought ||= brings(activation)
          next({ activation, batchIndex })
        },
        concludeActivation(input, next) {
          const { commands } = next(input)
          const head = headNow?.()
          if (head === undefined || head.hash === sealed || commands.some(ends)) return { commands }
          // A query, or an update that its validator refused, leaves nothing in the history.
          if (!brought && commands.every(leavesNothing)) return { commands }
          sealed = head.hash
          sealedIn = isReplay ? undefined : (task ?? undefined)
          const outline = outlineNow?.()
          const changed = JSON.stringify(outline) !== outlined
          outlined = JSON.stringify(outline)
          return { commands: [...commands, seal(head, changed ? outline : undefined)] }
        },
      },
    ],
  }
}

function seal(head: Receipt, outline: IncidentOutline | undefined): Command {
  const fields = {
    [headMemo]: defaultPayloadConverter.toPayload(sent('seal', '', head)),
    ...present({ [outlineMemo]: outline && defaultPayloadConverter.toPayload(outline) }),
  }
  return { modifyWorkflowProperties: { upsertedMemo: { fields } } }
}

function brings({ jobs }: ActivateInput['activation']): boolean {
  return jobs?.some(({ queryWorkflow, doUpdate }) => !queryWorkflow && !doUpdate) ?? false
}

/** The last command of a run, after which none may stand; it carries the head itself. */
function ends({
  completeWorkflowExecution,
  continueAsNewWorkflowExecution,
  failWorkflowExecution,
  cancelWorkflowExecution,
}: Command): boolean {
  return Boolean(
    completeWorkflowExecution ??
      continueAsNewWorkflowExecution ??
      failWorkflowExecution ??
      cancelWorkflowExecution,
  )
}

function leavesNothing({ respondToQuery, updateResponse }: Command): boolean {
  return Boolean(respondToQuery ?? updateResponse?.rejected)
}
