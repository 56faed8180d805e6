/** What people, alerts and incidents may ask of a desk; each is an update and, under the same name, a signal. */
import { z } from 'zod'
import { type Failure, failure } from '../failures.ts'
import { commandVersion, declaration, inputFailure } from '../incident/commands.ts'
import { actor, phases, severities } from '../words.ts'

const envelope = { v: z.literal(commandVersion), by: actor, id: z.string().min(1).max(200).optional() }

export const deskCommandSchemas = {
  publish: z.strictObject({ ...envelope, book: z.unknown() }),
  declare: z.strictObject({
    ...envelope,
    declaration,
    /** Names the report itself: the same key within 24 h is the same report, not another one. */
    key: z.string().min(1).max(300).optional(),
    /** Open a new incident even where one about the same trouble is open. */
    fresh: z.boolean().default(false),
  }),
  freeze: z.strictObject({ ...envelope, on: z.boolean() }),
  /** Sent by an incident whenever its phase or severity changes. */
  'incident-changed': z.strictObject({
    ...envelope,
    incident: z.string(),
    phase: z.enum(phases),
    severity: z.enum(severities),
  }),
} as const

export type DeskCommandType = keyof typeof deskCommandSchemas
export const deskCommandTypes = Object.keys(deskCommandSchemas) as DeskCommandType[]
export type DeskCommandInput<T extends DeskCommandType> = z.input<(typeof deskCommandSchemas)[T]>
export type DeskCommand<T extends DeskCommandType = DeskCommandType> = {
  [K in T]: { readonly type: K } & z.output<(typeof deskCommandSchemas)[K]>
}[T]

export function parseDeskCommand(type: string, input: unknown): DeskCommand | Failure {
  if (!Object.hasOwn(deskCommandSchemas, type)) {
    return failure('unknown-command', { command: type.slice(0, 60), known: deskCommandTypes.join(', ') })
  }
  const version = typeof input === 'object' && input !== null && 'v' in input ? input.v : 'none'
  if (version !== commandVersion) {
    return failure('unknown-command-version', { command: type, version: String(version).slice(0, 20) })
  }
  const parsed = deskCommandSchemas[type as DeskCommandType].safeParse(input)
  if (!parsed.success) return inputFailure(type, parsed.error)
  return { type, ...parsed.data } as DeskCommand
}
