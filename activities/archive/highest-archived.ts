import { namesIfThere } from '../../edge/if-there.ts'

/** The highest number of the folders `desk-1`, `desk-2`, …; a folder that is not there yet holds none. */
export async function highestArchived(directory: string, desk: string): Promise<number> {
  const numbers = (await namesIfThere(directory))
    .filter((folder) => folder.startsWith(`${desk}-`))
    .map((folder) => folder.slice(desk.length + 1))
    .filter((rest) => /^\d+$/.test(rest))
    .map(Number)
  return Math.max(0, ...numbers)
}
