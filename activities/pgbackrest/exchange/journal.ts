/** How far an exchange of folders is: a file beside the copy for its cut-over, and one for the way back. */
import { z } from 'zod'
import { type Copy, contentOf, copyNamed, exists, must, written } from '../copy.ts'
import { runner } from '../live.ts'
import type { At } from '../place.ts'

/** When each phase was over, ISO 8601. */
const phases = z.strictObject({
  begun: z.string(),
  /** The incoming folder knows where it stops and that it opens for writing: without that it would run to the end of the log. */
  told: z.string().optional(),
  stopped: z.string().optional(),
  exchanged: z.string().optional(),
  writable: z.string().optional(),
  replicas: z.string().optional(),
  backup: z.string().optional(),
})
export type Phases = z.infer<typeof phases>

const journalSchema = z.strictObject({
  v: z.literal(1),
  stepRun: z.string(),
  /** Canonical: what people approved. */
  change: z.string(),
  system: z.string(),
  incoming: z.string(),
  outgoing: z.string(),
  runner,
  /** UIDs of the pods that are to be recreated; null where a command does it. */
  replicas: z.record(z.string(), z.string().nullable()),
  timelineBefore: z.number().nullable(),
  timeline: z.number().optional(),
  /** What people were told that would be lost, as it stood when it began. */
  lost: z.json().optional(),
  /** Where the log stood when the database accepted writes again. */
  writableAt: z.string().optional(),
  phases,
})
export type Journal = z.infer<typeof journalSchema>

const files = { cutOver: 'cut-over.json', cutBack: 'cut-back.json' } as const
export type Exchange = keyof typeof files

export function journalFile({ folder }: Copy, exchange: Exchange): string {
  return `${folder}/${files[exchange]}`
}

/** Undefined where it has not begun; refuses or throws where nobody can read what is there. */
export async function readJournal(
  { station }: At,
  copy: Copy,
  exchange: Exchange,
): Promise<Journal | undefined> {
  const text = await contentOf(station, journalFile(copy, exchange))
  return text === undefined ? undefined : journalSchema.parse(JSON.parse(text))
}

export type Begun = {
  readonly copy: Copy
  readonly exchange: Exchange
  /** Undefined where nobody can read it: then nobody knows that it is over. */
  readonly journal: Journal | undefined
}

/** Every exchange that has left something beside the copies. */
export async function exchangesBegun(at: At): Promise<readonly Begun[]> {
  const { station, settings } = at
  if (!(await exists(station, settings.copiesFolder))) return []
  const names = await must(station, ['ls', '-1A', '--', settings.copiesFolder])
  const begun: Begun[] = []
  for (const name of names.split('\n').filter((each) => each !== ''))
    for (const exchange of ['cutOver', 'cutBack'] as const) {
      const copy = copyNamed(settings, name)
      const text = await contentOf(station, journalFile(copy, exchange))
      if (text !== undefined) begun.push({ copy, exchange, journal: readable(text) })
    }
  return begun
}

function readable(text: string): Journal | undefined {
  try {
    return journalSchema.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

export async function writeJournal({ station }: At, file: string, journal: Journal): Promise<void> {
  await written(station, file, JSON.stringify(journalSchema.parse(journal), undefined, 2))
}
