/** A log as static files (c2sp.org/tlog-tiles): which there are of a size, how they are called, and what they hold. */
import { concatBytes } from '@noble/hashes/utils.js'
import { type Hash, treeHash } from './tree.ts'

const width = 256
const hashBytes = 32
/** The length of an entry stands in two bytes. */
export const longestEntryBytes = 65_535

/** A file of the log: its path below the folder, and its bytes. */
export type TileFile = { readonly path: string; readonly bytes: Uint8Array }

/**
 * All files of a log of these entries, whole tiles and the partial ones at its right edge; `from` leaves out what a log of so many entries
 * already had.
 */
export function tileFiles(
  entries: readonly Uint8Array[],
  leaves: readonly Hash[],
  from = 0,
): readonly TileFile[] {
  const files = chunksFrom(entries.length, from).map(({ index, start, end }) => ({
    path: entriesPath(index, end - start),
    bytes: bundleOf(entries.slice(start, end)),
  }))
  let [level, hashes, known] = [0, leaves, from]
  while (hashes.length > 0) {
    for (const { index, start, end } of chunksFrom(hashes.length, known))
      files.push({
        path: tilePath(level, index, end - start),
        bytes: concatBytes(...hashes.slice(start, end)),
      })
    const whole = Array.from({ length: Math.floor(hashes.length / width) }, (_, i) => i * width)
    const below = hashes
    hashes = whole.map((start) => treeHash(below, start, start + width))
    known = Math.floor(known / width)
    level += 1
  }
  return files
}

/** The stretches of 256 in `size` that are not whole in `from`. */
function chunksFrom(
  size: number,
  from: number,
): readonly { readonly index: number; readonly start: number; readonly end: number }[] {
  if (size === from) return []
  const first = Math.floor(from / width)
  return Array.from({ length: Math.ceil(size / width) - first }, (_, i) => {
    const start = (first + i) * width
    return { index: first + i, start, end: Math.min(size, start + width) }
  })
}

/** `tile/0/x001/x234/067`, and `tile/0/000.p/5` where it holds less than 256 hashes. */
export function tilePath(level: number, index: number, hashes = width): string {
  return `tile/${level}/${indexPath(index)}${partial(hashes)}`
}

/** `tile/entries/000.p/5`. */
export function entriesPath(index: number, entries = width): string {
  return `tile/entries/${indexPath(index)}${partial(entries)}`
}

/** Where the partial ones lie of a tile that is whole: nobody needs them any more. */
export function partialsOf(path: string): string {
  return `${path}.p`
}

/** `tile/0/000.p/5` is the beginning, 5 long, of `tile/0/000`; undefined for a path that is none of a tile. */
export function tileIn(
  path: string,
): { readonly whole: string; readonly count: number; readonly holdsEntries: boolean } | undefined {
  const [, whole, level, count = String(width)] =
    /^(tile\/(entries|\d{1,2})\/(?:x\d{3}\/)*\d{3})(?:\.p\/([1-9]\d{0,2}))?$/.exec(path) ?? []
  if (whole === undefined || Number(count) > width) return undefined
  return { whole, count: Number(count), holdsEntries: level === 'entries' }
}

/** The first of what a tile holds; undefined where it holds less, or cannot be read. */
export function beginningOf(tile: Uint8Array, count: number, holdsEntries: boolean): Uint8Array | undefined {
  if (!holdsEntries) return tile.length < count * hashBytes ? undefined : tile.subarray(0, count * hashBytes)
  const entries = entriesIn(tile)
  return entries === undefined || entries.length < count ? undefined : bundleOf(entries.slice(0, count))
}

/**
 * Of a log of this size the bundles of entries, in order, each with how many it holds. One after the other: a size is a claim until they
 * are there, and the list of all that a false one names fits into no memory.
 */
export function* bundlesOf(size: number): Generator<{ readonly path: string; readonly entries: number }> {
  for (let start = 0; start < size; start += width) {
    const entries = Math.min(width, size - start)
    yield { path: entriesPath(start / width, entries), entries }
  }
}

function indexPath(index: number): string {
  const all = String(index)
  const groups = all.padStart(Math.ceil(all.length / 3) * 3, '0').match(/\d{3}/g) ?? []
  return groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join('/')
}

function partial(count: number): string {
  return count === width ? '' : `.p/${count}`
}

function bundleOf(entries: readonly Uint8Array[]): Uint8Array {
  return concatBytes(
    ...entries.flatMap((entry) => {
      if (entry.length > longestEntryBytes) throw new RangeError(`an entry of ${entry.length} bytes`)
      return [Uint8Array.of(entry.length >> 8, entry.length & 255), entry]
    }),
  )
}

/** The entries of a bundle; undefined where its lengths do not add up. */
export function entriesIn(bundle: Uint8Array): readonly Uint8Array[] | undefined {
  const entries: Uint8Array[] = []
  for (let from = 0; from < bundle.length; ) {
    const [high = 0, low] = bundle.subarray(from, from + 2)
    const end = from + 2 + high * 256 + (low ?? 0)
    if (low === undefined || end > bundle.length) return undefined
    entries.push(bundle.subarray(from + 2, end))
    from = end
  }
  return entries
}
