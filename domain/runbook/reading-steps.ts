import { kindOf } from '../steps/catalogue.ts'
import { severities } from '../words.ts'
import { fillStep, missingIn } from './fill.ts'
import { readingKey } from './parts.ts'
import type { Runbook, RunbookStep } from './runbook.ts'

/** A reading step, filled in for a service. */
export type ReadingStep = { readonly service: string; readonly step: RunbookStep }

/**
 * Every reading step of the runbook, those of symptoms first; of a service each name once, as an incident has it. What waits for a service
 * to be healthy is one: by hand it is the smoke test.
 */
export function readingSteps({ services, severities: policies, symptoms }: Runbook): readonly ReadingStep[] {
  const quick = severities.flatMap((severity) => policies[severity].quick)
  const all = Object.entries(services).flatMap(([name, service]) => {
    const own = symptoms.filter((symptom) => symptom.service === name).flatMap(({ steps }) => steps)
    return [...own, ...quick]
      .filter((step) => kindOf(step.kind)?.risk === 'read' && missingIn(step, service).length === 0)
      .map((step) => ({ service: name, step: fillStep(step, service) }))
  })
  const isFirst = ({ service, step }: ReadingStep, i: number) =>
    all.findIndex((other) => other.service === service && other.step.id === step.id) === i
  return all.filter(isFirst)
}

/** Those of one kind, or all; what reads the same for several services is there once. */
export function readingsOfKind(book: Runbook, kind?: string): readonly ReadingStep[] {
  const found = readingSteps(book).filter(({ step }) => kind === undefined || step.kind === kind)
  const keys = found.map(({ step }) => readingKey({ kind: step.kind, params: step.with }))
  return found.filter((_, i) => keys.indexOf(keys[i] ?? '') === i)
}
