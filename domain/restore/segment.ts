/** Places in the write-ahead log. A position is PostgreSQL's own text, such as `16/B374D848`; segments of a timeline are numbered from 0. */

/** Bytes from the start of the log; undefined when it is no position. Exact up to 8 PiB of log. */
export function positionOf(lsn: string): number | undefined {
  const [, high, low] = /^([0-9A-Fa-f]{1,8})\/([0-9A-Fa-f]{1,8})$/.exec(lsn) ?? []
  if (high === undefined || low === undefined) return undefined
  return Number.parseInt(high, 16) * 2 ** 32 + Number.parseInt(low, 16)
}

export function lsnAt(position: number): string {
  const low = position % 2 ** 32
  return `${((position - low) / 2 ** 32).toString(16)}/${low.toString(16)}`.toUpperCase()
}

/** The number of the segment that holds this byte. */
export function segmentAt(position: number, segmentBytes: number): number {
  return Math.floor(position / segmentBytes)
}

export function segmentName(timeline: number, segment: number, segmentBytes: number): string {
  const perFile = 2 ** 32 / segmentBytes
  return [timeline, Math.floor(segment / perFile), segment % perFile].map(hex).join('')
}

/** The timeline and number in a segment's name; undefined when it is none, or none of this size. */
export function segmentNamed(
  name: string,
  segmentBytes: number,
): { readonly timeline: number; readonly segment: number } | undefined {
  const parts = partsOf(name)
  const perFile = 2 ** 32 / segmentBytes
  if (parts === undefined || parts.low >= perFile) return undefined
  return { timeline: parts.timeline, segment: parts.high * perFile + parts.low }
}

export function timelineOf(name: string): number | undefined {
  return partsOf(name)?.timeline
}

/** `00000002.history` */
export function historyName(timeline: number): string {
  return `${hex(timeline)}.history`
}

/**
 * The size of the segments, from positions and the segments that hold them: a power of two that puts each position into its segment. Undefined
 * where several would, as when every one lies in the first segment of its 4 GiB, or none.
 */
export function segmentBytesOf(
  known: readonly { readonly lsn: string; readonly segment: string }[],
): number | undefined {
  const fits = sizes.filter((size) =>
    known.every(({ lsn, segment }) => {
      const [position, parts] = [positionOf(lsn), partsOf(segment)]
      return (
        position !== undefined &&
        parts !== undefined &&
        parts.high === Math.floor(position / 2 ** 32) &&
        parts.low === Math.floor((position % 2 ** 32) / size)
      )
    }),
  )
  return fits.length === 1 ? fits[0] : undefined
}

/** 1 MiB to 1 GiB: what initdb takes. */
const sizes = Array.from({ length: 11 }, (_, i) => 2 ** (20 + i))

function partsOf(name: string) {
  const [, timeline, high, low] = /^([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})$/.exec(name) ?? []
  if (timeline === undefined || high === undefined || low === undefined) return undefined
  return {
    timeline: Number.parseInt(timeline, 16),
    high: Number.parseInt(high, 16),
    low: Number.parseInt(low, 16),
  }
}

function hex(value: number): string {
  return value.toString(16).toUpperCase().padStart(8, '0')
}
