/** A report as Temporal hands it out: whoever may write there may have made it up, and a newer worker may have other words. */
import { z } from 'zod'
import { isFailure } from '../../domain/failures.ts'
import { type RehearsalReport, tries } from '../../domain/rehearsal/rehearsal.ts'

const says = z.object({ en: z.string(), ja: z.string() })
const found = z.union([
  z.object({ ok: z.literal(true), tried: z.enum(tries), says }),
  z.object({ ok: z.null(), says }),
  z.object({ ok: z.literal(false), failure: z.custom((value) => isFailure(value)) }),
])
const people = z.array(z.string()).optional()

const schema = z.object({
  v: z.literal(1),
  rehearsal: z.string(),
  runbook: z.string(),
  version: z.number(),
  sha256: z.string(),
  startedAt: z.iso.datetime(),
  steps: z.array(
    z.object({ service: z.string(), step: z.string(), kind: z.string(), words: z.string() }).and(found),
  ),
  untried: z.number().optional(),
  told: people,
  untold: people,
})

/** Undefined for what is none. */
export function reportIn(value: unknown): RehearsalReport | undefined {
  const parsed = schema.safeParse(value)
  return parsed.success ? (parsed.data as RehearsalReport) : undefined
}
