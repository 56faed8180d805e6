/**
 * What must not lie in an archive or a bundle: tokens, passwords, keys, connection strings. A text of many lines goes through at once, and
 * no rule looks beyond its line, so a line alone comes out as it does among others.
 */

import { isTooDeep, mostNested } from '../depth.ts'

/** What is found is replaced; where a rule has named groups, only the one that took part. */
export type MaskRule = { readonly name: string; readonly pattern: RegExp }

export type Masked = { readonly text: string; readonly masked: number }

const secretNames = [
  'pass(?:word|wd|phrase|code)',
  'pwd',
  '[_-]pass',
  'secret',
  'secret_key_base',
  'signature',
  '(?<![a-z])sig',
  'token',
  '(?:api|access|account|private|secret|signing|encryption|shared[_-]?access)[_-]?key',
  'credentials?',
  'authorization',
  '(?:set-)?cookie',
  'session[_-]?id',
  'パスワード',
  '暗証番号',
  '秘密鍵',
  'トークン',
].join('|')

/** A quoted text may hold escaped quotes; quotes may be escaped themselves, once or several times, where JSON stands inside JSON. */
const quoted = [
  String.raw`"(?<double>(?:[^"\\\n]|\\[^\n])+)`,
  String.raw`'(?<single>(?:[^'\\\n]|\\[^\n])+)`,
  String.raw`\\+"(?<doubleInside>[^"\\\n]+)`,
  String.raw`\\+'(?<singleInside>[^'\\\n]+)`,
].join('|')

/** Up to a space or a quote, also one that is escaped. */
const bare = String.raw`(?:[^\s"'\\]|\\(?!\\{0,8}["']))+`
/** Between a name and its value; `kubectl describe` and aligned files put columns of blanks there. */
const is = String.raw`[ \t]{0,60}(?:=>|[:=：＝])[ \t]{0,60}`
const noSecret = String.raw`(?!\[masked:|<set to the key |(?:null|true|false|undefined|none)(?:[\s"'\\,;&)}\]]|$))`

