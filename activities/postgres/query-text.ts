import { plainLine } from '../../edge/plain-text.ts'

const shownLength = 200
const hidden = "'…'"
// E'…' knows backslashes, other literals do not; the last quote may lie beyond the cut.
const literals = /\be'(?:[^'\\]|''|\\.)*'?|'(?:[^']|'')*'?|\$(\w*)\$[\s\S]*?(?:\$\1\$|$)/gi

/** A query as people may see it: one plain line without its literals, since passwords and personal data stand in those. */
export function shownQuery(query: string): string {
  return plainLine(query.replace(literals, hidden), shownLength)
}
