/** The words of a runbook that grant power, for which two people answer (signature.ts). */
import { digest } from '../timeline/canonical.ts'
import type { Runbook, RunbookStep } from './runbook.ts'
import type { Signed } from './signature.ts'

/** The book must have passed `checkRunbook` before. */
export function signedOf(book: Runbook): Signed {
  return { runbook: book.runbook, sha256: digest(book), guarded: digest(guardedWords(book)) }
}

/**
 * A runbook without what people only read and without whom it calls. All else is guarded, so a new member is too. In the words of
 * the book and not of the step kinds, so that a signature outlives a release that knows more of them.
 */
export function guardedWords(book: Runbook): object {
  const {
    title,
    timezone,
    updated,
    nextReview,
    links,
    firstResponse,
    afterwards,
    escalation,
    people,
    ...rest
  } = book
  return {
    ...rest,
    services: each(book.services, ({ title: _, ...service }) => service),
    severities: each(book.severities, ({ title: _, updateEvery: __, quick, ...policy }) => ({
      ...policy,
      quick: quick.map(untitled),
    })),
    symptoms: book.symptoms.map(({ title: _, steps, ...symptom }) => ({
      ...symptom,
      steps: steps.map(untitled),
    })),
  }
}

function untitled({ title: _, ...step }: RunbookStep): object {
  return step
}

function each<T>(members: Readonly<Record<string, T>>, change: (member: T) => object): object {
  return Object.fromEntries(Object.entries(members).map(([name, member]) => [name, change(member)]))
}
