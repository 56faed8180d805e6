/** What lies in a folder of logs: how much, how many secrets were taken out, and one digest over all. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { KeptLogs } from '../../domain/evidence/kept-logs.ts'
import { logsDigestText } from '../../domain/evidence/manifest.ts'
import { maskCounter } from '../../domain/evidence/mask.ts'
import { onDisk, piecesWithin } from '../../edge/disk.ts'
import { logsIn, readSegments } from '../../edge/log-segments.ts'
import { logPath } from '../../wire/archive.ts'

const newline = 10

/** Read once more, piece by piece: it says what is there, and not what somebody believes to have written. */
export async function keptLogs(folder: string): Promise<Omit<KeptLogs, 'torn'>> {
  let [bytes, lines, masked] = [0, 0, 0]
  const files: { readonly path: string; readonly sha256: string }[] = []
  for (const path of await onDisk(() => logsIn(folder))) {
    const hash = createHash('sha256')
    const marks = maskCounter()
    let marked = 0
    for await (const chunk of piecesWithin(readSegments(join(folder, path)))) {
      hash.update(chunk)
      bytes += chunk.length
      for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, at + 1)) lines += 1
      marked = marks(chunk.toString('latin1'))
    }
    masked += marked
    files.push({ path: logPath(path), sha256: hash.digest('hex') })
  }
  const sha256 = createHash('sha256').update(logsDigestText(files)).digest('hex')
  return { containers: files.length, lines, bytes, masked, sha256 }
}
