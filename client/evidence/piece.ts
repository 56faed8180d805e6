/** What a bundle consists of: each file by its path in the bundle, and where its bytes come from. */
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { z } from 'zod'
import { type Curve, curve } from '../../domain/evidence/curve.ts'
import type { Picture } from '../../domain/postmortem/picture.ts'
import { type Text, verbatim, text as words } from '../../domain/words.ts'
import { contentIfThere, entriesIfThere } from '../../edge/if-there.ts'
import { localClock } from '../../edge/local-time.ts'
import { logsIn, readSegments } from '../../edge/log-segments.ts'
import { collectedFile, logPath } from '../../wire/archive.ts'
import { pictureFile } from '../postmortem/svg.ts'

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

/** What a worker says of a collection; undefined where none lies there. */
export async function collectedIn(
  folder: string,
): Promise<{ readonly missing: readonly Text[] } | undefined> {
  const said = await contentIfThere(join(folder, collectedFile))
  return said && z.object({ missing: z.array(words) }).parse(JSON.parse(said.toString()))
}

/** Curves of Prometheus in a folder, each as the file that it is and as a picture. */
export async function curvePieces(folder: string, below: string, zone: string): Promise<readonly Piece[]> {
  const clock = { clock: (ms: number) => localClock(ms, zone) }
  const pieces: Piece[] = []
  for (const file of await filePieces(folder, below)) {
    pieces.push(file)
    if ((await curveIn(file)) === undefined) continue
    const read = async function* () {
      const drawn = await curveIn(file)
      if (drawn !== undefined) yield pictureFile(pictureOf(drawn, clock), 'en', 1_100)
    }
    pieces.push({ path: file.path.replace(/\.json$/, '.svg'), read })
  }
  return pieces
}

/** Undefined where a file is none. */
async function curveIn({ read }: Piece): Promise<Curve | undefined> {
  try {
    return curve.safeParse(JSON.parse(await text(read()))).data
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** A row for each series. */
function pictureOf({ from, to, everyMs, series, query }: Curve, clock: Picture['clock']): Picture {
  const fromMs = Date.parse(from)
  return {
    fromMs,
    toMs: Math.max(fromMs + 1_000, Date.parse(to)),
    lanes: [],
    series: series.map(({ name, points }) => ({
      title: verbatim(name === '{}' ? query : name),
      everyMs,
      points: points.flatMap(([atMs, value]) => (value === null ? [] : [{ atMs, value }])),
    })),
    clock,
  }
}

/** The plain files of a folder; none where it is not there. */
export async function filePieces(folder: string, below: string): Promise<readonly Piece[]> {
  return (await entriesIfThere(folder))
    .filter((entry) => entry.isFile())
    .map(({ name }): Piece => {
      const read = () => createReadStream(join(folder, name))
      return { path: `${below}/${name}`, read }
    })
}
