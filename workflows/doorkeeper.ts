/**
 * Hands on what the SDK itself would choke on. A name that Temporal keeps for itself fails the whole task, for ever where it came as a signal;
 * what cannot be read fails it as well, and as an update is rejected without a trace, which leaves a task that cannot be sealed
 * (docs/adr/0009-every-task-is-sealed.md). Under another name, or with nothing in its place, a handler of ours hears and refuses it.
 */
import { defaultPayloadConverter } from '@temporalio/common'
import type { ActivateInput, WorkflowInterceptors } from '@temporalio/workflow'

type Job = NonNullable<ActivateInput['activation']['jobs']>[number]
type Payloads = NonNullable<NonNullable<Job['signalWorkflow']>['input']>

const reserved = '__temporal_'
const nothing = new Uint8Array()
/** How deep JSON may be nested before it is not read: whether a deeper one still is would hang on the stack of whoever reads it. */
const mostDeep = 100
const quote = 0x22
const backslash = 0x5c
/** Square and curly brackets differ in this bit alone. */
const curly = 0x20
const opening = 0x7b
const closing = 0x7d

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
      if (depthOf(payload.data ?? nothing) > mostDeep) throw new RangeError('nested too deeply')
      defaultPayloadConverter.fromPayload(payload)
    }
    return payloads
  } catch {
    return [defaultPayloadConverter.toPayload(null)]
  }
}

/** How deep brackets are nested in the bytes of a JSON text. */
function depthOf(json: Uint8Array): number {
  let depth = 0
  let deepest = 0
  let inText = false
  let escaped = false
  for (const byte of json) {
    if (inText) {
      if (byte === quote && !escaped) inText = false
      escaped = byte === backslash && !escaped
    } else if (byte === quote) inText = true
    else if ((byte | curly) === opening) {
      depth += 1
      if (depth > deepest) deepest = depth
    } else if ((byte | curly) === closing) depth -= 1
  }
  return deepest
}
