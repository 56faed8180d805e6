/** What rehearsals have found of the steps that wait for people, for whoever is about to approve one. */
import type { IncidentState } from '../../domain/incident/fold/state.ts'
import { proofOf, type RehearsalReport, wordsOf } from '../../domain/rehearsal/rehearsal.ts'
import { rehearsalId } from '../../wire/messages.ts'
import { visible } from '../temporal/attributes.ts'
import type { Temporal } from '../temporal/connect.ts'
import { refusalOf } from '../temporal/errors.ts'
import { reportIn } from './rehearsal-report.ts'
import type { Proofs } from './shown.ts'

/** Whoever looks at an incident is not kept waiting for it. */
const proofsWithinMs = 1_500
const answersWithinMs = 5_000
/** Older ones than these say nothing of today. */
const mostReports = 10

/** Whoever watches a step asks again and again, and Temporal's visibility answers few. */
const freshForMs = 30_000
const kept = new WeakMap<Temporal, Map<string, { readonly atMs: number; readonly reports: Reports }>>()
type Reports = Promise<readonly RehearsalReport[]>

function reportsLately(temporal: Temporal, runbook: string): Reports {
  const mine = kept.get(temporal) ?? new Map()
  kept.set(temporal, mine)
  const before = mine.get(runbook)
  if (before !== undefined && Date.now() - before.atMs < freshForMs) return before.reports
  const reports = rehearsalsKept(temporal, runbook, mostReports, proofsWithinMs)
  mine.set(runbook, { atMs: Date.now(), reports })
  reports.catch(() => mine.delete(runbook))
  return reports
}

/** Nothing where no step waits, and where Temporal does not say in time: "never" is said only of what is known. */
export async function proofsNow(
  temporal: Temporal,
  { steps, runbook }: IncidentState,
): Promise<{ readonly proofs?: Proofs }> {
  const waiting = Object.values(steps).filter(
    ({ status, risk }) => status === 'proposed' && risk !== undefined,
  )
  if (waiting.length === 0) return {}
  try {
    const reports = await reportsLately(temporal, runbook.book.runbook)
    const proofs = waiting.map((run) => {
      const proof = proofOf(reports, wordsOf(run, runbook.book), runbook.sha256)
      return [run.id, proof ?? null] as const
    })
    return { proofs: Object.fromEntries(proofs) }
  } catch {
    return {}
  }
}

/** What the newest rehearsals of a runbook found, the newest first; Temporal keeps them as long as its namespace says. */
export async function rehearsalsKept(
  temporal: Temporal,
  runbook: string,
  limit = mostReports,
  withinMs = answersWithinMs,
): Promise<readonly RehearsalReport[]> {
  const query = [
    `WorkflowType = 'rehearse'`,
    `ExecutionStatus = 'Completed'`,
    `WorkflowId STARTS_WITH '${rehearsalId(runbook, '')}'`,
  ].join(' AND ')
  const untilMs = Date.now() + withinMs
  const found = await visible(temporal, query, limit, withinMs)
  const { client, connection, address } = temporal
  try {
    const results = await connection.withDeadline(untilMs, () =>
      Promise.all(
        found.map(
          ({ workflowId, runId }): Promise<unknown> => client.workflow.getHandle(workflowId, runId).result(),
        ),
      ),
    )
    return results
      .flatMap((result) => reportIn(result) ?? [])
      .toSorted((a, b) => (a.startedAt < b.startedAt ? 1 : -1))
  } catch (error) {
    throw refusalOf(error, address)
  }
}
