/** Every incident that can be counted: those of the archive, and what of Temporal is not archived yet. */
import { figuresOf } from '../../domain/figures/figures.ts'
import { marksOf } from '../../domain/figures/marks.ts'
import type { Counted, Symptom } from '../../domain/figures/stats.ts'
import type { IncidentEvent } from '../../domain/incident/fold/events.ts'
import { inParallel } from '../../edge/in-parallel.ts'
import { isZone } from '../../edge/local-time.ts'
import { Refused } from '../../edge/refused.ts'
import { type ArchivedIncident, archivedFigures, nothingArchived } from './archived.ts'

/** The newest ones, in one question to Temporal. */
const mostListed = 1_000
/** A timeline each, so many side by side. */
const mostRead = 200
const atOnce = 8

type Listed = { readonly incident: string; readonly timezone?: string | undefined }

/** What of Temporal is asked: which incidents there are, the newest first, and what happened in one. */
export type Asked = {
  readonly list: (filter: { readonly all: true; readonly limit: number }) => Promise<readonly Listed[]>
  readonly timeline: (incident: string) => Promise<readonly IncidentEvent[]>
}

export type Range = { readonly sinceMs?: number | undefined; readonly untilMs?: number | undefined }

export type Found = {
  readonly incidents: readonly Counted[]
  readonly symptoms: readonly Symptom[]
  /** Incidents of which there are no figures. */
  readonly uncounted: readonly string[]
  /** Why Temporal was not asked, in the words of the refusal. */
  readonly trouble?: Refused
}

/** `archive`: the folder of HIKESHI_ARCHIVE. Where Temporal does not answer, the archive alone is counted, and `trouble` says so. */
export async function countedIncidents(
  incidents: () => Promise<Asked>,
  archive: string | undefined,
  range: Range,
): Promise<Found> {
  const [archived, listed] = await Promise.all([
    archive === undefined ? nothingArchived : archivedFigures(archive),
    listedBy(incidents),
  ])
  const isFinished = ({ figures }: ArchivedIncident) => figures.over !== undefined
  const known = new Set([
    ...archived.uncounted,
    ...archived.incidents.flatMap((one) => (isFinished(one) ? one.incident : [])),
  ])
  const living =
    listed instanceof Refused
      ? { found: new Map<string, Counted>(), uncounted: [] }
      : await readOnes(
          await incidents(),
          listed.filter(({ incident }) => !known.has(incident)),
        )
  // Of one that goes on the archive has only the beginning.
  const put = archived.incidents.filter((one) => isFinished(one) || !living.found.has(one.incident))
  const counted = [
    ...put.map(({ figures, timezone }) => ({ figures, timezone: zoneOr(timezone) })),
    ...living.found.values(),
  ]
  return {
    incidents: counted.filter(({ figures }) => isWithin(figures.declared.atMs, range)),
    symptoms: archived.symptoms,
    uncounted: [...archived.uncounted, ...living.uncounted],
    ...(listed instanceof Refused ? { trouble: listed } : {}),
  }
}

const knownZones = new Map<string, boolean>()

/** A zone that this Node does not know must keep nobody from counting. */
export function zoneOr(zone = 'UTC'): string {
  const isKnown = knownZones.get(zone) ?? isZone(zone)
  knownZones.set(zone, isKnown)
  return isKnown ? zone : 'UTC'
}

function isWithin(
  ms: number,
  { sinceMs = Number.NEGATIVE_INFINITY, untilMs = Number.POSITIVE_INFINITY }: Range,
): boolean {
  return ms >= sinceMs && ms < untilMs
}

/** What Temporal lists, or why it does not. */
async function listedBy(incidents: () => Promise<Asked>): Promise<readonly Listed[] | Refused> {
  try {
    return await (await incidents()).list({ all: true, limit: mostListed })
  } catch (error) {
    if (error instanceof Refused) return error
    throw error
  }
}

async function readOnes(
  from: Asked,
  listed: readonly Listed[],
): Promise<{ readonly found: ReadonlyMap<string, Counted>; readonly uncounted: readonly string[] }> {
  const found = new Map<string, Counted>()
  const uncounted = listed.slice(mostRead).map(({ incident }) => incident)
  await inParallel(listed.slice(0, mostRead), atOnce, async ({ incident, timezone }) => {
    const events = await from.timeline(incident).catch(refusalOnly)
    const figures = events === undefined ? undefined : figuresOf(marksOf(events))
    if (figures === undefined) uncounted.push(incident)
    else found.set(incident, { figures, timezone: zoneOr(timezone) })
  })
  return { found, uncounted }
}

/** Of an incident that does not tell its timeline nothing is counted. */
function refusalOnly(error: unknown): undefined {
  if (error instanceof Refused) return undefined
  throw error
}
