/** What a command of a runbook becomes, and what its reader may know of the document around it. */
import type { KindName } from '../../../../domain/steps/catalogue.ts'
import type { StepParams } from '../../../../domain/steps/contract.ts'
import type { Text } from '../../../../domain/words.ts'
import type { Argument } from '../shell/arguments.ts'

export type ReadStep = {
  readonly kind: string
  readonly with: StepParams
  /** The pod that a database was asked in: its workload is the database's. */
  readonly inside?: string
}

export type Reading =
  | { readonly steps: readonly ReadStep[]; readonly why: Text }
  /** For a person, and why. */
  | { readonly manual: Text }
  /** Nothing that would have to be done. */
  | { readonly nothing: Text; readonly link?: string }

/** What a document says outside of the command itself. */
export type Around = {
  /** The one namespace and context of kubectl that this runbook is about. */
  readonly namespace: string | undefined
  readonly context: string | undefined
  /** Comments of the command and the heading above it. */
  readonly words: string
  /** Connections to PostgreSQL that the section names. */
  readonly databases: ReadonlySet<string>
  /** The deployment that a label selector is known to choose. */
  readonly deployments: ReadonlyMap<string, string>
}

/** One call of a program. */
export type Call = {
  readonly around: Around
  /** What is piped behind it, such as grep. */
  readonly filters: readonly Filter[]
  /** What a here-document or a pipe hands it. */
  readonly input?: string
}

export type Filter = { readonly program: string; readonly arguments: readonly Argument[] }

export type Program = (given: readonly Argument[], call: Call) => Reading

export function step(kind: KindName, params: StepParams, why: Text): Reading {
  return { steps: [{ kind, with: params }], why }
}

export function manual(en: string, ja: string): Reading {
  return { manual: { en, ja } }
}

/** A word that is not known ends the reading: nothing is guessed. */
export function unknownOption(option: string): Reading {
  return manual(`the option ${option} has no counterpart`, `オプション ${option} に対応する機能がありません`)
}

export function unsureReading({ text, unsure }: Argument): Reading | undefined {
  switch (unsure?.kind) {
    case undefined:
      return undefined
    case 'placeholder':
      return manual(`a person has to fill in ${text}`, `${text} は人が埋める必要があります`)
    case 'variable':
      return manual(`only the shell knows $${unsure.name}`, `$${unsure.name} の値はシェルにしか分かりません`)
    case 'substitution':
      return manual(`only the shell knows what ${text} becomes`, `${text} の値はシェルにしか分かりません`)
    case 'pattern':
      return manual(
        `only the shell knows what ${text} matches`,
        `${text} に一致するものはシェルにしか分かりません`,
      )
  }
}

/** The first word of several that is not known, as a reading. */
export function firstUnsure(all: readonly (Argument | undefined)[]): Reading | undefined {
  for (const each of all) {
    const found = each === undefined ? undefined : unsureReading(each)
    if (found !== undefined) return found
  }
  return undefined
}

/** Several reasons as one sentence. */
export function because(...all: readonly (Text | undefined)[]): Text {
  const said = all.filter((each) => each !== undefined)
  return { en: said.map(({ en }) => en).join('; '), ja: said.map(({ ja }) => ja).join('、') }
}

const amount = '(?:the )?(?:number of )?(?:replicas?|pods?|memory|limits?|capacity|maxmemory)'
const upward = new RegExp(
  `\\bscal(?:e|ing)[- ]?(?:out|up)\\b|\\b(?:raise|increase) ${amount}|スケールアウト|スケールアップ|増設|増や|引き上げ`,
  'i',
)
const downward = new RegExp(
  `\\bscal(?:e|ing)[- ]?(?:in|down)\\b|\\b(?:lower|decrease|reduce) ${amount}|スケールイン|スケールダウン|縮小|減ら|引き下げ`,
  'i',
)
const negated = /\b(?:not|never|without|no)\b|n't\b|ない|ず[、。）)]/i

/** `only`, by the words around a change: "scale out" must never take away. Of a sentence with a "not" nothing is taken. */
export function wayOf(words: string): { readonly only?: 'up' | 'down' } {
  const [up, down] = [upward.test(words), downward.test(words)]
  if (up === down || negated.test(words)) return {}
  return { only: up ? 'up' : 'down' }
}

export function wayWhy(only: 'up' | 'down' | undefined): Text | undefined {
  if (only === undefined) return undefined
  return only === 'up'
    ? { en: 'its words say that it only goes up', ja: '説明により増やす方向のみ' }
    : { en: 'its words say that it only goes down', ja: '説明により減らす方向のみ' }
}
