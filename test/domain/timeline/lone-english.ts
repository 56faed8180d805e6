/** English sentences that stand in an event alone: what we say ourselves is a Text, in both languages. */

/** Two words of small letters, one after the other. Paths, hashes and names of things are none. */
const sentence = /(?<![\w/.:@-])[a-z]{2,}(?:'[a-z])?,? [a-z]{2,}(?![\w/.:@-])/

/** What people type. */
const typed = ['description', 'text', 'waived', 'later', 'saw']
/** In these events a reason is a person's. */
const reasoned = [
  'step-rejected',
  'reopened',
  'closed',
  'cancelled',
  'withdrawn',
  'reported',
  'noted',
  'step-decided',
  'step-skipped',
]
/** What Kubernetes, PostgreSQL and programs said, quoted as it was, and what is given to programs. */
const quoted = [
  'argv',
  'evidence',
  'text',
  'message',
  'status',
  'state',
  'query',
  'sql',
  'commands',
  'output',
  'stderr',
  'error',
  'cause',
]

export type Told = { readonly type: string; readonly data: unknown }

/** Each such string of an event, with the place where it stands; `isQuote` knows what else is quoted. */
export function loneEnglish(
  { type, data }: Told,
  isQuote: (key: string, value: string) => boolean = (key) => quoted.includes(key),
): readonly string[] {
  const isTyped = (key: string) =>
    typed.includes(key) ||
    (key === 'reason' && reasoned.includes(type)) ||
    (key === 'message' && type === 'notified')
  const walk = (value: unknown, key: string, path: string): readonly string[] => {
    if (typeof value === 'string')
      return sentence.test(value) && !isTyped(key) && !isQuote(key, value) ? [`${path}: ${value}`] : []
    if (typeof value !== 'object' || value === null) return []
    if (Array.isArray(value)) return value.flatMap((one, i) => walk(one, key, `${path}[${i}]`))
    if (isText(value)) return []
    return Object.entries(value).flatMap(([name, one]) => walk(one, name, `${path}.${name}`))
  }
  return walk(data, '', type)
}

/**
 * English that stands in a line of Japanese, without what is quoted: in 「」, among `quotes`, or in brackets in the English line too, where a
 * long one may be cut.
 */
export function englishIn(ja: string, en: string, quotes: readonly string[] = []): string | undefined {
  const bracketed = [...en.matchAll(/\(([^()]+(?:\([^()]*\)[^()]*)*)\)/g)].map(([, words = '']) => words)
  // Brackets first: a quote can stand inside of them.
  const ours = [...bracketed, ...quotes]
    .filter((quote) => quote !== '')
    // A name in the middle of a quotation must not tear it.
    .toSorted((a, b) => b.length - a.length)
    .reduce(
      (rest, quote) => rest.replaceAll(quote, '…'),
      /\([^()]*…$/.test(en) ? ja.replace(/（[^（）]*…$/, '…') : ja,
    )
  return sentence.exec(ours.replaceAll(/「[^」]*」/g, '…'))?.[0]
}

/** Every string of a value that is no half of a Text: what was typed, named or quoted. */
export function quotesIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value, value.replace(/\s+/g, ' ').trim()]
  if (typeof value !== 'object' || value === null || isText(value)) return []
  return Object.values(value).flatMap(quotesIn)
}

function isText(value: object): boolean {
  return 'en' in value && 'ja' in value && Object.keys(value).length === 2
}
