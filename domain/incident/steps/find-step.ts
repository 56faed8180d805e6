/** From the word that a person types to the step that is meant. */
import { fillStep, missingIn } from '../../runbook/fill.ts'
import type { RunbookStep } from '../../runbook/runbook.ts'
import { ended, severities } from '../../words.ts'
import type { IncidentState, StepRun } from '../fold/state.ts'

/** Every step the runbook offers for this incident, nearest first: its symptom, the service's others, the quick references. */
export function offeredSteps(state: IncidentState): readonly RunbookStep[] {
  const { book } = state.runbook
  const service = book.services[state.service]
  if (service === undefined) return []
  const symptoms = book.symptoms.filter((s) => s.service === state.service)
  const near = symptoms.filter((s) => s.id === state.symptom)
  const far = symptoms.filter((s) => s.id !== state.symptom)
  const quick = [state.severity, ...severities.filter((s) => s !== state.severity)].flatMap(
    (s) => book.severities[s].quick,
  )
  const all = [...near.flatMap((s) => s.steps), ...far.flatMap((s) => s.steps), ...quick]
  const first = new Map<string, RunbookStep>()
  // A quick reference that wants a deployment is nothing for a database.
  for (const step of all)
    if (!first.has(step.id) && missingIn(step, service).length === 0) first.set(step.id, step)
  return [...first.values()].map((step) => fillStep(step, service))
}

/** The run that is meant: the newest run of the step (`rollback`), else the run of this very id (`rollback.2`). */
export function findRun(state: IncidentState, word: string): StepRun | undefined {
  const runs = Object.values(state.steps).filter((s) => s.step === word)
  const newest = runs[runs.length - 1]
  return newest ?? (Object.hasOwn(state.steps, word) ? state.steps[word] : undefined)
}

/** The run that is to be taken back: of several of a step the newest that did something, and is not taken back yet. */
export function findDone(state: IncidentState, word: string): StepRun | undefined {
  const runs = Object.values(state.steps).filter(({ step, status }) => step === word && status !== 'undone')
  return runs.findLast(mayHaveChanged) ?? findRun(state, word)
}

/** The run of a step that has not ended yet. */
export function findUnderWay(state: IncidentState, step: string): StepRun | undefined {
  return Object.values(state.steps).find((s) => s.step === step && !ended.includes(s.status))
}

/** It was done, or nobody knows whether it was. */
export function mayHaveChanged({ done, changed }: StepRun): boolean {
  return done !== undefined || changed === 'unknown'
}

/** `rollback`, then `rollback.2`, … */
export function nextRunId(state: IncidentState, step: string): string {
  const count = Object.values(state.steps).filter((s) => s.step === step).length
  return count === 0 ? step : `${step}.${count + 1}`
}
