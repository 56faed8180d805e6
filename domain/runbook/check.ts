/**
 * Everything that can be said about a runbook without touching anything: the schema, and the rules that a schema cannot say.
 * The desk runs the same check on what it is handed, so a mistake is refused at the door whoever brings it.
 */
import { mostNested } from '../depth.ts'
import { hasInvisible } from '../invisible.ts'
import { canonicalJson, sha256Hex, utf8Length } from '../timeline/canonical.ts'
import { affectedProblems } from './check-affected.ts'
import { dependencyProblems } from './check-dependencies.ts'
import { escalationProblems, escalationWarnings } from './check-escalation.ts'
import { orderProblems } from './check-order.ts'
import { looseStepProblems, stepProblems } from './check-steps.ts'
import { idleWords } from './check-words.ts'
import { describe, type Problem, type ProblemPath, type Warning } from './problem.ts'
import { repeatedIds } from './repeated.ts'
import { type Runbook, runbookLimitBytes, runbookSchema } from './runbook.ts'
import { schemaProblems } from './schema-problems.ts'

export type CheckedRunbook =
  | { readonly book: Runbook; readonly sha256: string; readonly warnings: readonly Warning[] }
  | { readonly problems: readonly Problem[] }

/** Checks a runbook as it was parsed from YAML or JSON; on success `sha256` is over the canonical JSON of `book`. */
export function checkRunbook(source: unknown): CheckedRunbook {
  const unfit = unfitValues(source, [])
  if (unfit.length > 0) return { problems: unfit }
  const problems = schemaProblems(runbookSchema, source)
  if (problems.length > 0) return { problems: [...problems, ...looseProblems(source)] }
  const book = runbookSchema.parse(source)
  const broken = [
    ...stepProblems(book),
    ...orderProblems(book),
    ...dependencyProblems(book),
    ...escalationProblems(book),
    ...checklistProblems(book),
    ...affectedProblems(book),
    ...dateProblems(book),
  ]
  if (broken.length > 0) return { problems: broken }
  const json = canonicalJson(book)
  const tooLarge = sizeProblems(json)
  if (tooLarge.length > 0) return { problems: tooLarge }
  return {
    book,
    sha256: sha256Hex(json),
    warnings: [...recoveryWarnings(book), ...escalationWarnings(book), ...idleWords(book)],
  }
}

/**
 * What the rules say of a runbook that the schema refuses, as far as the parts that they need can be read: nobody should fix ten
 * mistakes only to be shown ten more.
 */
function looseProblems(source: unknown): readonly Problem[] {
  const read = <K extends keyof Runbook>(...keys: readonly K[]) => partsOf(source, keys)
  const [stepped, served] = [read('services', 'severities', 'symptoms'), read('services', 'severities')]
  const ordered = read('severities', 'symptoms')
  const [escalated, listed] = [read('escalation', 'people'), read('firstResponse', 'afterwards')]
  const counted = read('affectedUsers', 'afterwards', 'severities', 'symptoms')
  const dated = read('updated', 'nextReview')
  return [
    ...(stepped === undefined ? looseStepProblems(source) : stepProblems(stepped)),
    ...(ordered === undefined ? [] : orderProblems(ordered)),
    ...(served === undefined ? [] : dependencyProblems(served)),
    ...(escalated === undefined ? [] : escalationProblems(escalated)),
    ...(listed === undefined ? [] : checklistProblems(listed)),
    ...(counted === undefined ? [] : affectedProblems(counted)),
    ...(dated === undefined ? [] : dateProblems(dated)),
  ]
}

/** These members of a runbook; undefined if the schema refuses one of them. */
function partsOf<K extends keyof Runbook>(source: unknown, keys: readonly K[]): Pick<Runbook, K> | undefined {
  if (source === null || typeof source !== 'object') return undefined
  const given = source as { readonly [key: string]: unknown }
  const parts = keys.map((key) => ({ key, parsed: runbookSchema.shape[key].safeParse(given[key]) }))
  if (parts.some(({ parsed }) => !parsed.success)) return undefined
  return Object.fromEntries(parts.map(({ key, parsed }) => [key, parsed.data])) as Pick<Runbook, K>
}

