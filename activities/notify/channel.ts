/**
 * What a channel promises.
 * - `send` resolves when the provider has taken the message; until then nothing is known to have arrived.
 * - Every refusal of a provider is thrown and final for this key: the incident decides about the next attempt, with a new
 *   key or on the next channel. Only the death of a worker makes Temporal hand out the same call, and so the same key, again.
 * - `signal` ends the send at once; its reason is thrown.
 * - Secrets never appear in what is thrown or returned; neither do addresses, which hold tokens at many providers.
 */
import { ApplicationFailure } from '@temporalio/common'
import type { Alarm, PageCall } from '../../domain/escalation/page.ts'
import { explain, type Failure, failure } from '../../domain/failures.ts'

export type Sending = {
  readonly signal: AbortSignal
  /** Epoch milliseconds of the worker's clock. */
  readonly now: () => number
}

export type Channel = {
  readonly send: (call: PageCall | Alarm, sending: Sending) => Promise<Taken>
}

/** When the provider took it, and the provider's own name for it. */
export type Taken = { readonly sentAtMs: number; readonly reference?: string }

export type Channels = ReadonlyMap<string, Channel>

/**
 * A page that was not taken, as Temporal carries it: type = code, details = [Failure]. Always non-retryable, also where the
 * list says that trying again can help, for that is the incident's decision and not Temporal's.
 */
export function unsent(
  name: 'channel-unreachable' | 'channel-refused' | 'channel-unknown',
  params: Failure['params'],
): ApplicationFailure {
  const found = failure(name, params)
  const { what, next } = explain(found, 'en')
  return ApplicationFailure.nonRetryable(`${what} ${next}`, found.code, found)
}
