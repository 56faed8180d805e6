import { plainLine } from '../../edge/plain-text.ts'
import { carriedBy } from '../../wire/carried.ts'
import { refusal } from '../refusal.ts'

/** The failure that an error of the archive's disk is; undefined of anything else. */
export function unwritable(folder: string, error: unknown): Error | undefined {
  if (carriedBy(error) !== undefined || !(error instanceof Error)) return undefined
  const { code, syscall } = error as NodeJS.ErrnoException
  if (syscall === undefined && code !== 'ETIMEDOUT') return undefined
  return refusal('evidence-unwritable', { folder, reason: plainLine(code ?? error.message, 60) })
}
