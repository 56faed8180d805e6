/**
 * What a line is may be said by those before it: YAML and JSON put the value of a variable on the line
 * behind its name, a block of YAML stands below it, and `.netrc` may have a line for each word.
 */

import { dress, isDressed, type Masked, markOf } from './mask.ts'
import { block, secretNames, stamp } from './mask-rules.ts'

/** For whole lines as they come. */
export function masksBehindNames(mask: (text: string) => Masked): (lines: string) => Masked {
  let behind: Behind
  return (lines) => {
    if (behind === undefined && !isDressed.test(lines) && !announces.test(lines)) return mask(lines)
    let masked = 0
    const own = lines.split('\n').map((line, i, { length }) => {
      // Behind the last line break there is none.
      if (i === length - 1 && line === '') return line
      const plain = isDressed.test(line) ? line.replace(dress, '') : line
      const found = maskedBehind(behind, plain)
      behind = nextOf(behind, plain)
      if (found === undefined) return line
      masked += 1
      return found
    })
    const all = mask(own.join('\n'))
    return { text: all.text, masked: masked + all.masked }
  }
}

/** What the lines before say of the next one; of a block, the column that its name stands in. */
type Behind =
  | { readonly kind: 'name' }
  | { readonly kind: 'machine' }
  | { readonly kind: 'block'; readonly column: number }
  | undefined

const perhapsStamped = `(?:${stamp})?`
/** What lacks it has no line of the three that tell of the next one. */
const announces = new RegExp(
  String.raw`name"?:[ \t]|machine|default[ \t]{0,60}(?:login|account|\r|$)|${block}[ \t\r]{0,8}(?:#[^\n]*)?$`,
  'im',
)
const nameLine = new RegExp(
  String.raw`^${perhapsStamped}\s{0,200}(?:- )?"?name"?:[ \t]{1,3}["']?[\w.-]{0,100}(?:${secretNames})["']?,?\s{0,8}$`,
  'i',
)
const valueLine = new RegExp(
  String.raw`^(${perhapsStamped}\s{0,200}"?value"?:[ \t]{1,3}["']?)([^\s"'].*?)(["']?,?\s{0,8})$`,
)
/** What stands behind the name of a block. */
const opens = String.raw`["']?:[ \t]{1,60}(?:![\w!:/.-]{0,60}[ \t]{1,8})?${block}[ \t\r]{0,8}(?:#.*)?$`
const blockLine = new RegExp(
  String.raw`^${perhapsStamped}(?<before>[ ]{0,200}(?:- {1,8}){0,8})["']?[\w.-]{0,100}(?:${secretNames})${opens}`,
  'i',
)
const valueBlockLine = new RegExp(`^${perhapsStamped}(?<before>[ ]{0,200})["']?value${opens}`)
const loginWords = String.raw`(?:(?:login|account)[ \t]{1,60}[^\s:=,]{1,256}(?:\s{1,60}|$)){0,2}$`
const machineLine = new RegExp(
  String.raw`^${perhapsStamped}\s{0,200}(?:machine[ \t]{1,60}[^\s:=,]{1,256}|default)(?:\s{1,60}|$)${loginWords}`,
)
const loginLine = new RegExp(String.raw`^${perhapsStamped}\s{0,200}${loginWords}`)
const passwordLine = new RegExp(String.raw`^(${perhapsStamped}\s{0,200}password[ \t]{1,60})(\S+)(.*)$`, 's')
const indented = new RegExp(String.raw`^(?<time>${perhapsStamped})(?<blanks>[ ]*)(?<rest>[^ \r].*)?`)

function maskedBehind(behind: Behind, line: string): string | undefined {
  if (behind?.kind === 'block') {
    const { time = '', blanks = '', rest } = indented.exec(line)?.groups ?? {}
    const isEnd = line.endsWith('\r') ? '\r' : ''
    return rest === undefined || blanks.length <= behind.column
      ? undefined
      : `${time}${blanks}${markOf('named')}${isEnd}`
  }
  const [, before, , after] =
    (behind?.kind === 'name' && !valueBlockLine.test(line) && valueLine.exec(line)) ||
    (behind?.kind === 'machine' && passwordLine.exec(line)) ||
    []
  return before === undefined ? undefined : `${before}${markOf('named')}${after}`
}

function nextOf(behind: Behind, line: string): Behind {
  if (behind?.kind === 'block') {
    const { blanks = '', rest } = indented.exec(line)?.groups ?? {}
    if (rest === undefined || blanks.length > behind.column) return behind
  }
  if (nameLine.test(line)) return { kind: 'name' }
  if (machineLine.test(line) || (behind?.kind === 'machine' && loginLine.test(line)))
    return { kind: 'machine' }
  const opened = blockLine.exec(line) ?? (behind?.kind === 'name' ? valueBlockLine.exec(line) : null)
  const { before } = opened?.groups ?? {}
  return before === undefined ? undefined : { kind: 'block', column: before.length }
}
