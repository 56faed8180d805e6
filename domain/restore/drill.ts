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

/** When drills come by themselves. */
export const drillTimes = z.strictObject({
  /** The longest time from one to the next. */
  everyMs: z.number().positive(),
  /** Since when, epoch ms. */
  sinceMs: z.number(),
})
export type DrillTimes = z.infer<typeof drillTimes>

/** Without times of their own: once a week, and a day of grace. */
const unscheduledMs = 8 * 86_400_000

/** A report older than this proves nothing of today: two drills in a row have left none. */
export function drillStaleAfterMs(times?: Pick<DrillTimes, 'everyMs'>): number {
  return times === undefined ? unscheduledMs : 2 * times.everyMs
}

/** Since when no drill has ended, epoch ms, where that is too long ago; each of them may have given way to something real. */
export function unprovedSince(
  reports: readonly Pick<DrillReport, 'startedAt'>[],
  times: DrillTimes,
  nowMs: number,
): number | undefined {
  const sinceMs = Math.max(times.sinceMs, ...reports.map(({ startedAt }) => Date.parse(startedAt)))
  return nowMs - sinceMs > drillStaleAfterMs(times) ? sinceMs : undefined
}

/** The step run of a drill, as it stands in sentences: nothing that could be another sentence. */
export const drillRun = z.string().regex(/^drill(\/[A-Za-z0-9:._-]{1,100}){3}$/)

/** Whether the copy that this step run made is a drill's: every real one goes before it. */
export function isDrill(stepRun: string): boolean {
  return stepRun.startsWith('drill/')
}

/** The workflow of a drill, without the entry of the connections file at the end. */
export function workflowOfDrill(stepRun: string): string {
  return stepRun.replace(/\/[^/]*$/, '')
}
