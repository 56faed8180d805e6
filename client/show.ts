import { stuckAmong } from '../wire/stuck.ts'
import { type IncidentView, incidentsQueue, queries } from '../workflows/messages.ts'
import { outlineIn, searchAttribute } from './attributes.ts'
import { checkIncident } from './commands.ts'
import type { Temporal } from './connect.ts'
import { isEarly, queryWithin } from './query.ts'
import { refused } from './refused.ts'
import { type Retrying, retryingNow } from './retrying.ts'
import { startingAt } from './starting.ts'
import { isGone, isStuck, isUnanswered, refusalOf } from './temporal-errors.ts'

/** What is known of an incident, and from where: the workflow itself, or only what visibility holds of it. */
export type Shown =
  | ({ readonly source: 'worker'; readonly retrying?: readonly Retrying[] } & IncidentView)
  | Outline

type Outline = {
  readonly source: 'visibility'
  readonly incident: string
  readonly status: 'starting' | 'running' | 'over'
  readonly service?: string | undefined
  readonly symptom?: string | undefined
  readonly severity?: string | undefined
  readonly phase?: string | undefined
  readonly startedAt?: string | undefined
  readonly description?: string | undefined
  readonly commander?: string | undefined
  /** The team's, from its runbook. */
  readonly timezone?: string | undefined
  /** Its task fails again and again, and with what. */
  readonly stuck?: true
  readonly problem?: string
}

/** A living worker answers in milliseconds; after this long there is none, or it is stuck. */
const workerAnswersWithinMs = 2_200

/** The incident as it is now; without a worker what visibility knows, and `source` says so. */
export async function showIncident(temporal: Temporal, incident: string): Promise<Shown> {
  checkIncident(incident)
  try {
    const view = await incidentView(temporal, incident, workerAnswersWithinMs)
    const retrying = await retryingNow(temporal, view.state)
    return { source: 'worker', ...view, ...(retrying.length === 0 ? {} : { retrying }) }
  } catch (error) {
    return outline(temporal, incident, error)
  }
}

/** The full state, from a worker; errors are Temporal's own. */
export function incidentView(temporal: Temporal, incident: string, withinMs: number): Promise<IncidentView> {
  return queryWithin(temporal, withinMs, (client) =>
    client.workflow.getHandle(incident).query<IncidentView>(queries.state),
  )
}

/** The full state or a refusal: for everything that cannot do with less. */
export async function currentView(temporal: Temporal, incident: string): Promise<IncidentView> {
  checkIncident(incident)
  try {
    return await incidentView(temporal, incident, workerAnswersWithinMs)
  } catch (error) {
    const { stuck, problem, status } = await outline(temporal, incident, error)
    if (stuck) throw refused('workflow-stuck', { workflow: incident, reason: problem ?? '-' })
    // No worker that comes will be able to tell it either.
    if (isEarly(error) && status === 'over') throw refusalOf(error, temporal.address)
    throw refused('no-worker', { queue: incidentsQueue })
  }
}

/** What there is to show where the workflow does not say; throws the refusal where nothing is. */
async function outline(temporal: Temporal, incident: string, error: unknown): Promise<Outline> {
  if (isUnanswered(error) || isStuck(error) || isEarly(error)) return fromVisibility(temporal, incident)
  if (!isGone(error)) throw refusalOf(error, temporal.address)
  const starting = await startingAt(temporal, incident)
  if (starting !== undefined) return { source: 'visibility', incident, status: 'starting', ...starting }
  throw refused('unknown-incident', { incident }, { cause: error })
}

async function fromVisibility(temporal: Temporal, incident: string): Promise<Outline> {
  const { client, connection, address } = temporal
  try {
    const found = await connection.withDeadline(Date.now() + 2_000, () =>
      client.workflow.getHandle(incident).describe(),
    )
    const [stuck] = await stuckAmong(
      temporal,
      [],
      [{ workflow: incident, run: found.runId, type: found.type }],
    )
    return {
      source: 'visibility',
      incident,
      status: found.status.name === 'RUNNING' ? 'running' : 'over',
      service: searchAttribute(found, 'HikeshiService'),
      symptom: searchAttribute(found, 'HikeshiSymptom'),
      severity: searchAttribute(found, 'HikeshiSeverity'),
      phase: searchAttribute(found, 'HikeshiPhase'),
      ...outlineIn(found),
      ...(stuck === undefined ? {} : { stuck: true, problem: stuck.problem }),
    }
  } catch (error) {
    throw isGone(error) ? refused('unknown-incident', { incident }) : refusalOf(error, address)
  }
}
