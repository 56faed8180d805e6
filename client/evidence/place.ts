/** Where a bundle lies, as whoever verifies it reads it: a folder, or a prefix of a bucket. */
import { createReadStream } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { bucketTarget } from './target.ts'

export type BundlePlace = {
  /** As people write it. */
  readonly nameOf: (path: string) => string
  /** All that lies there. */
  readonly list: () => Promise<readonly Lying[]>
  /** In pieces, as they come; throws ENOENT where there is no such file. */
  readonly read: (path: string) => AsyncIterable<Buffer>
}

/** `isFile`: a plain one, and no link or pipe. */
export type Lying = { readonly path: string; readonly isFile: boolean }

/** Only a bucket loads what speaks to one; `verb`: what was typed it for. */
export async function placeOf(where: string, verb: string): Promise<BundlePlace> {
  const target = bucketTarget(where, verb)
  return target === undefined ? folderPlace(where) : (await import('./bucket/read.ts')).bucketPlace(target)
}

export function folderPlace(given: string): BundlePlace {
  const folder = resolve(given)
  return {
    nameOf: (path) => join(given, path),
    list: async () => {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true })
      return entries
        .filter((entry) => !entry.isDirectory())
        .map((entry) => ({
          path: join(entry.parentPath, entry.name).slice(join(folder, '/').length),
          isFile: entry.isFile(),
        }))
    },
    read: (path) => plainFile(join(folder, path)),
  }
}

/** A link leads out of the bundle, and a pipe never ends. */
async function* plainFile(file: string): AsyncGenerator<Buffer> {
  if (!(await lstat(file)).isFile()) throw new Error('not a plain file')
  yield* createReadStream(file)
}

/** Temporal ends a workflow at 50 MB of history; as JSON it is a few times that. */
const mostOfRun = 536_870_912

/** The files that lie in one folder of the place, by their names there. */
export function filesBelow(place: BundlePlace, folder: string) {
  const isBelow = ({ path, isFile }: Lying) => isFile && path.startsWith(`${folder}/`)
  return {
    names: async () => (await place.list()).filter(isBelow).map(({ path }) => path.slice(folder.length + 1)),
    read: async (name: string) => (await readSmall(place, `${folder}/${name}`, mostOfRun)) ?? Buffer.alloc(0),
  }
}

/** Of what can be no larger than this, all of it; undefined where there is none. */
export async function readSmall(
  place: BundlePlace,
  path: string,
  mostBytes: number,
): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of place.read(path)) {
      bytes += chunk.length
      if (bytes > mostBytes) throw new Error('too large')
      chunks.push(chunk)
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  return Buffer.concat(chunks)
}
