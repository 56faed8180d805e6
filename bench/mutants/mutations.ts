/** Which tokens of a file can be changed so that it means something else, by its TypeScript AST. */
import { type Node, type SourceFile, SyntaxKind } from 'typescript/unstable/ast'

export type Mutation = {
  /** Absolute. */
  readonly file: string
  /** Where the token stands in the text. */
  readonly from: number
  readonly to: number
  readonly was: string
  readonly is: string
  readonly line: number
}

const operators: Readonly<Record<string, string>> = {
  '===': '!==',
  '!==': '===',
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '&&': '||',
  '||': '&&',
  '??': '&&',
  '+': '-',
  '-': '+',
  '*': '/',
  '/': '*',
  '%': '*',
}

const methods: Readonly<Record<string, string>> = {
  some: 'every',
  every: 'some',
  min: 'max',
  max: 'min',
  startsWith: 'endsWith',
  endsWith: 'startsWith',
}

type Binary = { readonly left: Node; readonly operatorToken: Node; readonly right: Node }

function isCoalescing(node: Node): boolean {
  if (node.kind !== SyntaxKind.BinaryExpression) return false
  return (node as unknown as Binary).operatorToken.kind === SyntaxKind.QuestionQuestionToken
}

/** Undefined where one more is too little to make another number. */
function nextNumber(was: string): string | undefined {
  const value = Number(was.replaceAll('_', ''))
  return value + 1 === value ? undefined : String(value + 1)
}

/** Every one-token change: operators, true and false, numbers, `!`, `-`, and methods that have an opposite. Texts stay as they are. */
export function mutationsOf(file: string, source: SourceFile): readonly Mutation[] {
  const found: Mutation[] = []
  const chained = new Set<Node>()
  const change = (node: Node, is: (was: string) => string | undefined): void => {
    const from = skipBlanks(source.text, node.pos)
    replace(from, node.end, is(source.text.slice(from, node.end)))
  }
  const replace = (from: number, to: number, is: string | undefined): void => {
    if (is === undefined) return
    const line = source.text.slice(0, from).split('\n').length
    found.push({ file, from, to, was: source.text.slice(from, to), is, line })
  }
  const visit = (node: Node): void => {
    switch (node.kind) {
      case SyntaxKind.BinaryExpression: {
        const { left, operatorToken, right } = node as unknown as Binary
        // One && in a chain of ?? is no JavaScript.
        const isChain = operatorToken.kind === SyntaxKind.QuestionQuestionToken
        const inner = isChain ? [left, right].filter(isCoalescing) : []
        for (const one of inner) chained.add(one)
        if (inner.length === 0 && !chained.has(node)) change(operatorToken, (was) => operators[was])
        break
      }
      case SyntaxKind.PropertyAccessExpression:
        change((node as unknown as { name: Node }).name, (was) =>
          Object.hasOwn(methods, was) ? methods[was] : undefined,
        )
        break
      case SyntaxKind.TrueKeyword:
        change(node, () => 'false')
        break
      case SyntaxKind.FalseKeyword:
        change(node, () => 'true')
        break
      case SyntaxKind.NumericLiteral:
        change(node, nextNumber)
        break
      case SyntaxKind.PrefixUnaryExpression: {
        const from = skipBlanks(source.text, node.pos)
        const sign = source.text[from]
        if (sign === '!' || sign === '-') replace(from, from + 1, '')
        // A number that is as negative as it was positive says enough: -2 for -1 means the same to a sort.
        if (sign === '-') return
        break
      }
      // What stands in types is erased.
      case SyntaxKind.TypeAliasDeclaration:
      case SyntaxKind.InterfaceDeclaration:
      case SyntaxKind.LiteralType:
        return
    }
    node.forEachChild(visit)
  }
  source.forEachChild(visit)
  return found
}

function skipBlanks(text: string, from: number): number {
  const rest = text.slice(from)
  const blanks = /^(?:\s|\/\/[^\n]*\n|\/\*[\s\S]*?\*\/)*/.exec(rest)?.[0].length ?? 0
  return from + blanks
}

export function applied(text: string, { from, to, is }: Mutation): string {
  return `${text.slice(0, from)}${is}${text.slice(to)}`
}
