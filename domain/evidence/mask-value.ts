/** Masks objects: what is not a text has names, and words that belong together. */

import { isTooDeep, mostNested } from '../depth.ts'
import { type Masked, markOf } from './mask.ts'
import { masksBehindNames } from './mask-behind.ts'
import { clients, ports, secretNames } from './mask-rules.ts'

/**
 * The same of every text in a value, and of whatever has the name of a secret: in the environment of a container, behind a flag in its
 * arguments, or in JSON that is written as a text.
 */
export function maskValue(value: unknown, mask: (text: string) => Masked): unknown {
  if (typeof value === 'string') return masksBehindNames(mask)(withinJson(value, mask)).text
  if (Array.isArray(value)) return maskWords(value, mask)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value)
  const { name, command } = value as { readonly name?: unknown; readonly command?: unknown }
  return Object.fromEntries(
    members.map(([key, inner]) => {
      const called = key === 'value' && typeof name === 'string' ? name : key
      if (typeof inner === 'string' && isSecretName(called)) return [key, markOf('named')]
      // A container's command has its flags in the arguments.
      const before = key === 'args' && Array.isArray(command) ? command : []
      return [key, Array.isArray(inner) ? maskWords(inner, mask, before) : maskValue(inner, mask)]
    }),
  )
}

/** Also what stands behind a flag that is a word of its own. */
function maskWords(
  words: readonly unknown[],
  mask: (text: string) => Masked,
  before: readonly unknown[] = [],
): readonly unknown[] {
  const line = [...before, ...words].filter((word) => typeof word === 'string').join(' ')
  const named = clientWords.filter(({ program }) => program.test(line))
  return words.map((each, i) => {
    const flag = i === 0 ? before.at(-1) : words[i - 1]
    if (typeof each !== 'string') return maskValue(each, mask)
    if (isSecretFlag(flag) || (typeof flag === 'string' && named.some(({ apart }) => apart.test(flag))))
      return markOf('flag')
    const [joined] = named.flatMap(({ joined }) => joined.exec(each) ?? [])
    if (joined !== undefined) return `${joined}${markOf('flag')}`
    return maskValue(isUserFlag(flag) ? withoutPassword(each) : each, mask)
  })
}

/** No word is like this. */
const noWord = '(?!)'
const clientWords = clients.map(({ programs, ...flags }) => ({
  program: new RegExp(`(?:^|[\\s/])(?:${programs})(?:\\s|$)`),
  joined: new RegExp('joined' in flags ? `^${flags.joined}(?=.)(?!${ports}$)` : noWord),
  apart: new RegExp('apart' in flags ? `^(?:${flags.apart})$` : noWord),
}))

/** Written anew only where something was masked: numbers and spaces stay as they were. */
function withinJson(text: string, mask: (text: string) => Masked): string {
  if (!/^\s*[[{]/.test(text)) return text
  try {
    const inner: unknown = JSON.parse(text)
    if (isTooDeep(inner, mostNested.json)) return text
    const masked = JSON.stringify(maskValue(inner, mask))
    return masked === JSON.stringify(inner) ? text : masked
  } catch (error) {
    if (error instanceof SyntaxError) return text
    throw error
  }
}

function isSecretFlag(word: unknown): boolean {
  return typeof word === 'string' && /^--?[a-z]/i.test(word) && isSecretName(word)
}

function isUserFlag(word: unknown): boolean {
  return word === '-u' || word === '--user' || word === '--proxy-user'
}

/** `NAME:PASSWORD`; two numbers are a user and a group. */
function withoutPassword(word: unknown): unknown {
  return typeof word === 'string' && !/^\d+:\d+$/.test(word)
    ? word.replace(/^([^:/=]+:).+$/s, `$1${markOf('user')}`)
    : word
}

const secretName = new RegExp(`(?:${secretNames})$`, 'i')

function isSecretName(name: string): boolean {
  return secretName.test(name)
}
