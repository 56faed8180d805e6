/** The 5-second picture: what it consists of, and what one can say from it. */
import { isUnknownPlace } from '../../alert/place.ts'
import { near } from '../../runbook/dependencies.ts'
import { type Part, pictureOf } from '../../runbook/parts.ts'
import type { Finding, StepContext } from '../../steps/contract.ts'
import { cutTo } from '../../words.ts'
import type { PartResult } from './events.ts'
import type { IncidentState } from './state.ts'

/** Each part of the situation has this long; the whole picture is there within 5 s (the runbook's 「5秒で状況把握」). */
export const partAnswersWithinMs = 4_000

/**
 * In a storm of alerts many incidents are declared at once and would each ask the same: what was read for one of them within this
 * time serves the first picture of the others. A later picture follows a change or a person's question and is read for itself.
 */
export const firstPictureSharesMs = 2_000

/** Has parts read at once by one worker of the cluster. */
export type PartsCall = {
  readonly context: StepContext
  readonly parts: readonly Part[]
  readonly withinMs: number
  /** What was begun for others up to so long ago may be given; 0 where it must not be older than the question. */
  readonly sharesMs: number
  /** Nobody asked, so nobody reads the excerpts. */
  readonly withoutTexts?: true
}

export type Parts = { readonly [part: string]: PartResult }

/**
 * What an incident looks at: its namespace, its service, what that depends on and what depends on it. With the size of the runbook
 * it does not grow; `wholePicture` looks at the rest.
 */
export function situationParts({
  runbook,
  service,
}: Pick<IncidentState, 'runbook' | 'service'>): readonly Part[] {
  const { book } = runbook
  // It may be of another namespace, and what is found here would be taken for its cause.
  if (isUnknownPlace(service)) return []
  const shown = near(book, service)
  return pictureOf(runbook, (id) => shown.has(id))
}

/** What comes from outside has no length of its own. */
const subjectKept = 300

/** A finding's name for good. */
export function named(finding: Finding): Finding {
  return { ...finding, subject: cutTo(finding.subject, subjectKept) }
}

export function findingKey({ code, subject }: Pick<Finding, 'code' | 'subject'>): string {
  return `${code} ${cutTo(subject, subjectKept)}`
}

export function findingsIn(parts: Parts): Finding[] {
  return Object.values(parts).flatMap((part) => (part.ok ? part.reading.findings : []))
}
