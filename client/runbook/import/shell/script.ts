/** What a shell script consists of, as far as a runbook needs it. */

/** A piece of a word: plain text, or what only a shell or a person can fill. */
export type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'variable'; readonly name: string }
  /** `$(…)`, backticks, arithmetic, `${x%y}`. */
  | { readonly kind: 'substitution' }
  /** `[POD_NAME]`, `<pod>`, `{{ pod }}`: for a person. */
  | { readonly kind: 'placeholder'; readonly name: string }
  | { readonly kind: 'pattern' }

export type Word = { readonly parts: readonly Part[]; readonly raw: string }

export type Redirection = {
  /** `>`, `2>`, `<`, `>&`, … */
  readonly operator: string
  readonly target: Word
  /** The text of a here-document; undefined where something in it has to be filled in. */
  readonly document?: { readonly text: string | undefined }
}

export type Simple = {
  readonly kind: 'simple'
  readonly assignments: readonly { readonly name: string; readonly value: Word }[]
  readonly words: readonly Word[]
  readonly redirections: readonly Redirection[]
}

export type Node =
  | Simple
  | { readonly kind: 'pipeline'; readonly commands: readonly Node[] }
  | { readonly kind: 'chain'; readonly first: Node; readonly rest: readonly Link[] }
  | {
      readonly kind: 'for'
      readonly variable: string
      readonly words: readonly Word[]
      readonly body: readonly Node[]
    }
  | { readonly kind: 'while'; readonly condition: readonly Node[]; readonly body: readonly Node[] }
  /** Well formed, and more than a runbook can say: if, case, functions, groups, jobs. */
  | { readonly kind: 'other'; readonly what: string }

export type Link = { readonly operator: '&&' | '||'; readonly node: Node }

/** One command of a block with the comments above and behind it. */
export type Statement = {
  readonly line: number
  /** As it was written. */
  readonly source: string
  readonly comments: readonly string[]
  readonly node: Node | { readonly kind: 'unreadable'; readonly why: Unreadable }
}

/** Why a text is no command of a shell. */
export type Unreadable = 'quote' | 'bracket' | 'document' | 'size' | 'syntax'
