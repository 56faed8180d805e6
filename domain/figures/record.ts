/** What an archive keeps of each run to be counted: its marks, and what the runbook could have seen. A few kilobytes. */
import { z } from 'zod'
import type { IncidentEvent } from '../incident/fold/events.ts'
import type { Runbook } from '../runbook/runbook.ts'
import { text } from '../words.ts'
import { mark, marksOf } from './marks.ts'

export const figuresRecord = z.object({
  v: z.literal(1),
  incident: z.string(),
  run: z.number().int().positive(),
  runId: z.string(),
  firstSeq: z.number().int().positive(),
  lastSeq: z.number().int().positive(),
  timezone: z.string(),
  symptoms: z.array(z.object({ service: z.string(), id: z.string(), title: text })),
  marks: z.array(mark),
})
export type FiguresRecord = z.infer<typeof figuresRecord>

type Run = {
  readonly incident: string
  readonly run: number
  readonly runId: string
  readonly events: readonly IncidentEvent[]
  readonly book: Pick<Runbook, 'timezone' | 'symptoms'>
}

/** Of one run; undefined where it holds no event. */
export function recordOf({ incident, run, runId, events, book }: Run): FiguresRecord | undefined {
  const [first, last] = [events[0], events.at(-1)]
  if (first === undefined || last === undefined) return undefined
  return {
    v: 1,
    incident,
    run,
    runId,
    firstSeq: first.seq,
    lastSeq: last.seq,
    timezone: book.timezone,
    symptoms: book.symptoms.map(({ service, id, title }) => ({ service, id, title })),
    marks: [...marksOf(events)],
  }
}

/**
 * The records of one folder as stories, each from its first run on: a number that was given out twice holds two. Of copies of one run the
 * longest counts.
 */
export function storiesIn(records: readonly FiguresRecord[]): readonly (readonly FiguresRecord[])[] {
  const longest = new Map<string, FiguresRecord>()
  for (const record of records) {
    const known = longest.get(record.runId)
    if (known === undefined || known.lastSeq < record.lastSeq) longest.set(record.runId, record)
  }
  const all = [...longest.values()]
  return all
    .filter(({ firstSeq }) => firstSeq === 1)
    .map((first) => {
      const story = [first]
      for (;;) {
        const { run, lastSeq } = story.at(-1) ?? first
        const next = all.find((one) => one.run === run + 1 && one.firstSeq === lastSeq + 1)
        if (next === undefined) return story
        story.push(next)
      }
    })
}
