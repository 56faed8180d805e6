/** What may not be there is nothing then, and no error. Whatever else goes wrong is thrown as the system says it. */
import type { Dirent } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { readPlain } from './plain-file.ts'

/** The content of a file; undefined where there is none. Refuses (`bad-input`) what is no file. */
export function contentIfThere(file: string): Promise<Buffer | undefined> {
  return readPlain(file).catch(unlessThere(undefined))
}

/** The names in a folder; none where it is not there. */
export function namesIfThere(folder: string): Promise<string[]> {
  return readdir(folder).catch(unlessThere([]))
}

/** The entries of a folder, or all that lie below it; none where it is not there. */
export function entriesIfThere(folder: string, { recursive = false } = {}): Promise<Dirent[]> {
  return readdir(folder, { recursive, withFileTypes: true }).catch(unlessThere([]))
}

function unlessThere<T>(nothing: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === 'ENOENT') return nothing
    throw error
  }
}
