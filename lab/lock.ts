import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeFolder } from '../edge/folder.ts'
import { interrupted } from './failure.ts'
import { identify, isAlive, type ProcessIdentity } from './process.ts'

export type LockOptions = {
  readonly onWait?: (holder: number) => void
  readonly signal?: AbortSignal | undefined
}

/**
 * Runs `work` while no other process holds the lock file. A holder that died does not block: the file names its process.
 * `onWait` is told once who holds it; `signal` ends the waiting, and nothing else.
 */
export async function withLock<T>(
  file: string,
  work: () => Promise<T>,
  { onWait, signal }: LockOptions = {},
): Promise<T> {
  await makeFolder(dirname(file))
  const mine = JSON.stringify(identify(process.pid))
  let told = false
  for (;;) {
    if (signal?.aborted) throw interrupted()
    if (tryTake(file, mine)) break
    const held = read(file)
    const holder = held === undefined ? undefined : parse(held)
    if (held !== undefined && (holder === undefined || !isAlive(holder))) {
      removeStale(file, held)
      continue
    }
    if (holder && !told) onWait?.(holder.pid)
    told = true
    await sleep(100)
  }
  try {
    return await work()
  } finally {
    rmSync(file, { force: true })
  }
}

/** The content must be there from the first moment, hence a link to a finished file instead of create-then-write. */
function tryTake(file: string, content: string): boolean {
  const draft = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}`
  writeFileSync(draft, content)
  try {
    linkSync(draft, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

/** Moves the file away before deleting it: whoever else saw the same stale lock may have replaced it meanwhile. */
function removeStale(file: string, stale: string): void {
  const aside = `${file}.${process.pid}.stale`
  try {
    renameSync(file, aside)
    if (read(aside) !== stale) linkSync(aside, file)
  } catch {
    // Someone else was quicker; the next round looks again.
  }
  rmSync(aside, { force: true })
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

function parse(content: string): ProcessIdentity | undefined {
  try {
    return JSON.parse(content)
  } catch {
    return undefined
  }
}
