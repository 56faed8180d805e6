/** Who may come in: tokens of people and of machines, of which the file holds only the SHA-256. A changed file is in force at the next request. */

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { said, type Words } from '../../../domain/words.ts'
import { Refused } from '../../../edge/refused.ts'
import { readGuarded, refusing } from '../../private-file.ts'
import { reasonOf } from '../../temporal/connect.ts'
import { holdersIn, type Machine, type Person } from './token-file.ts'

export type Tokens = {
  /** The person that the token names; undefined when no entry that is still valid has it. */
  readonly personOf: (token: string, nowMs: number) => Promise<Person | undefined>
  /** The machine that the token names; a person's token names none. */
  readonly machineOf: (token: string, nowMs: number) => Promise<Machine | undefined>
  /** Why the newest version of the file is not in force; undefined when it is. */
  readonly trouble: () => Words | undefined
}

/**
 * Opens the file, or refuses (`bad-input`) one that is wrong or that everybody can read. A later version that is wrong, or a
 * file that is gone, leaves the last good version in force: an editor's half-written file must not lock out the responders. A version that
 * could not be read (too many open files, a volume that hangs) was not judged: it is read again at the next request.
 */
export async function openTokens(
  path: string,
  onTrouble: (reason: Words) => void = () => {},
  read: (path: string) => Promise<string> = readGuarded,
): Promise<Tokens> {
  // The mark is taken before the content, so that a change in between is noticed at the next request.
  const mark = await markOf(path)
  let current = { holders: holdersIn(await refusing(path, read), path), mark }
  let trouble: Words | undefined

  let looking = Promise.resolve()
  let next: Promise<void> | undefined

  /** Those that come together look once; a look that has begun may have missed what changed before one of them came. */
  function refresh(): Promise<void> {
    next ??= looking.then(() => {
      next = undefined
      looking = look()
      return looking
    })
    return next
  }

  async function look(): Promise<void> {
    let mark: string | undefined
    try {
      mark = await markOf(path)
      if (mark === current.mark) return
      const holders = holdersIn(await read(path), path)
      current = { holders, mark }
      trouble = undefined
    } catch (error) {
      const isJudged = mark !== undefined && (error instanceof Refused || mark === gone)
      if (isJudged && mark !== undefined) current = { ...current, mark }
      const reason = error instanceof Refused ? said(error.failure.params.problem) : reasonOf(error)
      // What is tried again and again is told once.
      if (isJudged || said(reason).en !== said(trouble).en) onTrouble(reason)
      trouble = reason
    }
  }

  return {
    personOf: async (token, nowMs) => {
      await refresh()
      const found = match(current.holders, token, nowMs)
      return found?.kind === 'person' ? found : undefined
    },
    machineOf: async (token, nowMs) => {
      await refresh()
      const found = match(current.holders, token, nowMs)
      return found?.kind === 'machine' ? found : undefined
    },
    trouble: () => trouble,
  }
}

type Holder = Person | Machine

/** Looks at every entry, whichever matches: the time taken says nothing about the list. */
function match(holders: readonly Holder[], token: string, nowMs: number): Holder | undefined {
  const given = sha256(token)
  let found: Holder | undefined
  for (const holder of holders) {
    const same = timingSafeEqual(holder.sha256, given)
    if (same && nowMs < holder.expiresAtMs) found = holder
  }
  return found
}

const gone = 'gone'

async function markOf(path: string): Promise<string> {
  try {
    const { mtimeNs, ctimeNs, size, ino } = await stat(path, { bigint: true })
    return [mtimeNs, ctimeNs, size, ino].join('/')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return gone
    throw error
  }
}

function sha256(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

/** A new token (256 bits; the prefix is for scanners that look for secrets) and what the file keeps of it. */
export function newToken(): { readonly token: string; readonly sha256: string } {
  const token = `hikeshi_${randomBytes(32).toString('base64url')}`
  return { token, sha256: sha256(token).toString('hex') }
}
