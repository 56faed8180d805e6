/** What a kind of channel declares, and what a channel promises. How to add one: docs/adding/channel.md. */

import type { z } from 'zod'
import type { FailureParams } from '../domain/failures.ts'
import type { Alarm, PageCall } from '../domain/incident/fold/page.ts'
import type { Text } from '../domain/words.ts'
import { type Refused, refused } from '../edge/refused.ts'
import type { Environment } from '../edge/secret.ts'

export type Sending = {
  /** Ends the send at once; its reason is thrown. */
  readonly signal: AbortSignal
  /** Epoch milliseconds of the worker's clock. */
  readonly now: () => number
}

/** When the provider took it, and the provider's own name for it. */
export type Taken = { readonly sentAtMs: number; readonly reference?: string }

/** What channels can do. None can post, edit or hear yet: what that takes and gives is written here with the first kind that can. */
export type Does = {
  /**
   * Calls one person.
   * - Resolves when the provider has taken the message; until then nothing is known to have arrived.
   * - Every refusal of a provider is thrown (`unsent`) and final for this key: the incident decides about the next attempt, with a
   *   new key or on the next channel. Only the death of a worker brings the same call, and so the same key, again.
   * - Secrets never appear in what is thrown or returned; neither do addresses, which hold tokens at many providers.
   */
  readonly page: (call: PageCall | Alarm, sending: Sending) => Promise<Taken>
  /** Writes where all who follow an incident read. */
  readonly post: never
  /** Puts new words in the place of a post's. */
  readonly edit: never
  /** Takes in what people say there, and proves who says it. */
  readonly hear: never
}

export type Ability = keyof Does

export type Channel<A extends Ability = 'page'> = Pick<Does, A>

/** The channels of a worker that can page, by the names that runbooks use. */
export type Channels = ReadonlyMap<string, Channel>

export type ChannelKind<S extends z.ZodType, A extends Ability> = {
  /** What the channels file says of such a channel; its `kind` is the name in the table. */
  readonly settings: S
  readonly can: readonly [A, ...A[]]
  /**
   * What keeps such a channel from working here, in a sentence without its secrets; undefined where nothing is known to. Sends nothing.
   * A worker with a problem does not start; the doctor warns of it.
   */
  readonly check: (settings: z.infer<S>, env: Environment) => Promise<Text | undefined>
  readonly open: (name: string, settings: z.infer<S>, env: Environment) => Channel<A>
}

/** Holds a kind to itself: `check` and `open` read its own settings, and it opens what it says it can. */
export function channelKind<S extends z.ZodType, A extends Ability>(
  kind: ChannelKind<S, A>,
): ChannelKind<S, A> {
  return kind
}

/** A page that was not taken: another attempt may help where nobody answered, and none where somebody said no. */
export function unsent(name: 'channel-unreachable' | 'channel-refused', params: FailureParams): Refused {
  return refused(name, params)
}
