import { checkRunbook } from '../../domain/runbook/check.ts'
import { explainProblem, type Problem } from '../../domain/runbook/problem.ts'
import type { Runbook } from '../../domain/runbook/runbook.ts'
import { type Text, verbatim } from '../../domain/words.ts'
import { type Refused, refused } from '../../edge/refused.ts'

/** A runbook that comes from anywhere, and its SHA-256; refuses (`bad-runbook`) one with mistakes, naming the first. */
export function checkedBook(book: unknown): { readonly book: Runbook; readonly sha256: string } {
  const checked = checkRunbook(book)
  if ('book' in checked) return checked
  throw badRunbook(checked.problems)
}

/** Says the first mistake, and how many there are. */
export function badRunbook(problems: readonly Problem[]): Refused {
  const [first] = problems
  const says: Text =
    first === undefined ? verbatim('?') : { en: explainProblem(first, 'en'), ja: explainProblem(first, 'ja') }
  return refused('bad-runbook', { count: problems.length, first: says })
}
