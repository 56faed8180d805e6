/** The YAML half of reading a runbook: one document, plain values, and for every path the place where it stands. */
import {
  type Alias,
  type Document,
  type ErrorCode,
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
import { characterName, indexOfUnseen } from '../../domain/invisible.ts'
import { type Problem, type ProblemPath, quote } from '../../domain/runbook/problem.ts'
import { type Text, verbatim } from '../../domain/words.ts'
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
  const errors: readonly YAMLError[] = [...document.errors, ...document.warnings]
  // After a bracket that never closes the parser finds nothing where it was.
  const open = errors.findIndex((error) => openBracket(error) !== undefined)
  const broken = (open < 0 ? errors : errors.slice(0, open + 1)).map((error) => {
    const { offset, ...says } = explainSyntax(error, text)
    return { ...placeAt(offset), ...says }
  })
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
    return { en: 'an anchor before its alias', ja: 'エイリアスより前にあるアンカー' }
  }
  if (path.includes(target)) {
    return { en: 'an alias outside of its own anchor', ja: '自分自身を含まないエイリアス' }
  }
  return undefined
}

/** Every mistake that the parser can make out, in our words: its own name the parser's insides. */
const syntax: { readonly [C in ErrorCode]: Text } = {
  DUPLICATE_KEY: { en: 'each key once', ja: '重複しないキー' },
  TAB_AS_INDENT: { en: 'blanks for indentation', ja: '空白によるインデント' },
  BAD_INDENT: {
    en: 'the same indentation as its neighbours',
    ja: '前後の行とそろったインデント',
  },
  MULTIPLE_DOCS: { en: 'one document in the file', ja: 'ファイルごとに 1 つの文書' },
  TAG_RESOLVE_FAILED: { en: 'a value without a tag', ja: 'タグのない値' },
  MULTIPLE_TAGS: { en: 'a value without a tag', ja: 'タグのない値' },
  MISSING_CHAR: { en: 'a closing quote or bracket', ja: '閉じる引用符または括弧' },
  BLOCK_AS_IMPLICIT_KEY: {
    en: 'one key on the line (quote a value that holds ": ")',
    ja: '1 行に 1 つのキー（「: 」を含む値は引用符で囲む）',
  },
  MULTILINE_IMPLICIT_KEY: {
    en: 'a key and ": " on the line before (is a blank behind the ":" missing?)',
    ja: '前の行にキーと「: 」（「:」の後の空白が抜けていませんか）',
  },
  UNEXPECTED_TOKEN: { en: 'the end of the value', ja: '値の終わり' },
  BAD_SCALAR_START: {
    en: 'quotes around a text that begins with this character',
    ja: 'この文字で始まる文字列は引用符で囲む',
  },
  BAD_DQ_ESCAPE: {
    en: 'a valid YAML escape (or single quotes, where \\ is plain)',
    ja: 'YAML のエスケープ（または \\ をそのまま書ける一重引用符）',
  },
  BLOCK_IN_FLOW: { en: 'one style inside { } and [ ]', ja: '{ } や [ ] の中では同じ書き方' },
  BAD_COLLECTION_TYPE: { en: 'one style inside { } and [ ]', ja: '{ } や [ ] の中では同じ書き方' },
  KEY_OVER_1024_CHARS: { en: 'a short key', ja: '短いキー' },
  NON_STRING_KEY: { en: 'a name as key', ja: 'キーとなる名前' },
  BAD_ALIAS: {
    en: 'a name behind * or & (or quotes around a text)',
    ja: '* や & の後の名前（文字列なら引用符で囲む）',
  },
  ALIAS_PROPS: { en: 'an alias alone', ja: '単独のエイリアス' },
  MULTIPLE_ANCHORS: { en: 'one anchor', ja: '1 つのアンカー' },
  BAD_PROP_ORDER: { en: 'the anchor before its value', ja: '値の前のアンカー' },
  BAD_DIRECTIVE: { en: 'YAML 1.2', ja: 'YAML 1.2' },
  IMPOSSIBLE: { en: 'YAML', ja: '正しい YAML' },
  RESOURCE_EXHAUSTION: { en: 'a smaller document', ja: 'より小さい文書' },
}

type Explained = { readonly offset: number; readonly expected: Text; readonly got: Text }

function explainSyntax(error: YAMLError, text: string): Explained {
  const [from] = error.pos
  const unseen = unseenNear(text, from)
  if (unseen !== undefined) return unseen
  if (text[from] === '{' && text[from - 1] === '$') {
    return {
      offset: from,
      expected: {
        en: `quotes around a text with \${…} inside { } or [ ]`,
        ja: `{ } や [ ] の中では \${…} を含む文字列を引用符で囲む`,
      },
      got: verbatim(quote('${')),
    }
  }
  const line = text.slice(text.lastIndexOf('\n', from - 1) + 1).split('\n', 1)[0] ?? ''
  const bracket = openBracket(error)
  const expected =
    bracket === undefined
      ? syntax[error.code]
      : { en: `a closing ${quote(bracket)}`, ja: `閉じる ${quote(bracket)}` }
  return { offset: from, expected, got: verbatim(quote(line.trim())) }
}

/** Which bracket never closes: the parser tells it only in its sentence, and calls it a matter of indentation. */
function openBracket({ code, message }: YAMLError): string | undefined {
  return code === 'BAD_INDENT' ? /end with a ([\]}])/.exec(message)?.[1] : undefined
}

/**
 * What looks like a blank and is none, in the line of a mistake or beside it: beside a sign of YAML's, or where a line begins or ends. In
 * the middle of a Japanese text it is nobody's mistake.
 */
function unseenNear(text: string, from: number): Explained | undefined {
  const before = text.lastIndexOf('\n', text.lastIndexOf('\n', from - 1) - 1) + 1
  const after = text.indexOf('\n', from)
  const lines = text.slice(before, after < 0 ? text.length : after).split('\n')
  let offset = before
  for (const line of lines) {
    const at = indexOfUnseen(line)
    const beside = /[:,[\]{}"'-]/
    const character = String.fromCodePoint(line.codePointAt(at) ?? 0)
    const isEdge = line.slice(0, at).trim() === '' || line.slice(at).trim() === ''
    if (
      at >= 0 &&
      (isEdge || beside.test(line[at - 1] ?? '') || beside.test(line[at + character.length] ?? ''))
    )
      return {
        offset: offset + at,
        expected: { en: 'a plain blank or nothing', ja: '半角の空白、または何もなし' },
        got: verbatim(characterName(character)),
      }
    offset += line.length + 1
  }
  return undefined
}

/** One mistake makes the parser stumble several times on; the first of a line is the one to fix. */
function onePerLine(refusals: readonly Refusal[]): readonly Refusal[] {
  const seen = new Set<number>()
  return refusals.filter(({ line }) => {
    if (seen.has(line)) return false
    seen.add(line)
    return true
  })
}
