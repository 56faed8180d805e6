/** Words with what is known of their variables, and options as programs take them. */
import type { Word } from './script.ts'

/** What keeps a word from being known. */
export type Unsure =
  | { readonly kind: 'variable' | 'placeholder'; readonly name: string }
  | { readonly kind: 'substitution' | 'pattern' }

export type Argument = {
  /** Its value; where it is not wholly known, as it was written. */
  readonly text: string
  readonly unsure?: Unsure
}

/** Values of variables, as a block assigned them. */
export type Variables = ReadonlyMap<string, string>

export function argumentOf(word: Word, variables: Variables): Argument {
  let text = ''
  for (const part of word.parts) {
    const known = part.kind === 'variable' ? variables.get(part.name) : undefined
    if (part.kind === 'text') text += part.text
    else if (known !== undefined) text += known
    else return { text: word.raw, unsure: part }
  }
  return { text }
}

/** Which options a program has: with a value or without one, each under the name that it is read by. */
export type Options = {
  readonly values: Readonly<Record<string, string>>
  readonly flags: Readonly<Record<string, string>>
}

export type Given = {
  readonly values: ReadonlyMap<string, readonly Argument[]>
  readonly flags: ReadonlySet<string>
  /** What is no option. */
  readonly words: readonly Argument[]
  /** What stands behind `--`. */
  readonly behind: readonly Argument[] | undefined
  /** The first option that is not known. */
  readonly unknown: string | undefined
}

/** Takes options and words apart; `untilWord`: the first word ends the options, as for `watch`. */
export function optionsIn(all: readonly Argument[], options: Options, untilWord = false): Given {
  const values = new Map<string, Argument[]>()
  const flags = new Set<string>()
  const words: Argument[] = []
  let behind: readonly Argument[] | undefined
  let unknown: string | undefined
  const add = (name: string, value: Argument) => {
    const before = values.get(name)
    if (before === undefined) values.set(name, [value])
    else before.push(value)
  }
  for (let i = 0; i < all.length; i += 1) {
    const argument = all[i] ?? { text: '' }
    const { text } = argument
    if (text === '--') {
      behind = all.slice(i + 1)
      break
    }
    if (!/^-[\w?-]/.test(text)) {
      words.push(argument)
      if (!untilWord) continue
      words.push(...all.slice(i + 1))
      break
    }
    const [, name = text, value] = /^(--[\w-]+)=([\s\S]*)$/.exec(text) ?? []
    const read = options.values[name]
    const flag = options.flags[name]
    if (read !== undefined) {
      if (value === undefined) i += 1
      add(read, value === undefined ? (all[i] ?? { text: '' }) : { ...argument, text: value })
    } else if (flag !== undefined && (value === undefined || value === 'true')) flags.add(flag)
    else if (text.startsWith('--')) unknown ??= name
    else {
      // `-it`, `-Atc '…'`, `-nshodo`
      const letters = text.slice(1)
      for (let at = 0; at < letters.length; at += 1) {
        const letter = `-${letters[at]}`
        const short = options.values[letter]
        const on = options.flags[letter]
        if (short !== undefined) {
          const attached = letters.slice(at + 1)
          if (attached === '') i += 1
          add(short, attached === '' ? (all[i] ?? { text: '' }) : { ...argument, text: attached })
          break
        }
        if (on === undefined) {
          unknown ??= text
          break
        }
        flags.add(on)
      }
    }
  }
  return { values, flags, words, behind, unknown }
}

/** The one value of an option; the last one counts. */
export function valueIn({ values }: Given, name: string): Argument | undefined {
  return values.get(name)?.at(-1)
}
