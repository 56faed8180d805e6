/** The histories of released versions: for each a folder per incident with Temporal's history of every run and its timeline. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TimelineEvent } from '../../domain/timeline/chain.ts'

export const stored = fileURLToPath(new URL('./histories', import.meta.url))

export type StoredIncident = {
  readonly version: string
  readonly play: string
  readonly incident: string
  readonly histories: readonly unknown[]
  readonly events: readonly TimelineEvent[]
}

export function storedIncidents(): readonly StoredIncident[] {
  return readdirSync(stored).flatMap((version) =>
    readdirSync(join(stored, version)).map((play) => {
      const folder = join(stored, version, play)
      const read = (file: string): unknown => JSON.parse(readFileSync(join(folder, file), 'utf8'))
      const runs = readdirSync(folder).filter((file) => file.endsWith('.history.json'))
      const told = read('timeline.json') as Pick<StoredIncident, 'incident' | 'events'>
      return { version, play, ...told, histories: runs.map((_, index) => read(`${index + 1}.history.json`)) }
    }),
  )
}
