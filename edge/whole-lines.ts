/** Takes what comes in pieces apart into whole lines, none longer than is good. */

/** Of one line so much is kept; the kubelet itself cuts lines at 16 KiB. */
export const longestLineBytes = 65_536
const newline = 10

/** Whole lines out of pieces of bytes; what comes after the last line break waits for the next piece. */
export class WholeLines {
  #rest: Buffer = Buffer.alloc(0)
  #skipping = false

  /** The lines that are whole now, each with its line break; empty where none is. */
  take(piece: Buffer): string {
    let bytes = piece
    if (this.#skipping) {
      const end = bytes.indexOf(newline)
      if (end < 0) return ''
      bytes = bytes.subarray(end + 1)
      this.#skipping = false
    }
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    const end = all.lastIndexOf(newline) + 1
    const whole = all.subarray(0, end).toString('utf8')
    const rest = all.subarray(end)
    if (rest.length <= longestLineBytes) {
      this.#rest = Buffer.from(rest)
      return whole
    }
    this.#rest = Buffer.alloc(0)
    this.#skipping = true
    return `${whole}${rest.subarray(0, longestLineBytes).toString('utf8')} [cut]\n`
  }

  /** What a container left without a line break when it ended. */
  end(): string {
    const rest = this.#rest.toString('utf8')
    this.#rest = Buffer.alloc(0)
    return rest === '' ? '' : `${rest}\n`
  }
}
