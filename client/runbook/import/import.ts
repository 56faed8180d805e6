/** A runbook in Markdown becomes one of ours. No guessing: what is not certain is a step for a person, and the report says why. */
import type { Refusal } from '../yaml-text.ts'
import { assemble, type Frame } from './book/assemble.ts'
import { sectionsOf } from './book/sections.ts'
import { servicesOf } from './book/services.ts'
import { declaredServices, settingsIn } from './book/settings.ts'
import { type Parsed, parseSection, readSection, stepsIn } from './book/units.ts'
import { blocksOf } from './markdown/blocks.ts'
import { documentText } from './markdown/source.ts'
import { deploymentsByLabel, mainPlaces } from './places.ts'
import type { Report } from './report.ts'

export type Imported = { readonly book: object; readonly report: Report }

/** The runbook of a document; a refusal names the place of what makes it none. */
export function importRunbook(
  bytes: Uint8Array,
  frame: Frame,
): { readonly imported: Imported } | { readonly refusal: Refusal } {
  const source = documentText(bytes)
  if ('refusal' in source) return source
  const read = blocksOf(source.text)
  if ('refusal' in read) return read
  const sections = sectionsOf(read.blocks).map((section) => ({ section, parsed: parseSection(section) }))
  const tooMany = beyondLimit(sections.flatMap(({ parsed }) => parsed))
  if (tooMany !== undefined) return { refusal: tooMany }
  const places = mainPlaces(sections.map(({ parsed }) => parsed))
  const nothing = { ...places, databases: new Set<string>(), deployments: new Map<string, string>() }
  // Read twice: what the commands name is known only when all of them were read.
  const first = sections.map(({ section, parsed }) => ({
    section,
    steps: stepsIn(readSection(section, parsed, nothing)),
  }))
  const { settings, lines } = settingsIn(sections.flatMap(({ parsed }) => parsed))
  const declared = declaredServices(settings)
  const named = servicesOf(first, places.namespace, frame.name)
  const services = declared.length === 0 ? named : { ...named, services: declared }
  const deployments = deploymentsByLabel(first.flatMap(({ steps }) => steps))
  const units = sections.map(({ section, parsed }, i) => ({
    section,
    units: readSection(section, parsed, {
      ...places,
      deployments,
      databases: databasesIn(first[i]?.steps ?? []),
    }),
  }))
  return { imported: assemble(units, services, places.namespace, frame, { settings, lines }) }
}

/** A runbook of more does not fit into an incident. */
const mostCommands = 2_000

function beyondLimit(parsed: readonly Parsed[]): Refusal | undefined {
  let count = 0
  for (const each of parsed) {
    if (each.kind !== 'code') continue
    const { fence, block } = each
    count += 'statements' in fence ? fence.statements.length : 'queries' in fence ? fence.queries.length : 1
    if (count > mostCommands)
      return {
        line: block.line,
        column: 1,
        expected: {
          en: `a document of at most ${mostCommands} commands`,
          ja: `コマンドが ${mostCommands} 個以下の文書`,
        },
        got: { en: 'more of them', ja: 'それより多いコマンド' },
      }
  }
  return undefined
}

/** Connections to PostgreSQL that steps name. */
function databasesIn(
  steps: readonly { readonly kind: string; readonly with: object }[],
): ReadonlySet<string> {
  return new Set(
    steps.flatMap(({ kind, with: given }) =>
      kind.startsWith('postgres.') && 'connection' in given && typeof given.connection === 'string'
        ? [given.connection]
        : [],
    ),
  )
}
