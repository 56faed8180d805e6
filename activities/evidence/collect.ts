/** What can be had now of what an incident is about, written into a folder: events, manifests, figures, and logs of a time. */
import { readdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { showBytes } from '../../domain/bytes.ts'
import { counted } from '../../domain/counted.ts'
import { showDuration } from '../../domain/duration.ts'
import type { About } from '../../domain/evidence/about.ts'
import type { Part } from '../../domain/runbook/parts.ts'
import type { Text } from '../../domain/words.ts'
import { onDisk } from '../../edge/disk.ts'
import { flushFolder, makeLastingFolder } from '../../edge/folder.ts'
import { contentIfThere } from '../../edge/if-there.ts'
import { openLog } from '../../edge/log-segments.ts'
import type { Collected } from '../../wire/activities.ts'
import { collectedFile } from '../../wire/archive.ts'
import { pulse } from '../pulse.ts'
import { inTurns } from '../shared-readings.ts'
import { type ContainerRun, containersOf, podsCut } from './containers.ts'
import { type Sources, writeFigures } from './figures.ts'
import { keptLogs } from './kept-logs.ts'
import { writeObjects } from './objects.ts'
import { type Reach, whyNot } from './reach.ts'
import { newTail, type Room, readOn, type Window } from './tail.ts'

const mostAtOnce = 6
/** Of all logs of one collection. What comes beyond is cut, and said to be. */
const mostLogs: Bounds = { bytes: 10 * 1024 ** 3, ms: 20 * 60_000 }

export type Bounds = { readonly bytes: number; readonly ms: number }

type Into = { readonly directory: string; readonly writer: string }
type Asked = {
  readonly about: About
  readonly objects: boolean
  readonly logs?: Window
  readonly figures: readonly Part[]
  /** Of which time curves are read. */
  readonly curves?: Window
  /** Of the logs together. */
  readonly bounds?: Bounds
}

/**
 * Into a folder that is whole or not there; where an earlier attempt has made it, that one counts. Each attempt writes beside it, under a name
 * of its own.
 */
export async function collectOnce(
  { directory, writer }: Into,
  asked: Asked,
  sources: Sources,
  reach: Reach,
): Promise<Omit<Collected, 'folder'>> {
  const known = await collectedIn(directory)
  if (known !== undefined) return known
  const own = `${directory}.${writer}.unfinished`
  // A disk that does not answer is known before anything is read.
  await onDisk(() => makeLastingFolder(own, 0o700))
  const collected = await collectInto({ directory: own, writer }, asked, sources, reach)
  await writeFile(join(own, collectedFile), `${JSON.stringify(collected)}\n`, { mode: 0o600, flush: true })
  const earlier = await rename(own, directory).catch(async (error: unknown) => {
    // Somebody who was believed dead was faster.
    const theirs = await collectedIn(directory)
    if (theirs === undefined) throw error
    return theirs
  })
  await removeUnfinished(directory)
  await flushFolder(dirname(directory))
  return earlier ?? collected
}

async function collectedIn(directory: string): Promise<Omit<Collected, 'folder'> | undefined> {
  const said = await contentIfThere(join(directory, collectedFile))
  return said && JSON.parse(said.toString())
}

/** What attempts left that died; the whole one is there by now. */
async function removeUnfinished(directory: string): Promise<void> {
  const beside = await readdir(dirname(directory))
  const left = beside.filter(
    (name) => name.startsWith(`${basename(directory)}.`) && name.endsWith('.unfinished'),
  )
  for (const name of left) await rm(join(dirname(directory), name), { recursive: true, force: true })
}

/** What cannot be had is said, and keeps nothing else from being there. */
async function collectInto(
  { directory, writer }: Into,
  { about, objects, logs, figures, curves, bounds = mostLogs }: Asked,
  sources: Sources,
  reach: Reach,
): Promise<Omit<Collected, 'folder'>> {
  const folder = join(directory, 'logs')
  const under = [
    objects ? writeObjects(join(directory, 'cluster'), about, reach) : [],
    writeFigures(directory, figures, curves, sources, reach),
  ]
  const reading = logs === undefined ? [] : writeLogs(folder, writer, about, { window: logs, bounds }, reach)
  // Nothing writes on where another part has failed.
  await Promise.allSettled([...under, reading])
  const [written, lost] = [(await Promise.all(under)).flat(), await reading]
  const kept = await keptLogs(folder)
  const sum = (of: (one: (typeof written)[number]) => number) =>
    written.reduce((all, one) => all + of(one), 0)
  return {
    files: sum(({ bytes, missing }) => (bytes > 0 || missing === undefined ? 1 : 0)) + kept.containers,
    bytes: sum(({ bytes }) => bytes) + kept.bytes,
    masked: sum(({ masked }) => masked) + kept.masked,
    missing: [...written.flatMap(({ missing }) => missing ?? []), ...lost],
  }
}

async function writeLogs(
  folder: string,
  writer: string,
  about: About,
  { window, bounds }: { readonly window: Window; readonly bounds: Bounds },
  reach: Reach,
): Promise<readonly Text[]> {
  const { kubernetes, context, rules } = reach
  const inTurn = inTurns(mostAtOnce)
  const room: Room = { left: bounds.bytes, isCut: false }
  const late = AbortSignal.timeout(bounds.ms)
  const signal = AbortSignal.any([pulse().signal, late])
  let cut = 0
  const read = async (run: ContainerRun): Promise<Text | undefined> => {
    if (room.isCut || late.aborted) {
      cut += 1
      return undefined
    }
    const log = await openLog(join(folder, run.path), writer)
    const tail = newTail({ kubernetes, context, run, log }, rules)
    try {
      await readOn(tail, { follow: false, window, room }, signal)
      if (room.isCut) cut += 1
      return undefined
    } catch (error) {
      pulse().signal.throwIfAborted()
      if (tail.unwritable !== undefined) throw error
      if (!late.aborted) return whyNot(`${run.pod}/${run.container}`, error)
      cut += 1
      return undefined
    } finally {
      await log.close()
    }
  }
  const { runs, cut: isCut } = await containersOf(kubernetes, context, about)
  const lost = await Promise.all(runs.map((run) => inTurn(() => read(run))))
  const beyond = isCut ? [{ en: `logs: ${podsCut.en}`, ja: `ログ: ${podsCut.ja}` }] : []
  const named = [...lost.filter((why) => why !== undefined), ...beyond]
  return cut === 0 ? named : [...named, cutSay(cut, runs.length, bounds)]
}

function cutSay(cut: number, all: number, { bytes, ms }: Bounds): Text {
  const [most, long] = [showBytes(bytes), showDuration(ms)]
  return {
    en: `logs: ${cut} of ${counted(all, 'container')} cut or left out; a collection has at most ${most} of logs and takes at most ${long}. Ask for a shorter time or for one service`,
    ja: `ログ: コンテナー ${all} 個中 ${cut} 個は途中まで、または未取得です（上限: ${most}、${long}）。期間を短くするか、サービスを指定してください`,
  }
}
