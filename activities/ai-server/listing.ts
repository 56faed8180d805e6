/** The lines of `ls -la`, as GNU's, busybox' and BSD's print them. */
import { present } from '../../domain/present.ts'
import { plainLine } from '../../edge/plain-text.ts'

export type ListedFile = {
  readonly name: string
  readonly kind: 'file' | 'folder' | 'link' | 'other'
  /** `-rw-r--r--` */
  readonly mode: string
  readonly links: number
  readonly owner: string
  readonly group: string
  /** Of a link or a folder its own and not what it holds; null for a device, which has none. */
  readonly bytes: number | null
  /** As it was printed: the container's own zone, and no year or no time of day. */
  readonly changed: string
  /** Where a link leads, its first 120 characters. */
  readonly to?: string
}

const line = /^([bcdlps-][rwxsStTl-]{9}[.+@]?)\s+(\d+)\s+(\S+)\s+(\S+)\s+(\d+)(,\s*\d+)?\s+(.*)$/
// "Nov 24 12:00", "Nov 24  2025", "24 Nov 12:00", "2026-11-24 12:00", "11月 24 12:00"
const when =
  /^(\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?: [+-]\d{4})?|(?:[^\s\d]\S{0,9}\s+\d{1,2}|\d{1,2}月?\s+\S{1,10})\s+(?:\d\d:\d\d|\d{4}))\s(.+)$/

/** Without `.` and `..`; lines of another shape (the total, errors) are left out. */
export function filesIn(listing: string): readonly ListedFile[] {
  return listing.split('\n').flatMap((source): readonly ListedFile[] => {
    const [, mode = '', links, owner = '', group = '', size, minor, rest = ''] =
      line.exec(source.trimEnd()) ?? []
    const [, changed = '', shown = ''] = when.exec(rest) ?? []
    if (size === undefined || shown === '' || shown === '.' || shown === '..') return []
    const kind = kinds[mode.charAt(0)] ?? 'other'
    const [name = '', to] = kind === 'link' ? shown.split(/ -> (.*)$/s) : [shown]
    return [
      {
        name,
        kind,
        mode,
        links: Number(links),
        owner,
        group,
        bytes: minor === undefined ? Number(size) : null,
        changed: changed.replace(/\s+/g, ' '),
        ...present({ to: to && plainLine(to, 120) }),
      },
    ]
  })
}

const kinds: Readonly<Record<string, ListedFile['kind']>> = { '-': 'file', d: 'folder', l: 'link' }
