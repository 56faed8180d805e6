/** Files with secrets: read only where nobody else may read or change them. */
import { open } from 'node:fs/promises'
import type { Text } from '../domain/words.ts'
import { looseFolder } from '../edge/loose-folder.ts'
import { Refused, refused } from '../edge/refused.ts'
import { reasonInWords } from '../edge/system-reason.ts'

/** The text of a file that must not be open to everybody; refuses (`bad-input`) where it is, and where it cannot be read: `why`. */
export function readPrivate(path: string, why?: (error: unknown) => Text): Promise<string> {
  return refusing(path, readGuarded, why)
}

/** `bad-input` in place of whatever `read` throws. */
export async function refusing(
  path: string,
  read: (path: string) => Promise<string>,
  why: (error: unknown) => Text = reasonInWords,
): Promise<string> {
  try {
    return await read(path)
  } catch (error) {
    throw error instanceof Refused ? error : badFile(path, why(error))
  }
}

/** The same handle is checked and read. Throws what the operating system says where it does not let itself be read. */
export async function readGuarded(path: string): Promise<string> {
  const file = await open(path, 'r')
  try {
    const { mode } = await file.stat()
    if ((mode & 0o007) !== 0 || (mode & 0o020) !== 0) {
      const is = (mode & 0o777).toString(8).padStart(4, '0')
      throw badFile(path, {
        en: `its mode is ${is}; only its owner may read or write it (chmod 0600 ${path})`,
        ja: `モードが ${is} です。他のユーザーが読み書きできないようにしてください（chmod 0600 ${path}）`,
      })
    }
    const loose = await looseFolder(path)
    if (loose !== undefined) throw badFile(path, loose)
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

export function badFile(path: string, problem: string | Text): Refused {
  return refused('bad-input', { where: path, problem })
}
