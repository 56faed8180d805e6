/** Text on its way to a terminal: cleaned, measured in columns, wrapped, coloured only where colour is wanted. */
import stringWidth from 'string-width'
import { escaped, replaceInvisible } from '../../../domain/invisible.ts'

export type Screen = {
  readonly width: number
  readonly paint: (style: Style, text: string) => string
}

const styles = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, cyan: 36 } as const
export type Style = keyof typeof styles

/** What people read is wrapped to this where the terminal does not say how wide it is. */
const usualWidth = 80
const narrowest = 20

/**
 * How wide and how colourful. Wrapped on terminals only, to their width: in a pipe a line is what `grep` and an editor's matcher look
 * for. Coloured there only as well, and never with NO_COLOR (no-color.org) or a dumb one.
 */
export function screenOf(
  stream: { readonly isTTY?: boolean | undefined; readonly columns?: number | undefined },
  env: Readonly<Record<string, string | undefined>>,
): Screen {
  const isTerminal = stream.isTTY === true
  const colour = isTerminal && (env.NO_COLOR === undefined || env.NO_COLOR === '') && env.TERM !== 'dumb'
  return {
    width: isTerminal ? Math.max(narrowest, stream.columns || usualWidth) : Number.POSITIVE_INFINITY,
    paint: (style, text) => (colour && text !== '' ? `\u001b[${styles[style]}m${text}\u001b[0m` : text),
  }
}

/** Help is a page for people wherever it goes. */
export function helpWidth({ width }: Screen): number {
  return Math.min(width, usualWidth)
}

/** Makes every character visible that a terminal would obey or show as nothing. Newlines stay, tabs become blanks. */
export function clean(text: string): string {
  return replaceInvisible(text.replaceAll('\t', '    '), visible)
}

/** What is printed in the end: whatever came past `clean` on its way here is cleaned now, and only our own colours stay. */
export function cleanPainted(text: string): string {
  return text
    .split(/(\u001b\[\d{1,2}m)/)
    .map((part, i) => (i % 2 === 1 ? part : clean(part)))
    .join('')
}

/** The same in JSON, where an escape is just another way to write the character. */
export function cleanJson(json: string): string {
  return replaceInvisible(json, escaped)
}

function visible(character: string): string {
  const code = character.charCodeAt(0)
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : escaped(character)
}

export function oneLine(text: string): string {
  return clean(text).replace(/\s+/g, ' ').trim()
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** At most so many columns; what is cut off ends in `…`. */
export function cut(text: string, columns: number): string {
  if (text.length <= columns && stringWidth(text) <= columns) return text
  // Nothing beyond this can be seen; a text of a million characters is not measured to its end.
  const head = text.slice(0, columns * 12)
  let out = ''
  let width = 0
  for (const { segment } of graphemes.segment(head)) {
    const next = stringWidth(segment)
    if (width + next > columns - 1) break
    out += segment
    width += next
  }
  return head === text && stringWidth(text) <= columns ? text : `${out}…`
}

/** Filled up with blanks to so many columns. */
export function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - stringWidth(text)))
}

/** Lines of at most so many columns, broken at blanks where there are any; Japanese breaks anywhere. */
export function wrap(text: string, columns: number): readonly string[] {
  return text.split('\n').flatMap((line) => wrapLine(line, columns))
}

/** What Japanese never puts at the beginning of a line (行頭禁則), and never at the end of one. */
const neverFirst = /^[、。，．・：；？！ー）」』】〉》〕｝ァィゥェォッャュョぁぃぅぇぉっゃゅょ…)\]},.!?:;]/
const neverLast = /[（「『【〈《〔｛([{]$/

function wrapLine(line: string, columns: number): readonly string[] {
  if (line.length <= columns && stringWidth(line) <= columns) return [line]
  const lines: string[] = []
  let current = ''
  let width = 0
  let mayBreakAt = 0
  let wideBefore = false
  for (const { segment } of graphemes.segment(line)) {
    const next = stringWidth(segment)
    if (breaks(current, segment, wideBefore || next > 1)) mayBreakAt = current.length
    if (width + next > columns) {
      if (segment === ' ') {
        lines.push(current.trimEnd())
        current = ''
        width = 0
        mayBreakAt = 0
        continue
      }
      // A word longer than half a line is cut rather than leaving the line before it torn.
      const at = mayBreakAt > current.length / 2 ? mayBreakAt : current.length
      lines.push(current.slice(0, at).trimEnd())
      current = current.slice(at).trimStart()
      width = stringWidth(current)
      mayBreakAt = 0
    }
    current += segment
    width += next
    wideBefore = next > 1
  }
  return current === '' ? lines : [...lines, current]
}

/** Whether a line may end between what stands and what comes: after a blank, and beside a Japanese character. */
function breaks(before: string, next: string, besideWide: boolean): boolean {
  if (before.endsWith(' ')) return true
  return besideWide && !neverFirst.test(next) && !neverLast.test(before)
}

/** A label and its wrapped text beside it: the lines of a hanging indent. */
export function hanging(label: string, text: string, width: number, columns: number): readonly string[] {
  // On a terminal that leaves no room beside the label the text stands below it.
  if (width > columns / 2 && width > 8)
    return [label.trimEnd(), ...hanging('    ', text, 4, columns)].filter((line) => line !== '')
  const [first = '', ...rest] = wrap(text, columns - width)
  const isLong = stringWidth(label) > width || (stringWidth(label) === width && !label.endsWith(' '))
  if (isLong && text !== '')
    return [label, ...[first, ...rest].map((line) => `${' '.repeat(width)}${line}`.trimEnd())]
  return [`${pad(label, width)}${first}`, ...rest.map((line) => `${' '.repeat(width)}${line}`)].map((line) =>
    line.trimEnd(),
  )
}

export function columnsOf(text: string): number {
  return stringWidth(text)
}
