/** What may stand in the bodies, headers and queries of requests; also the source of /openapi.json. */
import { z } from 'zod'
import { deskCommandSchemas } from '../../domain/desk/commands.ts'
import { type CommandType, commandSchemas, declaration, deskOnly } from '../../domain/incident/commands.ts'
import { personKey } from '../../domain/person.ts'
import { requestId } from '../../domain/request-id.ts'
import { signature, signaturesKept } from '../../domain/runbook/signature.ts'
import { digest } from '../../domain/timeline/canonical.ts'
import { severities } from '../../domain/words.ts'

/** Commands that people send. */
export type ApiCommand = Exclude<CommandType, (typeof deskOnly)[number]>
export const apiCommands = (Object.keys(commandSchemas) as CommandType[]).filter(
  (type): type is ApiCommand => !(deskOnly as readonly CommandType[]).includes(type),
)

/** A command without what the API itself knows: version, person, id, proof. */
export function bodyOf(type: ApiCommand): z.ZodObject {
  const envelope = { v: true, by: true, id: true } as const
  if (type === 'approve') return commandSchemas.approve.omit({ ...envelope, attestation: true })
  if (type === 'freeze') return commandSchemas.freeze.omit({ ...envelope, version: true })
  return (commandSchemas[type] as z.ZodObject).omit(envelope)
}

const systemName = /^[a-z0-9][a-z0-9-]{0,39}$/

export const declareBody = declaration.extend({
  service: z
    .string()
    .regex(
      /^([a-z0-9][a-z0-9-]{0,39}\/)?[a-z0-9][a-z0-9-]{0,39}$/,
      'expected a service such as backend or shodo/backend',
    ),
  key: z
    .string()
    .min(1)
    .max(300)
    .optional()
    .describe('Names the trouble itself: the same key of the same person within 24 h is the same report'),
  fresh: z.boolean().optional().describe('Open a new incident even where one about the same trouble is open'),
  system: z.string().regex(systemName, 'expected the name of a runbook').optional(),
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
  all: z.enum(['true', 'false']).optional().describe('Those that are over too'),
  service: z.string().max(200).optional(),
  phase: z.string().max(20).optional(),
  limit: limit.describe('So many of them, the newest'),
})

export const timelineQuery = z.strictObject({
  from: z.coerce.number().int().min(1).default(1).describe('The first event that is wanted, by its seq'),
  limit: limit.describe('So many events; where there are more, Link names the next page'),
})

export const reportQuery = z.strictObject({ lang: z.enum(['ja', 'en']).optional() })

/** Looks at a service now; nothing is changed. */
export const diagnoseBody = z.strictObject({
  service: z.string().min(1).max(81),
  system: z.string().min(1).max(40).optional(),
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
    .regex(/^("[\x20\x21\x23-\x7e]+"|[\x21\x23-\x7e]+)$/, 'expected visible ASCII characters, such as a UUID')
    .transform((key) => key.replaceAll('"', ''))
    .optional(),
})

export const receipt = z.object({ seq: z.number().int(), hash: z.string() })
export const publishReceipt = z.object({
  receipt,
  runbook: z.string(),
  version: z.number().int().describe('Of the one in force, 0 where there is none'),
  sha256: z.string(),
  signedBy: z.array(z.string()),
  waits: z.boolean().describe('Not in force yet: its guarded words take the signature of another person'),
  found: z.boolean(),
})
export const commandReceipt = z.object({ receipt })
export const declareReceipt = z.object({
  receipt,
  incident: z.string(),
  created: z.boolean(),
  reports: z.number().int(),
  repeated: z.boolean(),
  raisedTo: z.enum(severities).optional().describe('The report made the incident that it joined more severe'),
  next: z.object({ level: z.string(), at: z.string() }).optional(),
})

/**
 * The id under which a command goes to its workflow. It holds the person and the command too: Temporal answers a known id with the
 * first receipt, whatever is in the message, and nobody's approval may end as the echo of somebody else's note. What follows `#` is of the
 * body: the same key with another one is refused (domain/request-id.ts).
 */
export function commandId(command: string, person: string, key: string, body: unknown): string {
  const request = digest([command, personKey(person), key]).slice(0, 32)
  return requestId(`api:${command}:${request}`, digest(body ?? {}).slice(0, 16))
}
