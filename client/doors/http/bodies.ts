/** What may stand in the bodies, headers and queries of requests; also the source of /openapi.json. */

import { z } from 'zod'
import { deskCommandSchemas } from '../../../domain/desk/commands.ts'
import { expects } from '../../../domain/expected.ts'
import {
  type CommandType,
  commandSchemas,
  commandTypes,
  commandVersion,
  declaration,
  deskOnly,
  parseCommand,
} from '../../../domain/incident/commands.ts'
import { placedName, runbookName } from '../../../domain/names.ts'
import { personKey } from '../../../domain/person.ts'
import { requestId } from '../../../domain/request-id.ts'
import { signature, signaturesKept } from '../../../domain/runbook/signature.ts'
import { digest } from '../../../domain/timeline/canonical.ts'
import { type Actor, severities } from '../../../domain/words.ts'
import { Refused } from '../../../edge/refused.ts'
import type { CommandOrder } from '../../incidents/commands.ts'

/** The desk's own, and the approval, which has a route of its own. */
const apart = [...deskOnly, 'approve'] as const satisfies readonly CommandType[]
/** Commands that people send, each alike. */
export type ApiCommand = Exclude<CommandType, (typeof apart)[number]>
export const apiCommands = commandTypes.filter(
  (type): type is ApiCommand => !(apart as readonly CommandType[]).includes(type),
)

/** What the API itself knows of a command: version, person, id. */
const envelope = { v: true, by: true, id: true } as const

/** The proof is the API's too. */
export const approveBody = commandSchemas.approve.omit({ ...envelope, attestation: true })

export function bodyOf(type: ApiCommand): z.ZodObject {
  if (type === 'freeze') return commandSchemas.freeze.omit({ ...envelope, version: true })
  return (commandSchemas[type] as z.ZodObject).omit(envelope)
}

/** The command that such a body is of, read by the words of the domain. */
export function commandOf(type: ApiCommand, by: Actor, body: object): CommandOrder {
  const command = parseCommand(type, { ...body, v: commandVersion, by })
  if ('code' in command) throw new Refused(command)
  const { v: _, ...order } = command
  return order
}

export const declareBody = declaration.extend({
  service: placedName,
  key: z
    .string()
    .min(1)
    .max(300)
    .optional()
    .describe('Identifies the problem: the same key from the same person within 24 h is the same report'),
  fresh: z.boolean().optional().describe('Open a new incident even if one about the same problem is open'),
  system: runbookName.optional(),
})

export const freezeBody = z.strictObject({ on: z.boolean() })

export const publishBody = z.strictObject({
  book: z
    .record(z.string(), z.unknown())
    .describe('The file as JSON, with what it reads from the environment filled in'),
  signatures: z
    .array(signature)
    .max(2 * signaturesKept)
    .optional()
    .describe('The lines of FILE.sig; the API adds its own for the person of the token'),
})
export const withdrawBody = deskCommandSchemas.withdraw.pick({ reason: true })
export const runbookParams = z.object({ runbook: z.string().max(60) })

export const incidentParams = z.object({ incident: z.string().max(60) })

/** The largest page of a list. */
export const pageAtMost = 1_000

const limit = z.coerce.number().int().min(1).max(pageAtMost).default(pageAtMost)

export const listQuery = z.strictObject({
  all: z.enum(['true', 'false']).optional().describe('Include incidents that are over'),
  service: z.string().max(200).optional(),
  phase: z.string().max(20).optional(),
  limit: limit.describe('How many to return, newest first'),
})

export const timelineQuery = z.strictObject({
  from: z.coerce.number().int().min(1).default(1).describe('Start at this event, by its seq'),
  limit: limit.describe('How many events to return; Link names the next page if there are more'),
})

export const reportQuery = z.strictObject({ lang: z.enum(['ja', 'en']).optional() })

/** Looks at a service now; nothing is changed. */
export const diagnoseBody = z.strictObject({
  service: z.string().min(1).max(81),
  system: z.string().min(1).max(40).optional(),
})

/** How the services of a runbook stand now; nothing is changed. */
export const overviewBody = z.strictObject({
  runbook: runbookName,
  service: z.string().min(1).max(40).optional(),
})

/** Reads one step of a published runbook now; what of it may be chosen by hand stands in `with`. */
export const readingBody = z
  .strictObject({
    kind: z.string().min(1).max(60).optional().describe('A reading kind, such as postgres.restore-points'),
    runbook: z.string().min(1).max(40).optional(),
    service: z.string().min(1).max(81).optional(),
    step: z.string().min(1).max(60).optional(),
    with: commandSchemas.run.shape.with,
  })
  .refine(
    ({ kind, step }) => kind !== undefined || step !== undefined,
    expects('a kind or a step', 'kind または step'),
  )

export const similarQuery = z.strictObject({
  service: z.string().min(1).max(200).optional().describe("Instead of the incident's own"),
  symptom: z.string().min(1).max(60).optional(),
})

export const situationQuery = z.strictObject({
  wait: z.coerce
    .number()
    .min(0)
    .max(20)
    .default(0)
    .describe('Seconds to wait for a picture that was requested'),
})

/** The draft of the header's standard writes it as a quoted string; most people write it bare. */
export const idempotent = z.object({
  'idempotency-key': z
    .string()
    .max(200)
    .regex(
      /^("[\x20\x21\x23-\x7e]+"|[\x21\x23-\x7e]+)$/,
      expects('visible ASCII characters, such as a UUID', 'UUID のような ASCII 文字列'),
    )
    .transform((key) => key.replaceAll('"', ''))
    .optional(),
})

export const receipt = z.object({ seq: z.number().int(), hash: z.string() })
export const publishReceipt = z.object({
  receipt,
  runbook: z.string(),
  version: z.number().int().describe('The version in force, 0 if there is none'),
  sha256: z.string(),
  signedBy: z.array(z.string()),
  waits: z.boolean().describe('Not in force yet: its guarded words need the signature of another person'),
  found: z.boolean(),
})
export const commandReceipt = z.object({ receipt })
export const declareReceipt = z.object({
  receipt,
  incident: z.string(),
  created: z.boolean(),
  reports: z.number().int(),
  repeated: z.boolean(),
  raisedTo: z
    .enum(severities)
    .optional()
    .describe('The report raised the incident it joined to this severity'),
  next: z
    .object({ level: z.string(), at: z.string(), timezone: z.string() })
    .optional()
    .describe('Who is called next; the zone is the team’s'),
})

/**
 * The id under which a command goes to its workflow. It holds the person and the command too: Temporal answers a known id with the
 * first receipt, whatever is in the message, and nobody's approval may end as the echo of somebody else's note. What follows `#` is of the
 * body: the same key with another one is refused (domain/request-id.ts). Undefined where no key was given.
 */
export function commandId(
  command: string,
  person: string,
  key: string | undefined,
  body: unknown,
): string | undefined {
  if (key === undefined) return undefined
  const request = digest([command, personKey(person), key]).slice(0, 32)
  return requestId(`api:${command}:${request}`, digest(body ?? {}).slice(0, 16))
}
