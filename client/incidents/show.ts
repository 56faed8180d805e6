import { refused } from '../../edge/refused.ts'
import { type IncidentView, incidentsQueue, queries } from '../../wire/messages.ts'
import { stuckAmong } from '../../wire/server/stuck.ts'
import { outlineIn, searchAttribute } from '../temporal/attributes.ts'
import type { Temporal } from '../temporal/connect.ts'
import { isGone, isStuck, isUnanswered, refusalOf } from '../temporal/errors.ts'
import { isServed } from '../temporal/pollers.ts'
import { isEarly, queryWithin } from '../temporal/query.ts'
import { checkIncident } from './commands.ts'
import { pendingNow } from './pending.ts'
import { proofsNow } from './proofs.ts'
import type { Outline, Shown } from './shown.ts'
import { startingAt } from './starting.ts'

/** A living worker answers in milliseconds; after this long there is none, or it is stuck, or it has more to do than it can. */
const workerAnswersWithinMs = 2_200
/** Where Temporal has just heard from a worker it is busy: worth a wait, rather than the word that nobody is there. */
const busyWorkerAnswersWithinMs = 10_000

/** The incident as it is now; without a worker what visibility knows, and `source` says so. */
export async function showIncident(temporal: Temporal, incident: string): Promise<Shown> {
  checkIncident(incident)
  try {
    const view = await incidentView(temporal, incident, workerAnswersWithinMs)
    const [pending, proofs] = await Promise.all([
      pendingNow(temporal, view.state),
      proofsNow(temporal, view.state),
    ])
    return { source: 'worker', ...view, ...pending, ...proofs }
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
    const noWorker = refused('no-worker', { queue: incidentsQueue }, { cause: error })
    const isBusy = await isServed(temporal, incidentsQueue, 'workflow').catch(() => false)
    if (!isBusy) throw noWorker
    return incidentView(temporal, incident, busyWorkerAnswersWithinMs).catch(() => Promise.reject(noWorker))
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
