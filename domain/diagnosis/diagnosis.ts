/** A look at one service without an incident: what is looked at, and which symptoms of the runbook speak for what was seen. */
import type { PartResult } from '../incident/fold/events.ts'
import { findingKey, findingsIn } from '../incident/fold/picture.ts'
import { withService } from '../incident/fold/whose.ts'
import { fillStep, missingIn } from '../runbook/fill.ts'
import { type Part, readingKey, wholePicture } from '../runbook/parts.ts'
import type { PublishedRunbook } from '../runbook/runbook.ts'
import { kindOf } from '../steps/catalogue.ts'
import type { Finding } from '../steps/contract.ts'
import type { Text } from '../words.ts'
import { rankedSymptoms } from './rank.ts'

export type Diagnosis = {
  readonly desk: string
  readonly version: number
  readonly service: string
  readonly tookMs: number
  readonly parts: { readonly [part: string]: PartResult }
  /** Of this service, and what is known of no service. */
  readonly findings: readonly Finding[]
  /** What was found of other services: often the cause. */
  readonly elsewhere: readonly Finding[]
  /** The likeliest first. */
  readonly symptoms: readonly {
    readonly id: string
    readonly title: Text
    readonly findings: readonly Finding[]
  }[]
}

/** The reading steps of the service's symptoms, `5xx/logs`; those that the picture shows anyhow are left out. */
export function symptomParts(runbook: PublishedRunbook, name: string): readonly Part[] {
  const { services, symptoms } = runbook.book
  const service = services[name]
  if (service === undefined) return []
  const seen = new Set(wholePicture(runbook).map(readingKey))
  return symptoms
    .filter((symptom) => symptom.service === name)
    .flatMap(({ id, steps }) =>
      steps
        .filter((step) => looks(step.kind) && missingIn(step, service).length === 0)
        .map((step) => fillStep(step, service))
        .map(({ id: step, kind, with: params }) => ({ id: `${id}/${step}`, kind, params })),
    )
    .filter((part) => {
      const isNew = !seen.has(readingKey(part))
      seen.add(readingKey(part))
      return isNew
    })
}

function looks(kind: string): boolean {
  const declared = kindOf(kind)
  return declared?.risk === 'read' && declared.awaits !== true
}

export function diagnosed(
  runbook: PublishedRunbook,
  service: string,
  seen: Pick<Diagnosis, 'tookMs' | 'parts'>,
): Diagnosis {
  const found = new Map(
    findingsIn(seen.parts).map((finding) => [findingKey(finding), withService({ runbook }, finding)]),
  )
  const all = [...found.values()]
  const isElsewhere = (finding: Finding) => finding.service !== undefined && finding.service !== service
  const symptoms = rankedSymptoms({ runbook, service, findings: all })
  return {
    desk: runbook.book.runbook,
    version: runbook.version,
    service,
    ...seen,
    findings: all.filter((finding) => !isElsewhere(finding)),
    elsewhere: all.filter(isElsewhere),
    symptoms: symptoms.map(({ symptom, findings }) => ({ id: symptom.id, title: symptom.title, findings })),
  }
}
