/** Which earlier incidents are like one, from what is counted anyhow: bounded, and never in the way of what it is told beside. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Similar, similarTo } from '../../domain/figures/similar.ts'
import { wallTime } from '../../edge/local-time.ts'
import { archivedFigures } from './archived.ts'
import { zoneOr } from './counted.ts'

/** What it may be like; `service` may name its runbook too, as people type it. */
export type About = { readonly service: string; readonly symptom?: string | undefined }

/** What is not known by then is not told. */
const answersWithinMs = 1_500
/** Of the newest so many. */
const mostSeen = 200

/**
 * Empty where nothing is known in time. `archive`: the folder of HIKESHI_ARCHIVE, and all that is looked into: a question to Temporal that is not
 * waited for would still be under way when its connection is closed.
 */
export async function similarIncidents(
  archive: string | undefined,
  incident: string,
  { service: word, symptom }: About,
  { withinMs = answersWithinMs, read = archivedFigures } = {},
): Promise<readonly Similar[]> {
  if (archive === undefined) return []
  const runbook = incident.replace(/-\d+$/, '')
  const service = word.startsWith(`${runbook}/`) ? word.slice(runbook.length + 1) : word
  const like = { incident, runbook, service, symptom, nowMs: Date.now() }
  const found = read(archive, { runbook, atMost: mostSeen }).then(({ incidents }) => {
    const over = incidents.filter(({ figures }) => figures.over !== undefined)
    const known = over.map((one) => ({ ...one, timezone: zoneOr(one.timezone) }))
    return similarTo(like, known, wallTime)
  })
  const nothing = sleep(withinMs, [], { ref: false })
  // It is said beside what was asked for: what goes wrong here must not look like a failure of that.
  return Promise.race([found.catch(() => []), nothing])
}
