import { Document, isScalar, visit } from 'yaml'
import { cleanJson } from './terminal.ts'

/** YAML in which no character can lie to a terminal: such texts are quoted and the characters escaped. */
export function toYaml(data: unknown): string {
  // Through JSON: what is undefined there is not in YAML either, and no object appears twice.
  const document = new Document(JSON.parse(JSON.stringify(data)), { aliasDuplicateObjects: false })
  visit(document, {
    Scalar: (_, node) => {
      if (isScalar(node) && typeof node.value === 'string' && cleanJson(node.value) !== node.value)
        node.type = 'QUOTE_DOUBLE'
    },
  })
  return cleanJson(document.toString({ lineWidth: 0 })).trimEnd()
}
