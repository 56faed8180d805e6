import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Makes a folder and those above it, and answers which, the outermost first; one that is there already is fine. Node's own `recursive` never ends where a folder is there and
 * nothing can be made in it (`/proc/x`): the system says "no such file", and Node takes that for a missing parent, for ever.
 */
export async function makeFolder(path: string, mode = 0o777): Promise<readonly string[]> {
  try {
    await mkdir(path, { mode })
    return [path]
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return []
    if (code !== 'ENOENT' || dirname(path) === path) throw error
    const above = await makeFolder(dirname(path), mode)
    try {
      await mkdir(path, { mode })
      return [...above, path]
    } catch (again) {
      if ((again as NodeJS.ErrnoException).code !== 'EEXIST') throw again
      return above
    }
  }
}

/** The same for what has to outlive the machine: the names of the folders that were made are on the disk when it resolves. */
export async function makeLastingFolder(path: string, mode?: number): Promise<void> {
  for (const made of await makeFolder(path, mode)) await flushFolder(dirname(made))
}

/** A name is on the disk when its folder is. */
export async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
