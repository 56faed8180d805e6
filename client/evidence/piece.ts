/** What a bundle consists of: each file by its path in the bundle, and where its bytes come from. */
import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { logsIn, readSegments } from '../../edge/log-segments.ts'
import { logPath } from '../../wire/archive.ts'

export type Piece = {
  readonly path: string
  readonly read: () => AsyncIterable<Buffer | string>
  /** Large, and the same at every try: one that is whole already is not written again. */
  readonly lasts?: true
}

export function textPiece(path: string, text: string): Piece {
  return {
    path,
    read: async function* () {
      yield text
    },
  }
}

/** The logs in a folder of an archive, each put together from its pieces. */
export async function logPieces(folder: string, below = ''): Promise<readonly Piece[]> {
  return (await logsIn(folder)).map((log) => ({
    path: `${below}${logPath(log)}`,
    read: () => readSegments(join(folder, log)),
    lasts: true,
  }))
}

/** The plain files of a folder; none where it is not there. */
export async function filePieces(folder: string, below: string): Promise<readonly Piece[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  return entries
    .filter((entry) => entry.isFile())
    .map(({ name }): Piece => {
      const read = () => createReadStream(join(folder, name))
      return { path: `${below}/${name}`, read }
    })
}
