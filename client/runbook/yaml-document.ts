/** The YAML half of reading a runbook: one document, plain values, and for every path the place where it stands. */
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml'
import { type Problem, type ProblemPath, quote, verbatim } from '../../domain/runbook/problem.ts'
import type { Text } from '../../domain/words.ts'
import type { Place, Refusal } from './yaml-text.ts'

export type RunbookDocument = {
  readonly document: Document
  readonly placeAt: (offset: number) => Place
}

/** Parses one YAML 1.2 document; what the syntax forbids comes back as refusals. */
export function parseYaml(text: string): RunbookDocument & { readonly refusals: readonly Refusal[] } {
  const lines = new LineCounter()
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    resolveKnownTags: false,
  })
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { line, column: col }
  }
  const broken = [...document.errors, ...document.warnings].map((error) => ({
    ...placeAt(error.pos[0]),
    ...explainSyntax(error, text),
  }))
  return {
    document,
    placeAt,
    refusals: onePerLine(broken.length > 0 ? broken : forbidden(document, placeAt)),
  }
}

/** How often one anchor may stand for its value: enough for repeated texts, too little for a bomb. */
const aliasLimit = 100

/** The plain values; undefined when aliases blow the document up. */
export function plainValues(document: Document): { readonly value: unknown } | undefined {
  try {
    return { value: document.toJS({ maxAliasCount: aliasLimit }) }
  } catch (error) {
    if (error instanceof ReferenceError) return undefined
    throw error
  }
}

/** Where a problem stands: the very key or value, or for something missing the key that should hold it. */
export function placeOfProblem(
  { document, placeAt }: RunbookDocument,
  path: ProblemPath,
  at: Problem['at'],
): Place {
  let node: Node | null | undefined = document.contents as Node | null
  let offset = node?.range?.[0] ?? 0
  for (const [depth, part] of path.entries()) {
    const holder: Node | null | undefined = isAlias(node) ? node.resolve(document) : node
    if (isMap(holder)) {
      const pair: Pair | undefined = holder.items.find((item) => keyName(item.key) === String(part))
      if (pair === undefined) break
      const key = pair.key as Node
      node = pair.value as Node | null
      const last = depth === path.length - 1
      const keyOnly = node === null || (last ? at === 'key' : at === 'missing')
      offset = (keyOnly ? key.range?.[0] : (node?.range?.[0] ?? key.range?.[0])) ?? offset
    } else if (isSeq(holder) && typeof part === 'number') {
      node = holder.items[part] as Node | undefined
      if (node === undefined) break
      offset = node?.range?.[0] ?? offset
    } else break
  }
  return placeAt(offset)
}

function keyName(key: unknown): string | undefined {
  return isScalar(key) ? String(key.value) : undefined
}

/** What YAML allows and a runbook does not: tags, other YAML versions, `__proto__`, and anchors that lead nowhere. */
function forbidden(document: Document, placeAt: (offset: number) => Place): readonly Refusal[] {
  const found: Refusal[] = []
  const refuse = (node: Node, expected: Text, got: string) => {
    found.push({ ...placeAt(node.range?.[0] ?? 0), expected, got: verbatim(quote(got)) })
  }
  if (document.directives?.yaml.explicit === true && document.directives.yaml.version !== '1.2') {
    found.push({
      line: 1,
      column: 1,
      expected: { en: 'YAML 1.2', ja: 'YAML 1.2' },
      got: verbatim(document.directives.yaml.version),
    })
  }
  visit(document, {
    Node: (_, node) => {
      if (node.tag !== undefined) refuse(node, { en: 'a value without a tag', ja: 'タグのない値' }, node.tag)
    },
    Pair: (_, { key }) => {
      if (!isScalar(key) || typeof key.value === 'object') {
        refuse(key as Node, { en: 'a name as key', ja: 'キーとなる名前' }, String(key))
      } else if (key.value === '__proto__') {
        refuse(key, { en: 'another key', ja: '別のキー' }, '__proto__')
      }
    },
    Alias: (_, node, path) => {
      const problem = aliasProblem(node, document, path)
      if (problem !== undefined) refuse(node, problem, `*${node.source}`)
    },
  })
  return found
}

function aliasProblem(node: Alias, document: Document, path: readonly unknown[]): Text | undefined {
  const target = node.resolve(document)
  if (target === undefined) {
    return { en: 'an anchor that stands before its alias', ja: 'エイリアスより前にあるアンカー' }
  }
  if (path.includes(target)) {
    return { en: 'an alias outside of its own anchor', ja: '自分自身を含まないエイリアス' }
  }
  return undefined
}

const syntax: Readonly<Record<string, Text>> = {
  DUPLICATE_KEY: { en: 'each key once', ja: '重複しないキー' },
  TAB_AS_INDENT: { en: 'blanks for indentation', ja: '空白によるインデント' },
  BAD_INDENT: {
    en: 'the same indentation as its neighbours',
    ja: '前後の行とそろったインデント',
  },
  MULTIPLE_DOCS: { en: 'one document in the file', ja: 'ファイルごとに 1 つの文書' },
  TAG_RESOLVE_FAILED: { en: 'a value without a tag', ja: 'タグのない値' },
  MISSING_CHAR: { en: 'a closing quote or bracket', ja: '閉じる引用符または括弧' },
  BLOCK_AS_IMPLICIT_KEY: {
    en: 'one key on the line (quote a value that holds ": ")',
    ja: '1 行に 1 つのキー（「: 」を含む値は引用符で囲む）',
  },
}

function explainSyntax(error: YAMLError, text: string): { readonly expected: Text; readonly got: Text } {
  const [from] = error.pos
  if (text[from] === '{' && text[from - 1] === '$') {
    return {
      expected: {
        en: `quotes around a text with \${…} inside { } or [ ]`,
        ja: `{ } や [ ] の中では \${…} を含む文字列を引用符で囲む`,
      },
      got: verbatim(quote('${')),
    }
  }
  const known = syntax[error.code]
  const line = text.slice(text.lastIndexOf('\n', from - 1) + 1).split('\n', 1)[0] ?? ''
  // The parser's own sentence says what it met where we have no better one.
  return known === undefined
    ? { expected: { en: 'YAML', ja: '正しい YAML' }, got: verbatim(error.message.split('\n', 1)[0] ?? '') }
    : { expected: known, got: verbatim(quote(line.trim())) }
}

/** One mistake makes the parser stumble several times on; the first of a line is the one to mend. */
function onePerLine(refusals: readonly Refusal[]): readonly Refusal[] {
  const seen = new Set<number>()
  return refusals.filter(({ line }) => {
    if (seen.has(line)) return false
    seen.add(line)
    return true
  })
}
