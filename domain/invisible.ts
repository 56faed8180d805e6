/**
 * The one list of characters that a text may not hide: controls, marks that turn the direction of writing, and everything that is drawn as
 * nothing. Written out rather than as \p{…}: rules are replayed years later, by a Node whose Unicode has grown (a test holds the list
 * against this Node's).
 */
const controls = '\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f'
const separators = '\\u2028\\u2029'
/** Half of a character, alone. */
const halves = '\\ud800-\\udfff'
/** \p{Bidi_Control} and \p{Default_Ignorable_Code_Point}, without what may belong to the character before it. */
const ignorable =
  '\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b\\u200c\\u200e\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u3164' +
  '\\ufeff\\uffa0\\ufff0-\\ufff8\\u{1bca0}-\\u{1bca3}\\u{1d173}-\\u{1d17a}\\u{e0000}-\\u{e00ff}\\u{e01f0}-\\u{e0fff}'

/** What an emoji or an ideograph may be followed by: `⚠️` and the 辻󠄀 of a name are two characters, `👨‍👩‍👧` are five. */
const variants = '\\ufe00-\\ufe0f\\u{e0100}-\\u{e01ef}'
const drawn =
  '#*0-9\\u00a9\\u00ae\\u203c\\u2049\\u2100-\\u2bff\\u3030\\u303d\\u3297\\u3299\\u3400-\\u9fff\\uf900-\\ufaff\\u{1f000}-\\u{1fbff}\\u{20000}-\\u{3fffd}'
const joined = '\\u2600-\\u27bf\\u{1f000}-\\u{1fbff}'

const invisible = `[${controls}${separators}${halves}${ignorable}]|(?<![${drawn}])[${variants}]|(?<![${joined}]\\ufe0f?)\\u200d|\\u200d(?![${joined}])`
const one = new RegExp(invisible, 'u')
const every = new RegExp(invisible, 'gu')

/** Whether a text holds any of them; tab and line feed are none. */
export function hasInvisible(value: string): boolean {
  return one.test(value)
}

/** The text with something to be seen in place of each. */
export function replaceInvisible(value: string, by: (character: string) => string): string {
  return hasInvisible(value) ? value.replace(every, by) : value
}

/** Blanks that look like a blank and are none: a no-break space from a web page, the wide one of a Japanese keyboard. */
const oddBlank = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/
const names: { readonly [character: string]: string } = {
  '\u00a0': 'NO-BREAK SPACE',
  '\u00ad': 'SOFT HYPHEN',
  '\u200b': 'ZERO WIDTH SPACE',
  '\u200c': 'ZERO WIDTH NON-JOINER',
  '\u200d': 'ZERO WIDTH JOINER',
  '\u2060': 'WORD JOINER',
  '\u202f': 'NARROW NO-BREAK SPACE',
  '\u3000': 'IDEOGRAPHIC SPACE',
  '\ufeff': 'ZERO WIDTH NO-BREAK SPACE',
}

/** Where the first character stands that is invisible, or only looks like a blank; -1 where none does. */
export function indexOfUnseen(value: string): number {
  const found = [value.search(oddBlank), value.search(one)].filter((at) => at >= 0)
  return found.length === 0 ? -1 : Math.min(...found)
}

/** `U+00A0 (NO-BREAK SPACE)`: what cannot be seen has a name. */
export function characterName(character: string): string {
  const code = `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
  const name = names[character]
  return name === undefined ? code : `${code} (${name})`
}

/** JSON's way to write a character that cannot be seen: `\u00a0`, two of them beyond the first plane. */
export function escaped(character: string): string {
  return [...Array(character.length).keys()]
    .map((i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`)
    .join('')
}

/** The same for blanks that are none. */
export function escapeOddBlanks(value: string): string {
  return value.replace(new RegExp(oddBlank, 'g'), escaped)
}
