import { explain } from '../../domain/failures.ts'
import { plainLine } from '../../edge/plain-text.ts'
import { Refused } from '../../edge/refused.ts'
import { carriedBy } from '../../wire/carried.ts'
import { refusal } from '../refusal.ts'

/** What a disk says, and no connection. */
const ofDisks = [
  'ENOSPC',
  'EDQUOT',
  'EFBIG',
  'EROFS',
  'EACCES',
  'EPERM',
  'EIO',
  'ESTALE',
  'ENOENT',
  'ENOTDIR',
]

/** The failure that an error of the archive's disk is; undefined of anything else. */
export function unwritable(folder: string, error: unknown): Error | undefined {
  if (carriedBy(error) !== undefined || !(error instanceof Error)) return undefined
  // Something that is no file lies there (edge/plain-file.ts).
  if (error instanceof Refused) {
    const { failure } = error
    return refusal('evidence-unwritable', {
      folder,
      reason: { en: explain(failure, 'en').what, ja: explain(failure, 'ja').what },
    })
  }
  const { code, syscall } = error as NodeJS.ErrnoException
  // A connection that timed out names the call of the system; a disk that did not answer is known by our own clock (edge/disk.ts).
  const isSilent = code === 'ETIMEDOUT' && syscall === undefined
  if (code === undefined || !(isSilent || ofDisks.includes(code))) return undefined
  return refusal('evidence-unwritable', { folder, reason: plainLine(code, 60) })
}
