/** What was expected, said by whoever checks it, in both languages. */

/** A `Text`; words.ts itself says what it expects. */
type Both = { readonly en: string; readonly ja: string }

/** The sentence of a failure. */
export function expected(en: string, ja: string): Both {
  return { en: `expected ${en}`, ja: `期待: ${ja}` }
}

/** The message of a schema: zod knows one string, so each language has a line of its own. */
export function expects(en: string, ja: string): string {
  return `expected ${en}\n${ja}`
}

/** What a message of our schemas says, without its first word; undefined for one that a library has worded. */
export function expectedIn(message: string): Both | undefined {
  const [, en, ja] = /^expected (.+)\n(.+)$/s.exec(message) ?? []
  return en === undefined || ja === undefined ? undefined : { en, ja }
}