const builtIn: readonly MaskRule[] = [
  { name: 'private-key', pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----[^\n]*/g },
  // The lines of a key or certificate, wherever its beginning was.
  { name: 'private-key', pattern: /(?<=^|\s)[A-Za-z0-9+/]{60,}={0,2}(?=[ \t]{0,8}$)/gm },
  // The beginnings of keys and of registries' passwords as a Secret holds them, in base64.
  { name: 'private-key', pattern: /(?<![A-Za-z0-9+/])LS0tLS1CRUdJTi[A-Za-z0-9+/=]*/g },
  { name: 'registry', pattern: /(?<![A-Za-z0-9+/])eyJhdXRocyI6[A-Za-z0-9+/=]*/g },
  { name: 'url', pattern: /\b[a-z][a-z0-9+.-]{1,30}:\/\/[^\s:@/]{0,200}:(?<secret>[^\s/]{1,500})@/gi },
  // The whole line, and within quotes as far as they go.
  {
    name: 'header',
    pattern:
      /(?:cookie|authorization)[ \t]{0,3}:[ \t]{0,3}(?<secret>(?:="[^"\\\n]*"|='[^'\\\n]*'|[^"'\\\r\n])+)/gi,
  },
  { name: 'jwt', pattern: /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]*/g },
  { name: 'aws', pattern: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g },
  { name: 'github', pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,})/g },
  { name: 'gitlab', pattern: /\bglpat-[A-Za-z0-9_-]{20,}/g },
  {
    name: 'slack',
    pattern: /\bxox[a-z]-[A-Za-z0-9-]{10,}|hooks\.slack\.com\/services\/(?<secret>[A-Za-z0-9/]+)/g,
  },
  { name: 'google', pattern: /\bAIza[A-Za-z0-9_-]{35}/g },
  { name: 'stripe', pattern: /\b(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{10,}/g },
  { name: 'model-api', pattern: /\bsk-[A-Za-z0-9_-]{20,}/g },
  { name: 'npm', pattern: /\bnpm_[A-Za-z0-9]{30,}/g },
  { name: 'sendgrid', pattern: /\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}/g },
  {
    name: 'authorization',
    pattern: /\b(?:bearer|basic|digest|token)[ \t]+(?<secret>[A-Za-z0-9._~+/=-]{12,})/gi,
  },
  // `password=…`, `"apiKey": "…"`, `DB_PASSWORD: …`, `--token …`; what is counted (`max_tokens=512`) is no secret.
  {
    name: 'named',
    pattern: new RegExp(
      String.raw`(?:${secretNames})(?:\\*["'])?${is}(?:\[[ \t]{0,3}(?=\\*["']))?(?:${quoted}|(?<bare>${noSecret}${bare}))`,
      'gi',
    ),
  },
  // A variable of a container in JSON.
  {
    name: 'named',
    pattern: new RegExp(
      String.raw`name\\*["'][ \t]{0,3}:[ \t]{0,3}\\*["'][^"'\\\n]{0,100}(?:${secretNames})\\*["'],[ \t]{0,3}\\*["']value\\*["'][ \t]{0,3}:[ \t]{0,3}(?:${quoted})`,
      'gi',
    ),
  },
  {
    name: 'named',
    pattern: new RegExp(String.raw`<[\w:.-]{0,30}(?:${secretNames})>(?<element>[^<\n]{1,500})<`, 'gi'),
  },
  // What a database logs of a new password, and the settings of Redis.
  { name: 'sql', pattern: /\b(?:password|identified by)[ \t]{1,3}'(?<secret>(?:[^'\n]|'')+)'/gi },
  { name: 'redis', pattern: /\b(?:requirepass|masterauth)["']?[ \t]{1,3}["']?(?<secret>[^\s"']+)/gi },
  // `curl -u NAME:PASSWORD`; two numbers are a user and a group.
  {
    name: 'user',
    pattern:
      /(?<![\w-])(?:-u|--user|--proxy-user)[ =]{1,3}["']?(?!\d+:\d+(?:[\s"']|$))[^\s:"'/=]{1,100}:(?<secret>[^\s"']+)/g,
  },
  {
    name: 'flag',
    pattern: new RegExp(
      String.raw`--(?:[a-z-]{0,30})(?:${secretNames})[ \t]+(?:${quoted}|(?<bare>[^\s"'-][^\s"']*))`,
      'gi',
    ),
  },
]

/** What nearly every line lacks: a text without it is not looked at by rule. */
const suspicious =
  /pass|パスワード|暗証番号|秘密鍵|トークン|-u[ =]|--(?:proxy-)?user|identified by|masterauth|LS0tLS1C|pwd|secret|token|key|sig|credential|authoriz|cookie|session|:\/\/|eyJ|AKIA|ASIA|gh[pousr]_|github_pat|glpat|xox|slack|AIza|[sr]k[_-]|npm_|SG\.|bearer|basic|digest|[A-Za-z0-9+/]{60}/i

/**
 * What only a terminal sees: colours and other sequences, also as JSON and shells write them, and the blank with which readline goes on in the
 * next row. Between a name and its value they would hide the one from the other.
 */
const dress =
  /(?:\x1b|\\u001b|\\x1b|\\033|\\e)\[[0-9;?]{0,40}[A-Za-z]|\x1b\][^\x07\x1b\n]{0,500}(?:\x07|\x1b\\)| \r(?=[^\n])|\x08 \x08/gi
const isDressed = /\x1b|\\u001b|\\x1b|\\033|\\e\[| \r|\x08/i

/** Masks by the rules of hikeshi and those of the team; each text goes through all of them. */
export function maskerOf(own: readonly MaskRule[] = []): (text: string) => Masked {
  return (text) => {
    if (!isDressed.test(text)) return maskedBy(text, own)
    const lines = text.split('\n').map((line) => maskedLine(line, own))
    return {
      text: lines.map((line) => line.text).join('\n'),
      masked: lines.reduce((sum, { masked }) => sum + masked, 0),
    }
  }
}

/** A line with a secret is kept plain, any other one as it is. */
function maskedLine(line: string, own: readonly MaskRule[]): Masked {
  const asItIs = maskedBy(line, own)
  if (!isDressed.test(line)) return asItIs
  const plain = maskedBy(line.replace(dress, ''), own)
  return plain.masked > 0 && plain.masked >= asItIs.masked ? plain : asItIs
}

function maskedBy(text: string, own: readonly MaskRule[]): Masked {
  const rules = suspicious.test(text) ? [...builtIn, ...own] : own
  let masked = 0
  let left = text
  for (const { name, pattern } of rules)
    left = left.replace(pattern, (found: string, ...rest: unknown[]) => {
      const secret = secretIn(rest)
      // What another rule has taken out already.
      if ((secret ?? found).startsWith(markBegins)) return found
      masked += 1
      return secret === undefined ? markOf(name) : replacedLast(found, secret, markOf(name))
    })
  return { text: left, masked }
}

/** For whole lines as they come: YAML and JSON put the value of a variable on the line behind its name. */
export function masksBehindNames(mask: (text: string) => Masked): (lines: string) => Masked {
  let isNamed = false
  return (lines) => {
    const own = lines.split('\n').map((line, i, { length }) => {
      // Behind the last line break there is none.
      if (i === length - 1) return line
      const [, before, , after] = (isNamed && valueLine.exec(line)) || []
      isNamed = nameLine.test(line)
      return before === undefined ? line : `${before}${markOf('named')}${after}`
    })
    return mask(own.join('\n'))
  }
}

const nameLine = new RegExp(
  String.raw`^\s{0,200}(?:- )?"?name"?:[ \t]{1,3}["']?[\w.-]{0,100}(?:${secretNames})["']?,?\s{0,8}$`,
  'i',
)
const valueLine = /^(\s{0,200}"?value"?:[ \t]{1,3}["']?)([^\s"'].*?)(["']?,?\s{0,8})$/

/** With it begins what stands in the place of a secret. */
export const markBegins = '[masked:'

/** How many secrets were taken out of a text. */
export function countMasked(text: string): number {
  return text.split(markBegins).length - 1
}

/** The same of a text that comes in pieces: told each, it answers how many there were so far. */
export function maskCounter(): (piece: string) => number {
  let count = 0
  let carried = ''
  return (piece) => {
    const text = carried + piece
    count += countMasked(text)
    // Too short for a mark of its own, long enough for one that is cut.
    carried = text.slice(1 - markBegins.length)
    return count
  }
}

function markOf(name: string): string {
  return `${markBegins}${name}]`
}

function secretIn(rest: readonly unknown[]): string | undefined {
  const groups = rest.at(-1)
  if (typeof groups !== 'object' || groups === null) return undefined
  return Object.values(groups).find((group): group is string => typeof group === 'string')
}

/** If what is secret stands there twice, it is the last one: names come first. */
function replacedLast(found: string, secret: string, mark: string): string {
  const at = found.lastIndexOf(secret)
  return `${found.slice(0, at)}${mark}${found.slice(at + secret.length)}`
}

/**
 * The same of every text in a value, and of whatever has the name of a secret: in the environment of a container, behind a flag in its
 * arguments, or in JSON that is written as a text.
 */
export function maskValue(value: unknown, mask: (text: string) => Masked): unknown {
  if (typeof value === 'string') return mask(withinJson(value, mask)).text
  if (Array.isArray(value))
    return value.map((each, i) =>
      typeof each === 'string' && isSecretFlag(value[i - 1])
        ? markOf('flag')
        : maskValue(isUserFlag(value[i - 1]) ? withoutPassword(each) : each, mask),
    )
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value)
  const { name } = value as { readonly name?: unknown }
  return Object.fromEntries(
    members.map(([key, inner]) => {
      const called = key === 'value' && typeof name === 'string' ? name : key
      return [
        key,
        typeof inner === 'string' && isSecretName(called) ? markOf('named') : maskValue(inner, mask),
      ]
    }),
  )
}

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
