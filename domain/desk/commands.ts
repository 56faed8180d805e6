/** What people, alerts and incidents may ask of a desk; each is an update and, under the same name, a signal. */

import { z } from 'zod'
import { alertPlace } from '../alert/place.ts'
import { expects } from '../expected.ts'
import { type Failure, failure } from '../failures.ts'
import { commandVersion, declaration, inputFailure, line, textLimits } from '../incident/commands.ts'
import { name } from '../names.ts'
import { signature, signaturesKept } from '../runbook/signature.ts'
import { actor, hasControlCharacters, phases, severities } from '../words.ts'

const envelope = { v: z.literal(commandVersion), by: actor, id: z.string().min(1).max(200).optional() }

const epochMs = z.number().int().min(0)

/** One more alert than this of a message is not listed but counted among the hidden ones. */
export const alertsListed = 1_000

/** What a group of alerts is about. No place is refused: what the runbook does not know has incidents of its own. */
export const alertedTrouble = z.strictObject({
  /** The service in words of the runbook, where somebody said it; else `place`. */
  service: z
    .string()
    .min(1)
    .max(253)
    .refine(
      (value) => !hasControlCharacters(value),
      expects('a name without control characters', '制御文字や見えない文字を含まない名前'),
    )
    .optional(),
  place: alertPlace.optional(),
  symptom: name.optional(),
  severity: z.enum(severities),
  description: z
    .string()
    .min(1)
    .max(textLimits.description)
    .refine(
      (value) => !hasControlCharacters(value),
      expects('text without control characters', '制御文字や見えない文字を含まない文字列'),
    ),
})
export type AlertedTrouble = z.infer<typeof alertedTrouble>

export const deskCommandSchemas = {
  publish: z.strictObject({
    ...envelope,
    book: z.unknown(),
    signatures: z
      .array(signature)
      .max(2 * signaturesKept)
      .optional(),
  }),
  /** No incident is opened any more; those that are open go on, and publishing takes it back. */
  withdraw: z.strictObject({ ...envelope, reason: line(textLimits.reason) }),
  declare: z.strictObject({
    ...envelope,
    declaration,
    /** Names the report itself: the same key within 24 h is the same report, not another one. */
    key: z.string().min(1).max(300).optional(),
    /** Open a new incident even where one about the same trouble is open. */
    fresh: z.boolean().default(false),
  }),
  /** A message about a group of alerts; any number of times, in any order. */
  alerts: z.strictObject({
    ...envelope,
    /** Hash of what the sender calls the group. */
    group: z.string().regex(/^[0-9a-f]{32}$/, expects('32 hex digits', '16 進数 32 桁')),
    trouble: alertedTrouble,
    alerts: z
      .array(
        z.strictObject({
          id: z
            .string()
            .regex(/^[0-9a-f]{1,32}$/, expects('the fingerprint of an alert', 'アラートの fingerprint')),
          startsAtMs: epochMs,
          endsAtMs: epochMs.optional(),
        }),
      )
      .max(alertsListed),
    hidden: z.number().int().min(0).default(0),
    /** An incident that was over already got news of the group: it goes to another one. */
    unheardBy: z.string().max(60).optional(),
  }),
  freeze: z.strictObject({ ...envelope, on: z.boolean() }),
  /** Sent by an incident whenever its phase, severity or symptom changes. A desk that does not know it takes it in. */
  'incident-changed': z.strictObject({
    ...envelope,
    incident: z.string(),
    phase: z.enum(phases),
    severity: z.enum(severities),
    service: z.string().min(1).max(200).optional(),
    symptom: name.optional(),
    /** How far its timeline is: what was overtaken on its way does not win. */
    version: z.number().int().min(0).optional(),
  }),
} as const

/** What a runbook says is what workers do: whoever says so has an answer, and a name that was looked at. */
export const neverSignals: readonly string[] = [
  'publish',
  'withdraw',
] satisfies (keyof typeof deskCommandSchemas)[]

export type DeskCommandType = keyof typeof deskCommandSchemas
export const deskCommandTypes = Object.keys(deskCommandSchemas) as DeskCommandType[]
export type DeskCommandInput<T extends DeskCommandType> = z.input<(typeof deskCommandSchemas)[T]>
export type DeskCommand<T extends DeskCommandType = DeskCommandType> = {
  [K in T]: { readonly type: K } & z.output<(typeof deskCommandSchemas)[K]>
}[T]

export function parseDeskCommand(type: string, input: unknown): DeskCommand | Failure {
  if (!Object.hasOwn(deskCommandSchemas, type)) {
    return failure('unknown-command', { command: type.slice(0, 60) })
  }
  const version = typeof input === 'object' && input !== null && 'v' in input ? input.v : 'none'
  if (version !== commandVersion) {
    return failure('unknown-command-version', { command: type, version: String(version).slice(0, 20) })
  }
  const parsed = deskCommandSchemas[type as DeskCommandType].safeParse(input)
  if (!parsed.success) return inputFailure(type, deskCommandSchemas[type as DeskCommandType], input)
  return { type, ...parsed.data } as DeskCommand
}
