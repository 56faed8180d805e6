/** People by their names: what a name may look like, and when two of them are the same person. */

import { z } from 'zod'
import { expects } from './expected.ts'
import { hasInvisible, replaceInvisible } from './invisible.ts'

/** Longest name of a person. */
export const nameLimit = 64

/**
 * What a name may not hold: brackets, quotes, commas, colons, arrows, pictures. A name stands in the middle of sentences, and with them it
 * could be a sentence of its own. Written out, because rules are replayed by a Node whose Unicode has grown.
 */
const unfit =
  /[!-&(-*,/:-?[\]^`{-~\u0080-\u00bf\u00d7\u00f7\u2010-\u2018\u201a-\u206f\u2190-\u2bff\u2e00-\u2e7f\u3001-\u3004\u3008-\u3020\u3030-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff64]|[\u{1f000}-\u{1fbff}]/u
const blanks = /^\s|\s$|[^\S \u3000]|\s\s/

/** Selectors of a character's shape: 辻 in one of its two shapes is the same name. */
const shapes = /[\ufe00-\ufe0f\u{e0100}-\u{e01ef}]/gu

/**
 * One key for each person: `Sato`, `ｓａｔｏ` and `sato` with a zero-width space are one, whoever writes them. Everything that asks whether two
 * people are the same compares this and nothing else.
 */
export function personKey(name: string): string {
  const seen = replaceInvisible(name.normalize('NFKC'), () => '').replace(shapes, '')
  // Up and down again folds what has two small forms (ς, ſ) or a small one only (ß).
  const folded = seen.toUpperCase().toLowerCase().normalize('NFKC')
  return folded.replace(/\s+/g, ' ').trim()
}

export function isSamePerson(a: string, b: string): boolean {
  return personKey(a) === personKey(b)
}

/** How many different people these are. */
export function peopleIn(names: readonly string[]): number {
  return new Set(names.map(personKey)).size
}

/** Names that sentences use for others than people. */
const ours = new Set(['hikeshi', 'system', 'runbook', 'the runbook'])
/** What a door calls somebody who has not said a name. */
const nameless = new Set(['anonymous', 'signal'])

/** True for names that would read as hikeshi itself or as an alert. */
export function isReservedName(name: string): boolean {
  const key = personKey(name)
  return ours.has(key) || /^alerts?\b/.test(key)
}

/** A person's name as it may stand in events: an actor's. */
export function isFitName(name: string): boolean {
  return name.length > 0 && name.length <= nameLimit && !unfit.test(name) && !blanks.test(name)
}

const expected = expects(
  `a name of at most ${nameLimit} characters: letters, digits, spaces and . _ @ + - '`,
  `${nameLimit} 文字以下の名前（文字、数字、空白、. _ @ + - '）`,
)

/** The name of a machine, which sentences call `alert NAME`. */
export const machineName = z.string().refine((name) => isFitName(name) && !hasInvisible(name), expected)

/** The name that somebody gives at a door or in a token file. */
export const personName = machineName.refine(
  (name) => !isReservedName(name) && !nameless.has(personKey(name)),
  expects('the name of a person; this one is reserved', '人の名前（予約済みの名前は使えません）'),
)
