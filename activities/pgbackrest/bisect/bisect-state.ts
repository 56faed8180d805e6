/** How far a search is, beside the copies that it is made on: whoever takes over reads it there. */
import { z } from 'zod'
import { type Copy, must, stopSchema, written } from '../copy.ts'
import type { Station } from '../station/station.ts'

const text = z.object({ en: z.string(), ja: z.string() })
const instant = z.string()

/** What people approved. */
export const asked = z.strictObject({
  stanza: z.string(),
  system: z.string(),
  backup: z.string(),
  timeline: z.number(),
  check: z.string(),
  good: instant,
  bad: instant,
})
export type Asked = z.infer<typeof asked>

export function isSame(a: Asked, b: Asked): boolean {
  return asked.keyof().options.every((member) => a[member] === b[member])
}

/** Of the log: commits behind `from` and up to `to`, as bytes from its start. */
const span = z.strictObject({
  from: z.number(),
  to: z.number(),
  /** Where recovery stops for the good time, and when the last transaction ended that belongs to it. */
  good: stopSchema,
  goodAt: instant.nullable(),
})
export type Span = z.infer<typeof span>

const probe = z.strictObject({
  index: z.number(),
  seen: z.enum(['holds', 'fails', 'unknown']),
  says: text,
  /** Of the commit; null at the good time. */
  xid: z.number().nullable(),
  lsn: z.string().nullable(),
  /** UTC, to the microsecond; null where nothing was committed since the backup. */
  at: instant.nullable(),
})
export type ProbeSeen = z.infer<typeof probe>

/** The copy that is moved, and the base that it was cloned from: both lie somewhere on the way, in commits since the good time. */
const copies = z.strictObject({
  /** The kernel's name of this start of the machine: files that were not written to the disk before it stopped are not trusted. */
  boot: z.string(),
  /** 0: what pgBackRest restored; each clone is the next. */
  generation: z.number(),
  /** How far the copy may be; null: as it was restored. */
  at: z.number().nullable(),
  base: z.number().nullable(),
  /** The copy becomes the base. */
  promoting: z.boolean(),
  /** What a clone took, and what the log took that was replayed since. */
  cloneMs: z.number(),
  replayMs: z.number(),
  restores: z.number(),
  /** Before the machine stopped; since then each generation is one. */
  clones: z.number(),
})
export type CopiesState = z.infer<typeof copies>

const state = z.strictObject({
  v: z.literal(1),
  asked,
  copies,
  span: span.optional(),
  counts: z.array(z.tuple([z.number(), z.number()])),
  /** The first segment that is not counted yet; null: all are. */
  countFrom: z.number().nullable().optional(),
  probes: z.array(probe),
  /** It cannot be found: why, from then on only the copy is taken away. */
  ended: text.optional(),
  result: z.unknown().optional(),
})
export type BisectState = z.infer<typeof state>

export type Journal = {
  readonly now: () => BisectState
  readonly save: (patch: Partial<BisectState>) => Promise<void>
}

const fileOf = ({ folder }: Copy) => `${folder}/bisect.json`

/** The kernel's name of this start of the machine. */
export async function bootOf(station: Station): Promise<string> {
  return (await must(station, ['cat', '/proc/sys/kernel/random/boot_id'])).trim()
}

export async function readState(station: Station, copy: Copy): Promise<BisectState | undefined> {
  const { status, stdout } = await station.exec(['cat', '--', fileOf(copy)])
  return status === 0 ? state.parse(JSON.parse(stdout)) : undefined
}

/** A new one is written at once. */
export async function journalOf(station: Station, copy: Copy, wanted: Asked): Promise<Journal> {
  const found = await readState(station, copy)
  let current: BisectState = found ?? {
    v: 1,
    asked: wanted,
    copies: { ...untouched, boot: await bootOf(station) },
    counts: [],
    probes: [],
  }
  const save: Journal['save'] = async (patch) => {
    const next = { ...current, ...patch }
    await written(station, fileOf(copy), JSON.stringify(state.parse(next)))
    current = next
  }
  if (found === undefined) await save({})
  return { now: () => current, save }
}

/** No copy yet. */
export const untouched = {
  generation: 0,
  at: null,
  base: null,
  promoting: false,
  cloneMs: 0,
  replayMs: 0,
  restores: 0,
  clones: 0,
} as const
