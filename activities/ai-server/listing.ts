/** The lines of `ls -la`, as GNU's, busybox' and BSD's print them. */

export type ListedFile = {
  readonly name: string
  readonly kind: 'file' | 'folder' | 'link' | 'other'
  /** Of a file; what a link or a folder holds is not known from here. */
  readonly bytes: number | null
  /** As it was printed: the container's own zone, and no year or no time of day. */
  readonly changed: string
}

const line = /^([bcdlps-])[rwxsStTl-]{9}[.+@]?\s+\d+\s+\S+\s+\S+\s+(\d+)(?:,\s*\d+)?\s+(.*)$/
// "Nov 24 12:00", "Nov 24  2025", "24 Nov 12:00", "2026-11-24 12:00", "11月 24 12:00"
const when =
  /^(\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?: [+-]\d{4})?|(?:[^\s\d]\S{0,9}\s+\d{1,2}|\d{1,2}月?\s+\S{1,10})\s+(?:\d\d:\d\d|\d{4}))\s(.+)$/

/** Without `.` and `..`; lines of another shape (the total, errors) are left out. */
export function filesIn(listing: string): readonly ListedFile[] {
  return listing.split('\n').flatMap((source): readonly ListedFile[] => {
    const [, type = '', size, rest = ''] = line.exec(source.trimEnd()) ?? []
    const [, changed = '', shown = ''] = when.exec(rest) ?? []
    if (size === undefined || shown === '' || shown === '.' || shown === '..') return []
    const kind = kinds[type] ?? 'other'
    const name = kind === 'link' ? shown.replace(/ -> .*$/, '') : shown
    return [
      { name, kind, bytes: kind === 'file' ? Number(size) : null, changed: changed.replace(/\s+/g, ' ') },
    ]
  })
}

const kinds: Readonly<Record<string, ListedFile['kind']>> = { '-': 'file', d: 'folder', l: 'link' }
