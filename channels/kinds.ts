/** Every kind of channel there is. */

import type { z } from 'zod'
import type { Text } from '../domain/words.ts'
import type { Environment } from '../edge/secret.ts'
import type { Ability, Does } from './channel.ts'
import { log } from './log/index.ts'
import { webhook } from './webhook/index.ts'

export const kinds = named({ log, webhook })

type Kinds = typeof kinds

/** The settings of a channel, of whichever kind. */
export type ChannelSettings = { [K in keyof Kinds]: z.infer<Kinds[K]['settings']> }[keyof Kinds]

/** A kind for settings of `S`, whatever it can do: what it opens has that, and nothing else. */
type AnyKind<S> = {
  readonly can: readonly Ability[]
  readonly check: (settings: S, env: Environment) => Promise<Text | undefined>
  readonly open: (name: string, settings: S, env: Environment) => Partial<Does>
}

/** The kind of these settings. Its own schema has parsed them, but the compiler cannot follow two unions that go together. */
export function kindOf({ kind }: ChannelSettings): AnyKind<ChannelSettings> {
  return kinds[kind] as AnyKind<never> as AnyKind<ChannelSettings>
}

export const schemas = Object.fromEntries(
  Object.entries(kinds).map(([kind, { settings }]) => [kind, settings]),
) as { readonly [K in keyof Kinds]: Kinds[K]['settings'] }

/** A table in which each kind stands under the very name that its settings ask for. */
function named<
  T extends {
    readonly [K in keyof T]: AnyKind<never> & { readonly settings: z.ZodType<{ readonly kind: K }> }
  },
>(table: T): T {
  return table
}
