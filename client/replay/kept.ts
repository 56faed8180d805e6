/** What an archive folder holds of a workflow: which of its files are the runs of one story. */
import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { KeptFile } from '../../domain/timeline/kept-files.ts'
import { inParallel } from '../../edge/in-parallel.ts'
import { readPlain } from '../../edge/plain-file.ts'
import { archiveFolder, eventsFile, runIn, runName } from '../../wire/archive.ts'
import { type Outline, outlineOf } from './outline.ts'
import { archivedIn } from './recorded.ts'

/** One file with the history of a run. */
export type KeptRun = {
  readonly run: number
  readonly history: unknown
  readonly outline: Outline
  readonly file: KeptFile
  /** Files that may hold its events, the likeliest first. */
  readonly events: readonly KeptFile[]
}

export type Kept = {
  readonly runs: readonly KeptRun[]
  /** Files that should hold a history and do not. */
  readonly unreadable: readonly string[]
}

/** Where the files of runs lie. */
export type RunFiles = {
  readonly names: () => Promise<readonly string[]>
  readonly read: (name: string) => Promise<Buffer>
}

/** A history has tens of megabytes at most, and somebody else may say how many there are. */
const mostAtOnce = 4

const nothing: Kept = { runs: [], unreadable: [] }

/** The workflow whose folder this is: `shodo-1`, or `desk/shodo`. */
export function workflowOf(folder: string): string {
  const name = basename(folder)
  return basename(dirname(folder)) === 'desk' ? `desk/${name}` : name
}

export function keptOf(workflow: string, archive: string | undefined): Promise<Kept> {
  return archive === undefined ? Promise.resolve(nothing) : keptIn(filesIn(archiveFolder(archive, workflow)))
}

/** Of a folder; a missing one has none. */
export function filesIn(folder: string): RunFiles {
  return {
    names: () => readdir(folder).catch((): string[] => []),
    read: (name) => readPlain(join(folder, name)),
  }
}

export async function keptIn(files: RunFiles): Promise<Kept> {
  const names = await files.names()
  const read = await inParallel(names.toSorted(), mostAtOnce, (name) => keptRun(files, name, names))
  return {
    runs: read.flatMap((one) => (typeof one === 'object' ? [one] : [])),
    unreadable: read.flatMap((one) => (typeof one === 'string' ? [one] : [])),
  }
}

async function keptRun(
  files: RunFiles,
  file: string,
  all: readonly string[],
): Promise<KeptRun | string | undefined> {
  const named = runIn(file)
  if (named?.what !== 'history') return undefined
  const { history, sha256 } = await contentOf(files, file)
  const outline = outlineOf(history)
  if (outline === undefined) return file
  const { runId } = outline
  const plain = runName(named.run)
  // Where something else lay under the plain name, that of one of the two has the run's id in it.
  const beside = [...new Set([`${plain}.${runId}`, named.stem, plain].map(eventsFile))].filter((name) =>
    all.includes(name),
  )
  const events = await Promise.all(
    beside.map(async (name): Promise<KeptFile> => {
      const { history: content, sha256 } = await contentOf(files, name)
      return { name, runId, what: 'events', sha256, events: content }
    }),
  )
  return {
    run: named.run,
    history,
    outline,
    file: { name: file, runId, what: 'history', sha256 },
    events,
  }
}

async function contentOf(
  files: RunFiles,
  file: string,
): Promise<{ readonly history: unknown; readonly sha256: string }> {
  const bytes = await files.read(file)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  try {
    return { history: JSON.parse(bytes.toString('utf8')), sha256 }
  } catch {
    return { history: undefined, sha256 }
  }
}

/** A run as one story has it: its own file, and that of its events. */
export type StoryRun = Pick<KeptRun, 'run' | 'history' | 'outline'> & { readonly files: readonly KeptFile[] }

/**
 * The runs of one chain, one file for each: where a number was given out twice, a folder holds two stories. `chain` undefined: the newest
 * one. Of several copies of a run that which the archiving answered with, whose SHA-256 stands in `beside` or in the histories kept here:
 * an attempt that stood still may have laid a longer one beside it, and anybody another. Where none does, the longest.
 */
export function storyIn(
  runs: readonly KeptRun[],
  chain: string | undefined,
  beside: readonly unknown[] = [],
): { readonly runs: readonly StoryRun[]; readonly others: readonly string[] } {
  const newest = runs.toSorted((a, b) => (a.outline.startedAt < b.outline.startedAt ? 1 : -1))[0]?.outline
    .chain
  const wanted = chain ?? newest
  const ofStory = runs.filter(({ outline }) => outline.chain === wanted)
  const answered = archivedIn([...beside, ...ofStory.map(({ history }) => history)])
  const isAnswered = ({ sha256 }: KeptFile): boolean => answered.has(sha256)
  const isBetter = (one: KeptRun, than: KeptRun): boolean =>
    isAnswered(one.file) === isAnswered(than.file)
      ? one.outline.events > than.outline.events
      : isAnswered(one.file)
  const each = new Map<string, KeptRun>()
  for (const one of ofStory) {
    const known = each.get(one.outline.runId)
    if (known === undefined || isBetter(one, known)) each.set(one.outline.runId, one)
  }
  const others = new Set(runs.map(({ outline }) => outline.chain))
  if (wanted !== undefined) others.delete(wanted)
  return {
    runs: [...each.values()].map(({ run, history, outline, file, events }) => {
      const own = events.find(isAnswered) ?? events[0]
      return { run, history, outline, files: own === undefined ? [file] : [file, own] }
    }),
    others: [...others],
  }
}
