/** A block of code by its language: a script, SQL, PromQL, a step in our own words, or none of these. */

import { present } from '../../../../domain/present.ts'
import type { Block } from '../markdown/blocks.ts'
import { programs } from '../programs/table.ts'
import { parseScript } from '../shell/parse.ts'
import type { Statement } from '../shell/script.ts'

type Code = Extract<Block, { readonly kind: 'code' }>

export type Fence =
  | { readonly kind: 'script'; readonly statements: readonly Statement[] }
  | { readonly kind: 'sql' | 'promql'; readonly queries: readonly Query[] }
  | { readonly kind: 'exact' | 'settings' }
  | { readonly kind: 'text'; readonly language: string }

export type Query = { readonly line: number; readonly text: string }

const shells = /^(bash|sh|shell|zsh|ksh|console|shell-session|shellsession|terminal)$/
/** What our own export writes where no command says a step. */
export const ownWord = 'hikeshi'
export const settingsWord = 'settings'

export function fenceOf(block: Code): Fence {
  const [language = '', second, third] = block.info.toLowerCase().split(/\s+/)
  if (language === 'yaml' && second === ownWord)
    return { kind: third === settingsWord ? 'settings' : 'exact' }
  if (shells.test(language) || (language === '' && looksLikeShell(block.text)))
    return { kind: 'script', statements: parseScript(withoutPrompts(block.text), block.textLine) }
  if (/^(sql|pgsql|postgres|postgresql)$/.test(language))
    return { kind: 'sql', queries: partsOf(block, /;[ \t]*(?=\n|$)/g) }
  if (language === 'promql') return { kind: 'promql', queries: partsOf(block, /\n[ \t]*(?=\n)/g) }
  return { kind: 'text', language }
}

/** `id=scale-out when=no-room after=way/add-pods service=backend` behind the language. */
export function attributesOf({ info }: Code): Attributes {
  const named = (key: string, form: string) =>
    new RegExp(`(?:^|\\s)${key}=(${form})(?=\\s|$)`).exec(info)?.[1]
  const when = named('when', '[a-z0-9,-]{1,500}')?.split(',')
  const after = named('after', '[a-z0-9,/-]{1,1000}')?.split(',')
  return present({ id: named('id', shortName), service: named('service', shortName), when, after })
}

const shortName = '[a-z0-9][a-z0-9-]{0,39}'

export type Attributes = {
  readonly id?: string
  readonly when?: readonly string[]
  readonly after?: readonly string[]
  readonly service?: string
}

/** Without a language it is a script where a line begins with a program that we know. */
function looksLikeShell(text: string): boolean {
  return text.split('\n').some((line) => {
    const [program = ''] = line.trim().replace(/^\$ /, '').split(/\s/, 1)
    return programs.has(program) && program !== 'true' && program !== 'open' && program !== 'clear'
  })
}

/** A session: what stands behind `$ ` was typed, everything else is what was printed. */
function withoutPrompts(text: string): string {
  const lines = text.split('\n')
  if (!lines.some((line) => /^\s*\$ /.test(line))) return text
  let goesOn = false
  return lines
    .map((line) => {
      const typed = /^\s*\$ (.*)$/.exec(line)?.[1] ?? (goesOn ? line.replace(/^> /, '') : undefined)
      goesOn = typed?.endsWith('\\') === true
      return typed ?? (/^\s*#/.test(line) ? line : '')
    })
    .join('\n')
}

function partsOf({ text, textLine }: Code, between: RegExp): readonly Query[] {
  const queries: Query[] = []
  let from = 0
  let line = textLine
  const take = (to: number, next: number) => {
    const part = text.slice(from, to)
    const lead = /^\s*/.exec(part)?.[0] ?? ''
    if (part.trim() !== '') queries.push({ line: line + lead.split('\n').length - 1, text: part.trim() })
    line += text.slice(from, next).split('\n').length - 1
    from = next
  }
  for (const match of text.matchAll(between)) take(match.index, match.index + match[0].length)
  take(text.length, text.length)
  return queries
}
