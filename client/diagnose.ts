import type { Diagnosis } from '../domain/diagnosis/diagnosis.ts'
import { type DiagnosisInput, diagnosisId, incidentsQueue } from '../workflows/messages.ts'
import type { Temporal } from './connect.ts'
import { deskView, findDesk } from './desks.ts'
import { refused } from './refused.ts'
import { refusalOf } from './temporal-errors.ts'

/** Its slowest reading steps have 20 s (workflows/diagnosis.ts); what is over this is given up, and so is its workflow. */
const answersWithinMs = 30_000

/** Looks at a service now, by the runbook that is published. Nothing is changed and no incident is needed. */
export async function diagnoseService(
  temporal: Temporal,
  wanted: { readonly service: string; readonly system?: string | undefined },
): Promise<Diagnosis> {
  const { desk, service } = await findDesk(temporal, wanted)
  const { runbook } = (await deskView(temporal, desk)).state
  if (runbook === undefined) throw refused('no-runbook')
  const { book, version, sha256 } = runbook
  const input: DiagnosisInput = { runbook: { book, version, sha256 }, service }
  try {
    return await temporal.connection.withDeadline(Date.now() + answersWithinMs, () =>
      temporal.client.workflow.execute('diagnosis', {
        workflowId: diagnosisId(desk, service, crypto.randomUUID()),
        taskQueue: incidentsQueue,
        workflowExecutionTimeout: answersWithinMs,
        args: [input],
      }),
    )
  } catch (error) {
    throw refusalOf(error, temporal.address)
  }
}
