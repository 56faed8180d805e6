/** The drill of a restore: a copy from a random moment, checked and thrown away again. What it found is kept beside the copies. */
import { z } from 'zod'
import { text } from '../words.ts'

export const drillReport = z.strictObject({
  v: z.literal(1),
  /** `drill/shodo/1f2e…/postgres-backups` */
  drill: z.string(),
  stanza: z.string(),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  ok: z.boolean(),
  /** UTC, and what led there; null where it did not get so far. */
  target: z.string().nullable(),
  backup: z.string().nullable(),
  timeline: z.number().nullable(),
  /** From its start until the copy was checked. */
  rtoMs: z.number().nullable(),
  /** How old the oldest commit is that would be lost with the primary; 0: none, null: nobody knows. */
  rpoMs: z.number().nullable(),
  checks: z.array(
    z.strictObject({ name: z.string(), status: z.enum(['ok', 'failed', 'not-run']), says: text }),
  ),
  /** Why it failed. */
  failure: text.optional(),
})
export type DrillReport = z.infer<typeof drillReport>

/** Once a week, and a day of grace. */
export const drillStaleAfterMs = 8 * 86_400_000

/** Whether the copy that this step run made is a drill's: every real one goes before it. */
export function isDrill(stepRun: string): boolean {
  return stepRun.startsWith('drill/')
}

/** The workflow of a drill, without the entry of the connections file at the end. */
export function workflowOfDrill(stepRun: string): string {
  return stepRun.replace(/\/[^/]*$/, '')
}
