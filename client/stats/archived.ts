/** What an archive holds to be counted: of each run of an incident one small file, and nothing else is opened. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Figures, figuresOf } from '../../domain/figures/figures.ts'
import { type FiguresRecord, figuresRecord, storiesIn } from '../../domain/figures/record.ts'
import type { Symptom } from '../../domain/figures/stats.ts'
import { incidentId } from '../../domain/names.ts'
import { inParallel } from '../../edge/in-parallel.ts'
import { readPlain } from '../../edge/plain-file.ts'
import { reasonInWords } from '../../edge/system-reason.ts'
import { isFigures } from '../../wire/archive.ts'
import { badFile } from '../private-file.ts'

/** So many folders side by side: what is read of them is held until it is counted. */
const atOnce = 16

export type ArchivedIncident = {
  readonly incident: string
  readonly figures: Figures
  readonly timezone: string
}

export type Archived = {
  readonly incidents: readonly ArchivedIncident[]
  /** Of each runbook those that its newest incident knew. */
  readonly symptoms: readonly Symptom[]
  /** Folders of incidents in which nothing can be counted. */
  readonly uncounted: readonly string[]
}

export const nothingArchived: Archived = { incidents: [], symptoms: [], uncounted: [] }

/** Reads the archive, or the newest of one runbook, and holds figures alone; refuses (`bad-input`) where the folder cannot be read. */
export async function archivedFigures(
  archive: string,
  only?: { readonly runbook: string; readonly atMost: number },
): Promise<Archived> {
  const entries = await readdir(archive, { withFileTypes: true }).catch((error: unknown) => {
    throw badFile(`HIKESHI_ARCHIVE ${archive}`, reasonInWords(error))
  })
  const all = entries
    .filter((entry) => entry.isDirectory() && incidentId.safeParse(entry.name).success)
    .map(({ name }) => name)
  const folders = only === undefined ? all : newestOf(all, only)
  const incidents: ArchivedIncident[] = []
  const newest = new Map<string, { readonly atMs: number; readonly symptoms: FiguresRecord['symptoms'] }>()
  const uncounted: string[] = []
  await inParallel(folders, atOnce, async (folder) => {
    const stories = storiesIn(await recordsIn(join(archive, folder)))
    const found = stories.flatMap((story) => counted(story))
    if (found.length === 0) uncounted.push(folder)
    for (const { symptoms, ...one } of found) {
      const { runbook, declared } = one.figures
      if ((newest.get(runbook)?.atMs ?? Number.NEGATIVE_INFINITY) < declared.atMs)
        newest.set(runbook, { atMs: declared.atMs, symptoms })
      incidents.push(one)
    }
  })
  const symptoms = [...newest].flatMap(([runbook, { symptoms }]) =>
    symptoms.map((symptom) => ({ runbook, ...symptom })),
  )
  return { incidents, symptoms, uncounted: uncounted.toSorted() }
}

/** By their numbers, which a desk counts up. */
function newestOf(
  folders: readonly string[],
  { runbook, atMost }: { readonly runbook: string; readonly atMost: number },
): readonly string[] {
  const numbered = folders.flatMap((folder) => {
    const at = folder.lastIndexOf('-')
    return folder.slice(0, at) === runbook ? [{ folder, number: Number(folder.slice(at + 1)) }] : []
  })
  return numbered
    .toSorted((a, b) => b.number - a.number)
    .slice(0, atMost)
    .map(({ folder }) => folder)
}

function counted(
  story: readonly FiguresRecord[],
): readonly (ArchivedIncident & Pick<FiguresRecord, 'symptoms'>)[] {
  const [first] = story
  const figures = figuresOf(story.flatMap(({ marks }) => marks))
  if (first === undefined || figures === undefined) return []
  const { incident, timezone, symptoms } = first
  return [{ incident, timezone, symptoms, figures }]
}

/** What cannot be read as a record is none: its incident is named as not counted. */
async function recordsIn(folder: string): Promise<readonly FiguresRecord[]> {
  const files = (await readdir(folder).catch((): string[] => [])).filter(isFigures)
  const read = await Promise.all(
    files.map(async (file) => {
      try {
        return figuresRecord.safeParse(JSON.parse((await readPlain(join(folder, file))).toString())).data
      } catch {
        return undefined
      }
    }),
  )
  return read.filter((record) => record !== undefined)
}
