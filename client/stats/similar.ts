/** Which earlier incidents are like one, from what is counted anyhow: bounded, and never in the way of what it is told beside. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Similar, similarTo } from '../../domain/figures/similar.ts'
import { wallTime } from '../../edge/local-time.ts'
import { type Asked, countedIncidents } from './counted.ts'

/** What it may be like; `service` may name its runbook too, as people type it. */
export type About = { readonly service: string; readonly symptom?: string | undefined }

/** What is not known by then is not told. */
const answersWithinMs = 1_500
/** Of the newest so many in the archive and in Temporal. */
const mostSeen = 200
const mostRead = 10

/** Empty where nothing is known in time. `archive`: the folder of HIKESHI_ARCHIVE. */
export async function similarIncidents(
  asked: Asked,
  archive: string | undefined,
  incident: string,
  { service: word, symptom }: About,
  withinMs = answersWithinMs,
): Promise<readonly Similar[]> {
  const runbook = incident.replace(/-\d+$/, '')
  const service = word.startsWith(`${runbook}/`) ? word.slice(runbook.length + 1) : word
  const like = { incident, runbook, service, symptom, nowMs: Date.now() }
  const newest = { runbook, service, atMost: mostSeen, read: mostRead }
  const found = countedIncidents(async () => asked, archive, { newest }).then(({ incidents }) =>
    similarTo(like, incidents, wallTime),
  )
  const nothing = sleep(withinMs, [], { ref: false })
  // It is said beside what was asked for: what goes wrong here must not look like a failure of that.
  return Promise.race([found.catch(() => []), nothing])
}
