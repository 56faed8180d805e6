import { access, constants, realpath, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Text } from '../domain/words.ts'

/**
 * Why others than its owner may put another file in the place of this one; undefined where they may not. In a folder like /tmp (sticky)
 * each takes away his own alone.
 */
export async function looseFolder(path: string): Promise<Text | undefined> {
  const target = await realpath(path)
  // A link may be put elsewhere, and so may what it points to.
  return (await looseAbove(path)) ?? (target === resolve(path) ? undefined : looseAbove(target))
}

async function looseAbove(path: string): Promise<Text | undefined> {
  const folder = dirname(path)
  const { mode } = await stat(folder)
  const isLoose = (mode & 0o022) !== 0 && (mode & 0o1000) === 0
  if (!isLoose || (await isReadOnly(folder))) return undefined
  return writable(
    { en: `the mode of its folder is ${shown(mode)}`, ja: `フォルダーのモードが ${shown(mode)} です` },
    folder,
  )
}

/** Why somebody else than its owner may change what lies there, a file or a folder, or put another one in its place; undefined where nobody may. */
export async function whyWritable(path: string): Promise<Text | undefined> {
  const { mode } = await stat(path)
  if ((mode & 0o022) !== 0 && !(await isReadOnly(path)))
    return writable({ en: `its mode is ${shown(mode)}`, ja: `モードが ${shown(mode)} です` }, path)
  return looseFolder(path)
}

function writable(seen: Text, path: string): Text {
  return {
    en: `${seen.en}; only its owner may have write permission (chmod go-w ${path})`,
    ja: `${seen.ja}。所有者以外が書き込めないようにしてください（chmod go-w ${path}）`,
  }
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
