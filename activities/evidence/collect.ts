/** What Kubernetes says now of what an incident is about, written into a folder: events, manifests, logs of a time. */
import { join } from 'node:path'
import type { About } from '../../domain/evidence/about.ts'
import type { Text } from '../../domain/words.ts'
import { openLog } from '../../edge/log-segments.ts'
import type { Collected } from '../../wire/activities.ts'
import { pulse } from '../pulse.ts'
import { inTurns } from '../shared-readings.ts'
import { type ContainerRun, containersOf } from './containers.ts'
import { keptLogs } from './kept-logs.ts'
import { writeObjects } from './objects.ts'
import { type Reach, whyNot } from './reach.ts'
import { newTail, readOn, type Window } from './tail.ts'

const mostAtOnce = 6

type Into = { readonly directory: string; readonly writer: string }
type Asked = { readonly about: About; readonly objects: boolean; readonly logs?: Window }

/** What cannot be had is said, and keeps nothing else from being there. */
export async function collectInto(
  { directory, writer }: Into,
  { about, objects, logs }: Asked,
  reach: Reach,
): Promise<Omit<Collected, 'folder'>> {
  const written = objects ? await writeObjects(join(directory, 'cluster'), about, reach) : []
  const folder = join(directory, 'logs')
  const lost = logs === undefined ? [] : await writeLogs(folder, writer, about, logs, reach)
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
  window: Window,
  reach: Reach,
): Promise<readonly Text[]> {
  const { kubernetes, context, rules } = reach
  const inTurn = inTurns(mostAtOnce)
  const read = async (run: ContainerRun): Promise<Text | undefined> => {
    const log = await openLog(join(folder, run.path), writer)
    try {
      const tail = newTail({ kubernetes, context, run, log }, rules)
      await readOn(tail, { follow: false, window }, pulse().signal)
      return undefined
    } catch (error) {
      pulse().signal.throwIfAborted()
      return whyNot(`${run.pod}/${run.container}`, error)
    } finally {
      await log.close()
    }
  }
  const runs = await containersOf(kubernetes, context, about)
  const lost = await Promise.all(runs.map((run) => inTurn(() => read(run))))
  return lost.filter((why) => why !== undefined)
}
