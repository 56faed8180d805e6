/** Documents in, runbooks out, with days that stand still. */
import assert from 'node:assert/strict'
import type { Frame } from '../../client/runbook/import/book/assemble.ts'
import { importRunbook } from '../../client/runbook/import/import.ts'
import type { Report } from '../../client/runbook/import/report.ts'
import { runbookYaml } from '../../client/runbook/import/yaml.ts'
import { explainLocated, readRunbookBytes } from '../../client/runbook/read-runbook.ts'

export const frame: Frame = { name: 'imported', updated: '2026-11-30', nextReview: '2027-03-02' }

export type Imported = { readonly book: object; readonly yaml: string; readonly report: Report }

/** A document that is one, and whose runbook passes the check. */
export function imported(markdown: string, name = frame.name): Imported {
  const read = importRunbook(new TextEncoder().encode(markdown), { ...frame, name })
  assert.ok('imported' in read, JSON.stringify(read))
  const yaml = runbookYaml(read.imported.book)
  assert.deepEqual(mistakesIn(yaml), [])
  return { ...read.imported, yaml }
}

/** What `runbook check` says of it. */
export function mistakesIn(yaml: string): readonly string[] {
  const read = readRunbookBytes(new TextEncoder().encode(yaml), 'imported.yaml', {})
  return ('problems' in read ? read.problems : []).map((problem) => explainLocated(problem, 'en'))
}

export type Step = {
  readonly id: string
  readonly title: { readonly ja: string; readonly en: string }
  readonly kind: string
  readonly with: Readonly<Record<string, unknown>>
}

type Item = { readonly id: string; readonly title: { readonly ja: string } }

type Book = {
  readonly firstResponse: readonly Item[]
  readonly afterwards: readonly Item[]
  readonly escalation: {
    readonly levels: readonly { readonly after?: string; readonly atOnce: readonly string[] }[]
  }
  readonly services: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly severities: Readonly<Record<string, { readonly quick?: readonly Step[] }>>
  readonly symptoms: readonly {
    readonly id: string
    readonly service: string
    readonly steps: readonly Step[]
  }[]
}

export function bookOf({ book }: Imported): Book {
  return book as Book
}

/** Every step, the quick ones first. */
export function stepsOf(read: Imported): readonly Step[] {
  const { severities, symptoms } = bookOf(read)
  return [
    ...Object.values(severities).flatMap(({ quick = [] }) => quick),
    ...symptoms.flatMap(({ steps }) => steps),
  ]
}

/** A script in the one section of a document, with a service to be about. */
export function ofScript(script: string): readonly Step[] {
  return stepsOf(imported(`# Shop\n\n## Symptom: slow\n\n\`\`\`bash\n${script}\n\`\`\`\n`))
}
