/** Who may come in: tokens of people and of machines, of which the file holds only the SHA-256. A changed file is in force at the next request. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { open, stat } from 'node:fs/promises'
import { parse } from 'yaml'
import { z } from 'zod'
import { textLimits } from '../../domain/incident/commands.ts'
import { hasControlCharacters } from '../../domain/words.ts'
import { reasonOf } from '../connect.ts'
import { Refused, refused } from '../refused.ts'

export const personName = z
  .string()
  .min(1)
  .max(textLimits.person)
  .refine((value) => !hasControlCharacters(value) && value.trim() === value, 'expected a name')

const tokenFile = z.strictObject({
  tokens: z.array(
    z
      .strictObject({
        person: personName.optional(),
        /** A monitoring system; its token opens the doors for alerts and nothing else. */
        machine: personName.optional(),
        sha256: z.string().regex(/^[0-9a-f]{64}$/, 'expected the SHA-256 of a token, 64 hex digits'),
        /** The token is refused from this instant on; a date alone means its first moment in UTC. */
        expires: z.union([z.iso.date(), z.iso.datetime({ offset: true })]).optional(),
      })
      .refine(
        (entry) => (entry.person === undefined) !== (entry.machine === undefined),
        'expected person or machine',
      ),
  ),
})

type Entry = {
  readonly kind: 'person' | 'machine'
  readonly name: string
  readonly sha256: Buffer
  readonly expiresAtMs: number
}

export type Tokens = {
  /** The person that the token names; undefined when no entry that is still valid has it. */
  readonly personOf: (token: string, nowMs: number) => Promise<string | undefined>
  /** The machine that the token names; a person's token names none. */
  readonly machineOf: (token: string, nowMs: number) => Promise<string | undefined>
  /** Why the newest version of the file is not in force; undefined when it is. */
  readonly trouble: () => string | undefined
}

/**
 * Opens the file, or refuses (`bad-input`) one that is wrong or that everybody can read. A later version that is wrong, or a
 * file that is gone, leaves the last good version in force: an editor's half-written file must not lock out the responders.
 */
export async function openTokens(
  path: string,
  onTrouble: (reason: string) => void = () => {},
): Promise<Tokens> {
  // The mark is taken before the content, so that a change in between is noticed at the next request.
  const mark = await markOf(path)
  let current = { entries: await readTokens(path), mark }
  let trouble: string | undefined

  async function refresh(): Promise<void> {
    const mark = await markOf(path)
    if (mark === current.mark) return
    try {
      const entries = await readTokens(path)
      current = { entries, mark }
      trouble = undefined
    } catch (error) {
      current = { ...current, mark }
      trouble = error instanceof Refused ? String(error.failure.params.problem) : reasonOf(error)
      onTrouble(trouble)
    }
  }

  return {
    personOf: async (token, nowMs) => {
      await refresh()
      return match(current.entries, 'person', token, nowMs)
    },
    machineOf: async (token, nowMs) => {
      await refresh()
      return match(current.entries, 'machine', token, nowMs)
    },
    trouble: () => trouble,
  }
}

/** Looks at every entry, whichever matches: the time taken says nothing about the list. */
function match(
  entries: readonly Entry[],
  kind: Entry['kind'],
  token: string,
  nowMs: number,
): string | undefined {
  const given = sha256(token)
  let found: string | undefined
  for (const entry of entries) {
    const same = timingSafeEqual(entry.sha256, given)
    if (same && entry.kind === kind && nowMs < entry.expiresAtMs) found = entry.name
  }
  return found
}

async function readTokens(path: string): Promise<readonly Entry[]> {
  const source = await readPrivate(path)
  const parsed = tokenFile.safeParse(yamlOf(source))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw badFile(
      path,
      `${issue?.path.map(String).join('.') || 'tokens'}: ${issue?.message ?? 'not understood'}`,
    )
  }
  const entries = parsed.data.tokens.map(
    ({ person, machine, sha256: hex, expires }): Entry => ({
      kind: person === undefined ? 'machine' : 'person',
      name: person ?? machine ?? '',
      sha256: Buffer.from(hex, 'hex'),
      expiresAtMs: expires === undefined ? Number.POSITIVE_INFINITY : Date.parse(expires),
    }),
  )
  const seen = new Set(parsed.data.tokens.map((t) => t.sha256))
  if (seen.size < entries.length)
    throw badFile(path, 'expected every sha256 once: a token names one person or machine')
  return entries
}

/** The text of a file that must not be open to everybody; the same handle is checked and read. */
export async function readPrivate(path: string): Promise<string> {
  let file: Awaited<ReturnType<typeof open>>
  try {
    file = await open(path, 'r')
  } catch (error) {
    throw badFile(path, reasonOf(error))
  }
  try {
    const { mode } = await file.stat()
    if ((mode & 0o007) !== 0 || (mode & 0o020) !== 0) {
      const is = (mode & 0o777).toString(8).padStart(4, '0')
      throw badFile(path, `its mode is ${is}; expected one that others cannot read or write, such as 0600`)
    }
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

function yamlOf(source: string): unknown {
  try {
    return parse(source, { maxAliasCount: 0 })
  } catch {
    // The parser's own message quotes the line, and that could be a token pasted by mistake.
    return 'not YAML'
  }
}

async function markOf(path: string): Promise<string> {
  try {
    const { mtimeNs, ctimeNs, size, ino } = await stat(path, { bigint: true })
    return [mtimeNs, ctimeNs, size, ino].join('/')
  } catch {
    return 'gone'
  }
}

function badFile(path: string, problem: string): Refused {
  return refused('bad-input', { where: path, problem })
}

function sha256(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

/** A new token (256 bits; the prefix is for scanners that look for secrets) and what the file keeps of it. */
export function newToken(): { readonly token: string; readonly sha256: string } {
  const token = `hikeshi_${randomBytes(32).toString('base64url')}`
  return { token, sha256: sha256(token).toString('hex') }
}
