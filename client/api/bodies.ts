/** What may stand in the bodies, headers and queries of requests; also the source of /openapi.json. */
import { z } from 'zod'
import { type CommandType, commandSchemas, declaration, deskOnly } from '../../domain/incident/commands.ts'
import { digest } from '../../domain/timeline/canonical.ts'

/** Commands that people send. */
export type ApiCommand = Exclude<CommandType, (typeof deskOnly)[number]>
export const apiCommands = (Object.keys(commandSchemas) as CommandType[]).filter(
  (type): type is ApiCommand => !(deskOnly as readonly CommandType[]).includes(type),
)

/** A command without what the API itself knows: version, person, id, proof. */
export function bodyOf(type: ApiCommand): z.ZodObject {
  const envelope = { v: true, by: true, id: true } as const
  return type === 'approve'
    ? commandSchemas.approve.omit({ ...envelope, attestation: true })
    : (commandSchemas[type] as z.ZodObject).omit(envelope)
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
    .describe('Names the trouble itself: the same key within 24 h is the same report, whoever sends it'),
  fresh: z.boolean().optional().describe('Open a new incident even where one about the same trouble is open'),
  system: z.string().regex(systemName, 'expected the name of a runbook').optional(),
})

export const freezeBody = z.strictObject({ on: z.boolean() })

export const incidentParams = z.object({ incident: z.string().max(60) })

export const listQuery = z.strictObject({
  all: z.stringbool().optional().describe('Those that are over too'),
  service: z.string().max(40).optional(),
  phase: z.string().max(20).optional(),
})

export const timelineQuery = z.strictObject({
  from: z.coerce.number().int().min(1).optional().describe('The first event that is wanted, by its seq'),
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
export const commandReceipt = z.object({ receipt })
export const declareReceipt = z.object({
  receipt,
  incident: z.string(),
  created: z.boolean(),
  reports: z.number().int(),
  repeated: z.boolean(),
  next: z.object({ level: z.string(), at: z.string() }).optional(),
})

/**
 * The id under which a command goes to its workflow. It holds the person and the command too: Temporal answers a known id with the
 * first receipt, whatever is in the message, and nobody's approval may end as the echo of somebody else's note.
 */
export function commandId(command: string, person: string, key: string): string {
  return `api:${command}:${digest([command, person, key]).slice(0, 32)}`
}
