/**
 * Files that are there whole or not at all, and get their content once. Giving a file its name (link) succeeds for one writer alone, on NFS
 * too, and needs no lock that could outlive whoever holds it.
 */
import { randomUUID } from 'node:crypto'
import { link, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { flushFolder, makeLastingFolder } from '../folder.ts'
import { readPlain } from '../plain-file.ts'

const unfinishedFolder = 'unfinished'
/** A writer that lives has finished its file long before. */
const abandonedAfterMs = 3_600_000

/** `put`: it is there now, or was already with this content. `taken`: something else has the name. */
export async function putOnce(
  folder: string,
  path: string,
  content: Uint8Array | string,
): Promise<'put' | 'taken'> {
  const file = join(folder, path)
  return withUnfinished(folder, content, async (unfinished) => {
    await makeLastingFolder(dirname(file), 0o755)
    try {
      await link(unfinished, file)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      if (!Buffer.from(content).equals(await readPlain(file))) return 'taken'
    }
    await flushFolder(dirname(file))
    return 'put'
  })
}

/** In the place of what lies there under the name. */
export async function putOver(folder: string, path: string, content: string): Promise<void> {
  await withUnfinished(folder, content, (unfinished) => rename(unfinished, join(folder, path)))
  await flushFolder(folder)
}

async function withUnfinished<T>(
  folder: string,
  content: Uint8Array | string,
  use: (unfinished: string) => Promise<T>,
): Promise<T> {
  await makeLastingFolder(join(folder, unfinishedFolder), 0o755)
  const unfinished = join(folder, unfinishedFolder, randomUUID())
  try {
    await writeFile(unfinished, content, { mode: 0o644, flush: true, flag: 'wx' })
    return await use(unfinished)
  } finally {
    await rm(unfinished, { force: true })
  }
}

/** Removes what writers left that were killed; by the clock of the folder, which all of them share. */
export async function removeAbandoned(folder: string): Promise<void> {
  await withUnfinished(folder, '', async (own) => {
    const now = (await stat(own)).mtimeMs
    for (const name of await readdir(dirname(own))) {
      const file = join(dirname(own), name)
      const found = await stat(file).catch(() => undefined)
      if (found !== undefined && now - found.mtimeMs > abandonedAfterMs) await rm(file, { force: true })
    }
  })
}
