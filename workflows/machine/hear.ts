/**
 * How a workflow hears: each command is an update, which answers, and under the same name a signal, which does not. No validator refuses:
 * what one refuses leaves no events, and a task without any is heard otherwise when it is re-read
 * (docs/adr/0009-every-task-is-sealed.md).
 */
import {
  currentUpdateInfo,
  defineSignal,
  defineUpdate,
  setDefaultSignalHandler,
  setDefaultUpdateHandler,
  setHandler,
} from '@temporalio/workflow'
import { withId } from '../../wire/envelope.ts'
import { answering } from './ledger.ts'

export type Heard = {
  readonly types: readonly string[]
  /** Decides at once and never waits; throws its refusal. */
  readonly update: (type: string, payload: unknown) => unknown
  readonly signal: (type: string, payload: unknown) => void
  /** Several commands in one message, by whichever way this workflow takes them. */
  readonly batch:
    | { readonly name: string; readonly update: (payload: unknown, id: string | undefined) => unknown }
    | { readonly name: string; readonly signal: (payload: unknown) => void }
}

export function hear({ types, update, signal, batch }: Heard): void {
  const answered = (type: string, payload: unknown) => {
    const id = currentUpdateInfo()?.id
    return answering(id, () => update(type, withId(payload, id)))
  }
  for (const type of types) {
    setHandler(defineUpdate<unknown, [unknown]>(type), (payload) => answered(type, payload))
    setHandler(defineSignal<[unknown]>(type), (payload) => signal(type, payload))
  }
  if ('signal' in batch) setHandler(defineSignal<[unknown]>(batch.name), batch.signal)
  else
    setHandler(defineUpdate<unknown, [unknown]>(batch.name), (payload) => {
      const id = currentUpdateInfo()?.id
      return answering(id, () => batch.update(payload, id))
    })
  // The last ones: what came with the first task is given to them as soon as they are there, also what another one would take.
  setDefaultSignalHandler((name, payload) => signal(name, payload))
  setDefaultUpdateHandler((name, payload) => answered(name, payload))
}
