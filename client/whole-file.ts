/** A file for people that is there whole or not at all, also where somebody reads it meanwhile. */
import { randomUUID } from 'node:crypto'
import { rename, rm, writeFile } from 'node:fs/promises'
import { reasonInWords } from '../edge/system-reason.ts'
import { badFile } from './private-file.ts'

/** In the place of what lies there under the name; refuses (`bad-input`) with the reason where it cannot be written. */
export async function writeWhole(file: string, text: string, mode?: number): Promise<void> {
  const unfinished = `${file}.${randomUUID()}.tmp`
  try {
    await writeFile(unfinished, text, { flag: 'wx', mode })
    await rename(unfinished, file)
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => undefined)
    throw badFile(file, isForbidden(error) ? mayNotWrite : reasonInWords(error))
  }
}

const mayNotWrite = { en: 'it may not be written.', ja: '書き込み権限がありません。' } as const

function isForbidden(error: unknown): boolean {
  const { code = '' } = error as NodeJS.ErrnoException
  return ['EACCES', 'EPERM', 'EROFS'].includes(code)
}