/** The review date has come; `today` as YYYY-MM-DD in the team's zone. Apart from the check: the domain has no clock. */
export function reviewWarning(book: Runbook, today: string): Warning | undefined {
  if (book.nextReview > today) return undefined
  return {
    path: ['nextReview'],
    says: {
      en: `The runbook was due for review on ${book.nextReview}. Review it and set a new date.`,
      ja: `レビュー予定日（${book.nextReview}）を過ぎています。見直して日付を更新してください。`,
    },
  }
}

/** `check ID ITEM` names an item alone, so one name may not stand in both checklists. */
function checklistProblems(book: Pick<Runbook, 'firstResponse' | 'afterwards'>): readonly Problem[] {
  return repeatedIds([
    ...book.firstResponse.map((item, i) => ({ id: item.id, path: ['firstResponse', i, 'id'] })),
    ...book.afterwards.map((item, i) => ({ id: item.id, path: ['afterwards', i, 'id'] })),
  ])
}

function dateProblems(book: Pick<Runbook, 'updated' | 'nextReview'>): readonly Problem[] {
  if (book.nextReview >= book.updated) return []
  const expected = { en: `a date not before ${book.updated}`, ja: `${book.updated} 以降の日付` }
  return [{ path: ['nextReview'], at: 'value', expected, got: describe(book.nextReview) }]
}

function sizeProblems(json: string): readonly Problem[] {
  const bytes = utf8Length(json)
  if (bytes <= runbookLimitBytes) return []
  const expected = {
    en: `a runbook of at most ${runbookLimitBytes} bytes once compiled`,
    ja: `コンパイル後 ${runbookLimitBytes} バイト以下の Runbook`,
  }
  return [{ path: [], at: 'value', expected, got: { en: `${bytes} bytes`, ja: `${bytes} バイト` } }]
}

function recoveryWarnings(book: Runbook): readonly Warning[] {
  return Object.entries(book.severities).flatMap(([severity, policy]): readonly Warning[] => {
    if (policy.recoverWithin === undefined || policy.automatic.some((risk) => risk !== 'read')) return []
    return [
      {
        path: ['severities', severity, 'recoverWithin'],
        says: {
          en: `${severity} is set to recover by itself, but its "automatic" allows no step to change anything.`,
          ja: `${severity} は自動復旧を求めていますが、「automatic」が変更を許可していません。`,
        },
      },
    ]
  })
}

function unfitValues(value: unknown, path: ProblemPath): readonly Problem[] {
  if (path.length > mostNested.runbook) {
    const nesting = {
      en: `nesting of at most ${mostNested.runbook} levels`,
      ja: `${mostNested.runbook} 段以下の入れ子`,
    }
    return [
      { path: [], at: 'value', expected: nesting, got: { en: 'a deeper one', ja: 'それより深い入れ子' } },
    ]
  }
  const expected = { en: 'text without invisible characters', ja: '見えない文字を含まない文字列' }
  if (typeof value === 'string') {
    return hasInvisible(value) ? [{ path, at: 'value', expected, got: describe(value) }] : []
  }
  if (value === null || typeof value !== 'object') return []
  const members: readonly (readonly [string | number, unknown])[] = Array.isArray(value)
    ? value.map((member, i) => [i, member] as const)
    : Object.entries(value)
  return members.flatMap(([key, member]) => {
    const here = [...path, key]
    const bad = typeof key === 'string' && hasInvisible(key)
    return [
      ...(bad ? [{ path: here, at: 'key' as const, expected, got: describe(key) }] : []),
      ...unfitValues(member, here),
    ]
  })
}
