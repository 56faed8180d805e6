/**
 * Hands on what the SDK itself would choke on. A name that Temporal keeps for itself fails the whole task, for ever where it came as a signal;
 * what cannot be read fails it as well, and as an update is rejected without a trace, which leaves a task that cannot be sealed
 * (docs/adr/0009-every-task-is-sealed.md). Under another name, or with nothing in its place, a handler of ours hears and refuses it.
 */
import { defaultPayloadConverter } from '@temporalio/common'
import type { ActivateInput, WorkflowInterceptors } from '@temporalio/workflow'
import { depthOf, mostNested } from '../../domain/depth.ts'

type Job = NonNullable<ActivateInput['activation']['jobs']>[number]
type Payloads = NonNullable<NonNullable<Job['signalWorkflow']>['input']>

const reserved = '__temporal_'
const nothing = new Uint8Array()

export const interceptors = (): WorkflowInterceptors => ({
  internals: [
    {
      activate(input, next) {
        for (const { signalWorkflow, doUpdate } of input.activation.jobs ?? []) {
          if (signalWorkflow) {
            signalWorkflow.signalName = ours(signalWorkflow.signalName)
            signalWorkflow.input = readable(signalWorkflow.input ?? [])
          }
          if (doUpdate) {
            doUpdate.name = ours(doUpdate.name)
            doUpdate.input = readable(doUpdate.input ?? [])
          }
        }
        next(input)
      },
    },
  ],
})

function ours(name: string | null | undefined): string {
  return name?.startsWith(reserved) ? `reserved: ${name}` : name || 'nameless'
}

function readable(payloads: Payloads): Payloads {
  try {
    for (const payload of payloads) {
      if (depthOf(payload.data ?? nothing) > mostNested.json) throw new RangeError('nested too deeply')
      defaultPayloadConverter.fromPayload(payload)
    }
    return payloads
  } catch {
    return [defaultPayloadConverter.toPayload(null)]
  }
}
