import { access, constants, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

const own = 'expected one that nobody but its owner can write'

/**
 * Why others than its owner may put another file in the place of this one; undefined where they may not. In a folder like /tmp (sticky)
 * each takes away his own alone.
 */
export async function looseFolder(path: string): Promise<string | undefined> {
  const folder = dirname(path)
  const { mode } = await stat(folder)
  const isLoose = (mode & 0o022) !== 0 && (mode & 0o1000) === 0
  if (!isLoose || (await isReadOnly(folder))) return undefined
  return `the mode of its folder is ${shown(mode)}; ${own} (chmod go-w ${folder})`
}

/** Why somebody else than its owner may change what lies there, a file or a folder, or put another one in its place; undefined where nobody may. */
export async function whyWritable(path: string): Promise<string | undefined> {
  const { mode } = await stat(path)
  if ((mode & 0o022) !== 0 && !(await isReadOnly(path)))
    return `its mode is ${shown(mode)}; ${own} (chmod go-w ${path})`
  return looseFolder(path)
}

/** Mounted so that nobody writes there, whatever the mode says: so Kubernetes mounts a ConfigMap, with a folder of mode 0777. */
async function isReadOnly(path: string): Promise<boolean> {
  try {
    await access(path, constants.W_OK)
    return false
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EROFS'
  }
}

function shown(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, '0')
}
