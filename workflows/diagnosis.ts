/** A look at a service without an incident: short-lived, and on Temporal only since a cluster's workers are reached no other way. */
import { workflowInfo } from '@temporalio/workflow'
import { type Diagnosis, diagnosed, symptomParts } from '../domain/diagnosis/diagnosis.ts'
import { partAnswersWithinMs, situationParts } from '../domain/incident/picture.ts'
import { genesis } from '../domain/timeline/chain.ts'
import type { DiagnosisInput } from './messages.ts'
import { readParts } from './perform.ts'

/** The runbook's own reading steps may take longer than the picture: response times are measured for ten seconds. */
const stepAnswersWithinMs = 20_000

export async function diagnosis({ runbook, service }: DiagnosisInput): Promise<Diagnosis> {
  const { workflowId, startTime } = workflowInfo()
  const moment = {
    nowMs: startTime.getTime(),
    state: { id: workflowId, runbook },
    head: genesis,
    answered: () => {},
  }
  const [picture, steps] = await Promise.all([
    readParts('picture', situationParts({ runbook }), partAnswersWithinMs, moment),
    readParts('symptoms', symptomParts(runbook, service), stepAnswersWithinMs, moment),
  ])
  return diagnosed(runbook, service, {
    tookMs: Math.max(picture.tookMs, steps.tookMs),
    parts: { ...picture.parts, ...steps.parts },
  })
}
