/** A runbook as Markdown whose import has the same steps: a command that says less than its step is written out in our own words. */

import { fillStep } from '../../../domain/runbook/fill.ts'
import type { Runbook } from '../../../domain/runbook/runbook.ts'
import { kindOf } from '../../../domain/steps/catalogue.ts'
import { canonicalJson } from '../../../domain/timeline/canonical.ts'
import { type Json, type Lang, severities } from '../../../domain/words.ts'
import { importRunbook } from '../import/import.ts'
import { runbookMarkdown, stepKey } from './markdown.ts'

type Step = { readonly id?: string; readonly kind: string; readonly with?: Readonly<Record<string, unknown>> }

/** Lists of steps, by where they stand. */
type Lists = ReadonlyMap<string, readonly Step[]>

/** The document in one language. Each turn writes more steps out, so it ends. */
export function exportMarkdown(book: Runbook, lang: Lang): string {
  const wanted = stepLists(book)
  const exact = new Set<string>()
  for (;;) {
    const markdown = runbookMarkdown(book, lang, exact)
    const back = importRunbook(new TextEncoder().encode(markdown), {
      name: book.runbook,
      updated: book.updated,
      nextReview: book.nextReview,
    })
    const read =
      'imported' in back
        ? stepLists(back.imported.book as Pick<Runbook, 'severities' | 'symptoms'>)
        : new Map()
    const before = exact.size
    for (const [place, steps] of wanted)
      for (const [i, step] of steps.entries())
        if (!isSame(step, read.get(place)?.[i])) exact.add(stepKey(place, step.id ?? ''))
    if (exact.size === before) return markdown
  }
}

/** The steps of each quick reference and each symptom, in order. */
export function stepLists(book: {
  readonly severities: { readonly [severity: string]: { readonly quick?: readonly Step[] } | undefined }
  readonly symptoms?: readonly { readonly steps: readonly Step[] }[]
}): Lists {
  return new Map([
    ...severities.map((severity) => [severity, book.severities[severity]?.quick ?? []] as const),
    ...(book.symptoms ?? []).map(({ steps }, i) => [`symptoms.${i}`, steps] as const),
  ])
}

/** The same deed: defaults that are spelled out make no difference. */
export function isSame(a: Step, b: Step | undefined): boolean {
  return b !== undefined && a.kind === b.kind && plain(a) === plain(b)
}

/** Unlike anything that a runbook says. */
const anyService = {
  deployment: 'service.deployment',
  selector: 'service=selector',
  health: 'http://service.health/',
}

function plain({ kind, with: given = {} }: Step): string {
  const filled = fillStep({ kind, with: given }, anyService).with
  const parsed = kindOf(kind)?.params.safeParse(filled)
  return canonicalJson((parsed?.success ? parsed.data : filled) as Json)
}
