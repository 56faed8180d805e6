/** What lies in files, re-read once they changed: a key that is taken away stops counting without a restart. */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** How long until the files are checked for changes again. */
const looksAgainAfterMs = 1_000

export type Rereading = {
  /** Files, and folders with all that lies in them. */
  readonly paths: readonly string[]
  /** A later version that cannot be read is no verdict: what was read last stays, and this hears why, once for each reason. */
  readonly onTrouble: (error: unknown) => void
  readonly againAfterMs?: number
}

/** Reads at once, and throws what that throws; what it gives answers with the newest version that could be read, the same one until it changes. */
export async function rereading<T>(
  read: () => Promise<T>,
  { paths, onTrouble, againAfterMs = looksAgainAfterMs }: Rereading,
): Promise<() => Promise<T>> {
  const markNow = async () => (await Promise.all(paths.map(marksOf))).flat().join('\n')
  // Taken before the content, so that a change in between is noticed the next time.
  let mark = await markNow().catch(() => undefined)
  let current = await read()
  let lookedAtMs = performance.now()
  let trouble = ''
  let looking: Promise<void> | undefined
  const look = async (): Promise<void> => {
    try {
      const now = await markNow()
      if (now !== mark) {
        current = await read()
        mark = now
      }
      trouble = ''
    } catch (error) {
      if (trouble !== String(error)) onTrouble(error)
      trouble = String(error)
    }
    lookedAtMs = performance.now()
  }
  return async () => {
    if (performance.now() - lookedAtMs >= againAfterMs) {
      looking ??= look().finally(() => {
        looking = undefined
      })
      await looking
    }
    return current
  }
}

async function marksOf(path: string): Promise<readonly string[]> {
  const found = await stat(path, { bigint: true })
  const { mtimeNs, ctimeNs, size, ino } = found
  const own = [path, mtimeNs, ctimeNs, size, ino].join(' ')
  if (!found.isDirectory()) return [own]
  const files = (await readdir(path)).toSorted()
  return [own, ...(await Promise.all(files.map((file) => marksOf(join(path, file))))).flat()]
}
