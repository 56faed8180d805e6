/**
 * Keeps the logs of what an incident is about while it happens: a kubelet has the last 50 MiB of a container and of the one before it, and
 * nothing of a pod that is gone. Every container that runs is followed, every one that ended is read to its end.
 */
import { join } from 'node:path'
import type { About } from '../../domain/evidence/about.ts'
import type { MaskRule } from '../../domain/evidence/mask.ts'
import { failures } from '../../domain/failures.ts'
import type { StepContext } from '../../domain/steps/contract.ts'
import { onDisk } from '../../edge/disk.ts'
import { bytesIn, openLog } from '../../edge/log-segments.ts'
import { carriedBy } from '../../wire/carried.ts'
import type { Kubernetes } from '../kubernetes/api/client.ts'
import { pause, pulse } from '../pulse.ts'
import { type ContainerRun, containersOf } from './containers.ts'
import { newTail, readOn, type Tail } from './tail.ts'
import { noteWorkload } from './whose-log.ts'

const lookEveryMs = 2_000
/** Connections to the API server at once, of one incident, and some more for what ended: what crashes must not wait for a place among what runs. */
export const mostAtOnce = 60
const mostOfEnded = 10
/** Of one incident, whoever wrote it; a disk that is full archives nothing any more. */
const mostOfOne = 10 * 1024 ** 3
/** What is left of the logs when an incident ends is read within this time. */
const lastReadMs = 8_000

export type Follow = {
  readonly kubernetes: Kubernetes
  readonly context: StepContext
  readonly about: About
  /** Where the logs lie. */
  readonly folder: string
  /** Of this attempt (edge/log-segments.ts). */
  readonly writer: string
  readonly rules: readonly MaskRule[]
  /** What its logs may take of the disk. */
  readonly mostBytes?: number
}

/** Of this attempt. */
export type Followed = { readonly torn: number }

/**
 * Until `pulse` says to stop; then it reads what is left if the incident `isOver`, and answers. Errors: those of the list that no second try
 * helps, such as a right that is missing.
 */
export async function followLogs(follow: Follow, isOver: () => boolean): Promise<Followed> {
  const { mostBytes = mostOfOne } = follow
  const earlier = await onDisk(() => bytesIn(follow.folder))
  const tails = new Map<string, Tail>()
  const ended = new Set<string>()
  const underWay = new Map<string, Promise<void>>()
  const stop = new AbortController()
  let isFull = earlier > mostBytes
  let isCut = false
  let skipped = 0
  let fatal: unknown
  const begin = (run: ContainerRun, opened: Tail): void => {
    const reading = readOn(opened, { follow: run.state === 'running' }, stop.signal)
      .then(() => {
        if (run.state !== 'running') ended.add(run.path)
      })
      .catch((error: unknown) => {
        if (opened.unwritable !== undefined || !(stop.signal.aborted || helpsAgain(error) || isNoLog(error)))
          fatal = opened.unwritable ?? error
        if (!isNoLog(error) || run.state === 'running') return
        ended.add(run.path)
        // Kubernetes knows that it ran, and nobody read what it said.
        if (opened.cursor === undefined) opened.torn += 1
      })
      .finally(() => underWay.delete(run.path))
    underWay.set(run.path, reading)
  }
  try {
    for (;;) {
      skipped = 0
      const { runs, cut } = await runsNow(follow)
      isCut ||= cut
      for (const run of runs) {
        if (isFull || ended.has(run.path) || underWay.has(run.path)) continue
        if (underWay.size >= mostAtOnce + (run.state === 'running' ? 0 : mostOfEnded)) {
          skipped += 1
          continue
        }
        const tail = tails.get(run.path) ?? (await opened(follow, run))
        // It may have ended since it was begun.
        tail.run = run
        tails.set(run.path, tail)
        begin(run, tail)
      }
      if (fatal !== undefined) throw fatal
      const bytes = earlier + [...tails.values()].reduce((sum, one) => sum + one.bytes, 0)
      if (bytes > mostBytes && !isFull) {
        isFull = true
        stop.abort()
      }
      pulse().beat({ at: 'followLogs', containers: tails.size, bytes })
      await pause(lookEveryMs)
    }
  } catch (error) {
    if (!isOver()) throw error
  } finally {
    const running = [...underWay.keys()].flatMap((path) => tails.get(path) ?? [])
    stop.abort()
    await Promise.all(underWay.values())
    if (isOver() && !isFull) await Promise.all(running.map((tail) => readRest(tail)))
    // A disk that does not answer is told of already; whoever comes next finds what is there.
    await Promise.allSettled([...tails.values()].map(({ log }) => log.close()))
  }
  return { torn: tornIn(tails) + skipped + (isFull ? 1 : 0) + (isCut ? 1 : 0) }
}

/** The API server may be away for a while: containers that are followed already go on. */
async function runsNow({ kubernetes, context, about }: Follow): ReturnType<typeof containersOf> {
  try {
    return await containersOf(kubernetes, context, about)
  } catch (error) {
    pulse().signal.throwIfAborted()
    if (helpsAgain(error)) return { runs: [], cut: false }
    throw error
  }
}

async function opened(
  { kubernetes, context, folder, writer, rules }: Follow,
  run: ContainerRun,
): Promise<Tail> {
  const log = await openLog(join(folder, run.path), writer)
  await noteWorkload(folder, run)
  return newTail({ kubernetes, context, run, log }, rules)
}

/** What was written between the last piece and the end of the incident. */
async function readRest(tail: Tail): Promise<void> {
  await readOn(tail, { follow: false }, AbortSignal.timeout(lastReadMs)).catch((error: unknown) => {
    // Of a pod that is gone nothing is left: it was followed until now.
    if (!isNoLog(error)) tail.torn += 1
  })
}

function helpsAgain(error: unknown): boolean {
  const failure = carriedBy(error)
  return failure === undefined || failures[failure.name].retryable
}

/** A container that has not started, has no run before, or a pod that is gone. */
function isNoLog(error: unknown): boolean {
  const name = carriedBy(error)?.name
  return name === 'kubernetes-refused' || name === 'target-not-found'
}

function tornIn(tails: ReadonlyMap<string, Tail>): number {
  return [...tails.values()].reduce((sum, { torn }) => sum + torn, 0)
}
