/** What an archive holds to be counted: of each run of an incident one small file, and nothing else is opened. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type FiguresRecord, figuresRecord, storiesIn } from '../../domain/figures/record.ts'
import { incidentId } from '../../domain/names.ts'
import { isFigures } from '../../wire/archive.ts'

/** More files at once than the system opens side by side, and few enough to hold. */
const atOnce = 64

export type Archived = {
  /** An incident's runs, from its first on. */
  readonly stories: readonly (readonly FiguresRecord[])[]
  /** Folders of incidents in which nothing can be counted. */
  readonly uncounted: readonly string[]
}

/** Reads the whole archive; errors are the file system's own where the folder itself cannot be read. */
export async function archivedFigures(archive: string): Promise<Archived> {
  const entries = await readdir(archive, { withFileTypes: true })
  const folders = entries
    .filter((entry) => entry.isDirectory() && incidentId.safeParse(entry.name).success)
    .map(({ name }) => name)
  const stories: (readonly FiguresRecord[])[] = []
  const uncounted: string[] = []
  const left = folders[Symbol.iterator]()
  const reader = async () => {
    for (const folder of left) {
      const found = storiesIn(await recordsIn(join(archive, folder)))
      if (found.length === 0) uncounted.push(folder)
      stories.push(...found)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, reader))
  return { stories, uncounted: uncounted.toSorted() }
}

/** What cannot be read as a record is none: its incident is named as not counted. */
async function recordsIn(folder: string): Promise<readonly FiguresRecord[]> {
  const files = (await readdir(folder)).filter(isFigures)
  const read = await Promise.all(
    files.map(async (file) => {
      try {
        return figuresRecord.safeParse(JSON.parse(await readFile(join(folder, file), 'utf8'))).data
      } catch {
        return undefined
      }
    }),
  )
  return read.filter((record) => record !== undefined)
}
