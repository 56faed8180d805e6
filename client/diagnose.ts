import { type Diagnosis, diagnosed, symptomParts } from '../domain/diagnosis/diagnosis.ts'
import { partAnswersWithinMs, wholePicture } from '../domain/incident/picture.ts'
import type { Temporal } from './connect.ts'
import { deskView, findDesk } from './desks.ts'
import { look } from './look.ts'
import { refused } from './refused.ts'

/** The runbook's own reading steps may take longer than the picture: response times are measured for ten seconds. */
const stepAnswersWithinMs = 20_000
/** What is over this is given up. */
const answersWithinMs = 30_000

/** Looks at a service now, by the runbook that is published. Nothing is changed and no incident is needed. */
export async function diagnoseService(
  temporal: Temporal,
  wanted: { readonly service: string; readonly system?: string | undefined },
): Promise<Diagnosis> {
  const { desk, service } = await findDesk(temporal, wanted)
  const { runbook } = (await deskView(temporal, desk)).state
  if (runbook === undefined) throw refused('no-runbook')
  const { cluster, namespace } = runbook.book
  const groups = [
    { key: 'picture', parts: wholePicture(runbook), withinMs: partAnswersWithinMs },
    { key: 'symptoms', parts: symptomParts(runbook, service), withinMs: stepAnswersWithinMs },
  ]
  const seen = await look(temporal, `${desk}/${service}`, { cluster, namespace, groups }, answersWithinMs)
  return diagnosed(runbook, service, seen)
}
