/** Files that have an end: opening a pipe waits for whoever writes into it, and what a link to a device holds never ends. */
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { refused } from './refused.ts'

/** To be read; links are followed. Refuses (`bad-input`) what is no file; throws what the system says where there is none. */
export async function openPlain(file: string): Promise<FileHandle> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    // A socket.
    throw (error as NodeJS.ErrnoException).code === 'ENXIO' ? notPlain(file) : error
  })
  try {
    const found = await handle.stat()
    // Of a folder the system says so itself.
    if (found.isFile() || found.isDirectory()) return handle
    throw notPlain(file)
  } catch (error) {
    await handle.close()
    throw error
  }
}

/** All of it. */
export async function readPlain(file: string): Promise<Buffer> {
  const handle = await openPlain(file)
  try {
    return await handle.readFile()
  } finally {
    await handle.close()
  }
}

function notPlain(file: string) {
  const problem = {
    en: 'it is not a regular file but a pipe, a device or a socket; remove it.',
    ja: '通常のファイルではなく、パイプ・デバイス・ソケットのいずれかです。削除してください。',
  }
  return refused('bad-input', { where: file, problem })
}
