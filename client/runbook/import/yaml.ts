/** A runbook as the YAML of a file. Values are quoted by the library, and what would be filled from an environment is marked as plain text. */
import { stringify } from 'yaml'

/** The one reference of ours: each cluster's publisher says which one it is. */
export const clusterReference = `\${HIKESHI_CLUSTER:-production}`

/** The file, with a line for editors; every `${` of the document stays one (`$${`). */
export function runbookYaml(book: object): string {
  const text = stringify(escapeReferences(book), { lineWidth: 110, aliasDuplicateObjects: false })
  return `# yaml-language-server: $schema=schema.json\n${text}`
}

function escapeReferences(value: unknown): unknown {
  // A function, because `$$` in a replacement is one `$`.
  if (typeof value === 'string')
    return value === clusterReference ? value : value.replaceAll('${', () => '$${')
  if (Array.isArray(value)) return value.map(escapeReferences)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, escapeReferences(member)]))
}
