/** A log as it comes, from where it was left off. */
import { type Cursor, stampOf } from '../../edge/log-segments.ts'

/** Where a log ends after these lines. */
export function advanced(cursor: Cursor | undefined, lines: string): Cursor | undefined {
  if (lines === '') return cursor
  const line = lines.slice(lines.lastIndexOf('\n', lines.length - 2) + 1, -1)
  return { stamp: stampOf(line), line, nth: countOf(line, lines) + (cursor?.line === line ? cursor.nth : 0) }
}

/** How often a line stands among whole ones. */
function countOf(line: string, lines: string): number {
  const own = `${line}\n`
  let count = 0
  for (let at = lines.indexOf(own); at >= 0; at = lines.indexOf(own, at + own.length))
    if (at === 0 || lines[at - 1] === '\n') count += 1
  return count
}

/** Of whole lines those that are kept; nearly always that is all of them, and then nothing is put together anew. */
export function linesWhere(lines: string, isKept: (line: string) => boolean): string {
  let kept = ''
  let from = 0
  for (let at = 0, next = 0; at < lines.length; at = next) {
    next = lines.indexOf('\n', at) + 1 || lines.length
    if (isKept(lines.slice(at, next - 1))) continue
    kept += lines.slice(from, at)
    from = next
  }
  return from === 0 ? lines : kept + lines.slice(from)
}

/**
 * Leaves out what was there already. It is asked for from a second before the last line, so it comes again with its neighbours; where it
 * does not, it was rotated away meanwhile, and what is later than it is new.
 */
export class AfterCursor {
  readonly #cursor: Cursor | undefined
  #seen = 0
  #waiting: string[] = []
  #found: boolean
  /** The last line of before was not there any more: lines may be missing. */
  isTorn = false

  constructor(cursor: Cursor | undefined) {
    this.#cursor = cursor
    this.#found = cursor === undefined
  }

  /** The new ones of whole lines. */
  take(lines: string): string {
    if (this.#found || this.#cursor === undefined) return lines
    const { line: last, nth, stamp } = this.#cursor
    const all = lines.split('\n').slice(0, -1)
    for (const [i, line] of all.entries()) {
      if (line === last && ++this.#seen === nth) {
        this.#found = true
        return joined(all.slice(i + 1))
      }
      if (stampOf(line) > stamp) this.#waiting.push(line)
      // A neighbour can be written a moment out of order; this is far beyond one.
      if (secondsBetween(stamp, stampOf(line)) > 2) return this.end() + joined(all.slice(i + 1))
    }
    return ''
  }

  /** What is new after all where the last line of before never came. */
  end(): string {
    if (this.#found) return ''
    this.#found = true
    this.isTorn = true
    return joined(this.#waiting)
  }
}

function joined(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('')
}

function secondsBetween(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / 1_000
}
