import { readdir } from 'node:fs/promises'

/** The highest number of the folders `desk-1`, `desk-2`, …; a folder that is not there yet holds none. */
export async function highestArchived(directory: string, desk: string): Promise<number> {
  const folders = await readdir(directory).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  const numbers = folders
    .filter((folder) => folder.startsWith(`${desk}-`))
    .map((folder) => folder.slice(desk.length + 1))
    .filter((rest) => /^\d+$/.test(rest))
    .map(Number)
  return Math.max(0, ...numbers)
}
