/**
 * What must not lie in an archive or a bundle: tokens, passwords, keys, connection strings. A text of many lines goes through at once, and
 * no rule looks beyond its line, so a line alone comes out as it does among others.
 */

import {
  type BuiltIn,
  builtIn,
  lineOfKey,
  longRunFrom,
  type MaskRule,
  mark,
  stamp,
  suspiciousFrom,
} from './mask-rules.ts'

export type { MaskRule }

export type Masked = { readonly text: string; readonly masked: number }

/**
 * What only a terminal sees: colours and other sequences, also as JSON and shells write them, and the blank with which readline goes on in the
 * next row. Between a name and its value they would hide the one from the other.
 */
export const dress =
  /(?:\x1b|\\u001b|\\x1b|\\033|\\e)\[[0-9;?]{0,40}[A-Za-z]|\x1b\][^\x07\x1b\n]{0,500}(?:\x07|\x1b\\)| \r(?=[^\n])|\x08 \x08/gi
export const isDressed = /\x1b|\\u001b|\\x1b|\\033|\\e\[| \r|\x08/i

/** Where a log is read on and whether a line is of a time goes by it: a rule for birthdays or numbers of accounts must not take it for one. */
const kubeletTime = new RegExp(`^${stamp}`)

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
  const undressed = asItIs.text.replace(dress, '')
  const plain = maskedBy(undressed, own)
  return plain.text === undressed ? asItIs : { text: plain.text, masked: asItIs.masked + plain.masked }
}

function maskedBy(text: string, own: readonly MaskRule[]): Masked {
  let masked = 0
  const by = (rules: readonly BuiltIn[]) => (lines: string) => {
    const found = maskedWith(rules, lines)
    masked += found.masked
    return found.text
  }
  const known = withLines(withLines(text, longRunFrom, by([lineOfKey])), suspiciousFrom, by(builtIn))
  // Of one line: whatever a pattern of the team would find across several, it would miss where they come apart.
  if (own.length === 0) return { text: known, masked }
  const lines = known.split('\n').map((line) => {
    const [time = ''] = kubeletTime.exec(line) ?? []
    return `${time}${by(own)(line.slice(time.length))}`
  })
  return { text: lines.join('\n'), masked }
}

/** A text with other lines in the place of those where something is found; what stands together is changed together. */
function withLines(
  text: string,
  foundFrom: (text: string, from: number) => number,
  change: (lines: string) => string,
): string {
  let [changed, kept, from, to] = ['', 0, -1, -1]
  const put = () => {
    if (from < 0) return
    changed += text.slice(kept, from) + change(text.slice(from, to))
    kept = to
  }
  for (let at = foundFrom(text, 0); at >= 0; at = foundFrom(text, to)) {
    const begins = text.lastIndexOf('\n', at) + 1
    if (from < 0 || begins !== to + 1) {
      put()
      from = begins
    }
    const end = text.indexOf('\n', at)
    if (end < 0) {
      to = text.length
      break
    }
    to = end
  }
  put()
  return changed + text.slice(kept)
}

function maskedWith(rules: readonly BuiltIn[], text: string): Masked {
  let masked = 0
  let left = text
  for (const { name, pattern, within } of rules) {
    const mask = (found: string, ...rest: unknown[]) => {
      const secret = secretIn(rest)
      // What another rule has taken out already.
      if (onlyMarks.test(secret ?? found)) return found
      // Marks that go with it stand there no more.
      masked += 1 - countMasked(secret ?? found)
      return secret === undefined ? markOf(name) : replacedLast(found, secret, markOf(name))
    }
    left = left.replace(pattern, within === undefined ? mask : (command) => command.replace(within, mask))
  }
  return { text: left, masked }
}

/** What stands before or behind one may be the other half of a secret, or be written there by whoever wants it to be kept. */
const onlyMarks = new RegExp(`^(?:${mark})+$`)

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

export function markOf(name: string): string {
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
