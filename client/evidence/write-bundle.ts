/**
 * Writes a bundle: into a bucket, or into a folder under a temporary name, which becomes its own when all is there, and never over anything. A try that was interrupted is
 * continued by the next one. Files go through in pieces, a few at a time, so that their size does not matter.
 */
import { createReadStream } from 'node:fs'
import { lstat, open, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { bundlePath, type Manifest } from '../../domain/evidence/manifest.ts'
import { expected } from '../../domain/expected.ts'
import { flushFolder, makeLastingFolder } from '../../edge/folder.ts'
import { inParallel } from '../../edge/in-parallel.ts'
import { refused } from '../../edge/refused.ts'
import { reasonInWords } from '../../edge/system-reason.ts'
import type { Piece } from './piece.ts'
import { type BundleOrder, type MeasuredFile, measured, sealed, taken } from './seal.ts'
import { bucketTarget } from './target.ts'

/** Files at once. */
const mostAtOnce = 4

/** What was written. Refuses (`bad-input`) where something lies there already, or nothing can be written. */
export async function writeBundle(order: BundleOrder): Promise<Manifest> {
  refuseOutside(order.pieces)
  const bucket = bucketTarget(order.output, '--output')
  if (bucket === undefined) return writeToFolder(order)
  // Only a bucket loads what speaks to one.
  return (await import('./bucket/write.ts')).writeToBucket(bucket, order)
}

async function writeToFolder({ output, pieces, says, signing }: BundleOrder): Promise<Manifest> {
  const target = resolve(output)
  await refuseTaken(target)
  const unfinished = join(dirname(target), `.${basename(target)}.unfinished`)
  try {
    await makeLastingFolder(unfinished, 0o700)
    await refuseStrange(unfinished)
    await removeOthers(unfinished, new Set(pieces.map(({ path }) => path)))
    const written = await inParallel(pieces, mostAtOnce, (piece) => writePiece(unfinished, piece))
    const { manifest, files } = sealed({ says, signing }, written)
    for (const { path, text } of files) await writePlain(join(unfinished, path), text)
    await refuseTaken(target)
    await rename(unfinished, target)
    await flushFolder(dirname(target))
    return manifest
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error
    throw refused('bad-input', { where: '--output', problem: reasonInWords(error) }, { cause: error })
  }
}

/** Files are called after what a story tells of, and the story may be anybody's. */
function refuseOutside(pieces: readonly Piece[]): void {
  const seen = new Set<string>()
  const isWrong = ({ path }: Piece) =>
    !bundlePath.safeParse(path).success || seen.size === seen.add(path).size
  const wrong = pieces.find(isWrong)?.path
  if (wrong === undefined) return
  const problem = expected(
    'names of steps and files that make one path each inside the bundle',
    '手順名・ファイル名が、バンドル内でそれぞれ 1 つのパスになること',
  )
  throw refused('bad-input', { where: wrong.slice(0, 200), problem })
}

/** Evidence is never written over anything: asked before hours of collecting, and again at the end. */
export async function refuseTaken(target: string): Promise<void> {
  const isThere = await lstat(target).then(
    () => true,
    () => false,
  )
  if (isThere) throw taken(target)
}

/** What somebody else laid there, or could write, would stand in the bundle as if it were ours. */
async function refuseStrange(unfinished: string): Promise<void> {
  const found = await lstat(unfinished)
  const isOurs = found.uid === process.getuid?.() && (found.mode & 0o777) === 0o700
  if (found.isDirectory() && isOurs) return
  const problem = expected(
    `${unfinished} to be an unfinished bundle of yours: a folder that only you can open (mode 0700); remove it, or choose another place`,
    `${unfinished} が自分だけが開けるフォルダー（モード 0700）であること。削除するか、別の場所を指定してください`,
  )
  throw refused('bad-input', { where: '--output', problem })
}

async function writePiece(folder: string, { path, read, lasts }: Piece): Promise<MeasuredFile> {
  const file = join(folder, path)
  if (lasts && (await isFile(file))) return measured(path, createReadStream(file))
  await makeLastingFolder(dirname(file), 0o700)
  const handle = await open(`${file}.part`, 'w', 0o600)
  try {
    const written = await measured(path, read(), async (chunk) => {
      await handle.appendFile(chunk)
    })
    await handle.sync()
    await rename(`${file}.part`, file)
    return written
  } finally {
    await handle.close()
  }
}

async function writePlain(file: string, text: string): Promise<void> {
  const handle = await open(file, 'w', 0o600)
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** What an earlier try has left and this one does not have. */
async function removeOthers(folder: string, wanted: ReadonlySet<string>): Promise<void> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true })
  for (const entry of files) {
    if (entry.isDirectory()) continue
    const path = join(entry.parentPath, entry.name)
    if (!wanted.has(path.slice(folder.length + 1))) await rm(path, { force: true })
  }
}

function isFile(path: string): Promise<boolean> {
  return lstat(path).then(
    (found) => found.isFile(),
    () => false,
  )
}
