/** The SQL that a runbook brings along, as far as one can tell without a server, which has the last word. */
import type { Text } from '../words.ts'

/**
 * What a `;` may stand in and mean nothing: E'…', '…', "…", $tag$…$tag$ and comments. PostgreSQL's comments nest, these do not; then the
 * server refuses what this lets through.
 */
const quoted =
  /\be'(?:[^'\\]|''|\\[\s\S])*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|(?<![\w$\u0080-\uffff])\$([A-Za-z_]\w*)?\$[\s\S]*?\$\1\$|--[^\n]*|\/\*[\s\S]*?\*\//gi

const reads = /^[\s(]*(?:select|with|values|table)\b/i

export type Statement = { readonly sql: string } | { readonly problem: Text }

/** The one statement that reads, without the `;` that may end it; or what is there instead. */
export function statementIn(source: string): Statement {
  const bare = source.replace(quoted, (part) => (/^(?:--|\/\*)/.test(part) ? ' ' : 'x').repeat(part.length))
  const end = bare.search(/[\s;]*$/)
  if (bare.slice(0, end).trim() === '') return { problem: { en: 'no statement', ja: 'SQL 文なし' } }
  if (bare.slice(0, end).includes(';')) return { problem: { en: 'several statements', ja: '複数の SQL 文' } }
  if (/\$\d/.test(bare)) return { problem: { en: 'one with parameters', ja: 'パラメーター付きの SQL 文' } }
  if (!reads.test(bare)) return { problem: { en: 'another statement', ja: 'それ以外の SQL 文' } }
  return { sql: source.slice(0, end) }
}
