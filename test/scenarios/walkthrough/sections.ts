/** The whole walkthrough, in the order of the seed. */
import { afterwards, escalation, monitoring, rollback } from './afterwards.ts'
import { before, firstResponse, quickReference } from './begin.ts'
import type { Entry, Section, Step } from './step.ts'
import { symptoms } from './symptoms.ts'

export const begin: readonly Entry[] = before

export const sections: readonly Section[] = [
  ...quickReference,
  ...firstResponse,
  ...symptoms,
  ...monitoring,
  ...rollback,
  ...escalation,
  ...afterwards,
]

/** Every step in its order; what is typed in the meantime is part of what waits for it. */
export const steps: readonly Step[] = [...begin, ...sections.flatMap(({ entries }) => entries)].flatMap(
  (entry) => entry.steps ?? [],
)
