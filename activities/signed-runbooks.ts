/**
 * Runbooks that are believed since people signed them, whoever brings them: a worker looks a book up where Temporal has it, at its desk,
 * or for an older version at its incident, and believes its own look at the signatures alone (docs/signing.md).
 */

import { z } from 'zod'
import { isTooDeep } from '../domain/depth.ts'
import { type Failure, failure } from '../domain/failures.ts'
import { checkRunbook } from '../domain/runbook/check.ts'
import { signedOf } from '../domain/runbook/guarded.ts'
import type { Runbook } from '../domain/runbook/runbook.ts'
import {
  isGenuine,
  type Signed,
  type SignerKey,
  signature,
  signedSince,
  standing,
} from '../domain/runbook/signature.ts'
import type { Text } from '../domain/words.ts'
import { freshForMs, keysOf, readsAgainAfterMs, type Source } from './published.ts'

/** What Temporal has, as anybody may have written it; undefined where there is nothing. */
export type Shelves = {
  readonly ofDesk: (runbook: string) => Promise<unknown>
  /** With the time at which Temporal itself started it. */
  readonly ofIncident: (
    incident: string,
  ) => Promise<{ readonly runbook: unknown; readonly startedAtMs: number } | undefined>
}

type Verified = {
  readonly sha256: string
  readonly keys: ReadonlySet<string>
  readonly guarded: string
  readonly signedAtMs: number
}
type InForce = Verified & { readonly seenAtMs: number; readonly versions: readonly Version[] }
/** When it was signed, by which older ones are known, and from when on it was in force in place of those. */
type Version = { readonly sha256: string; readonly signedAtMs: number; readonly sinceMs: number }

/** Of both: what anybody may ask for is forgotten beyond this. */
const remembered = 500
/** Few are ever in use. */
const booksKept = 50

const shelved = z.object({ book: z.unknown(), signatures: z.array(signature).max(100).optional() })

/** Its clock, epoch ms, and after how long Temporal is asked again for what is not known. */
type Pace = { readonly clock?: () => number; readonly againAfterMs?: number }

export function signedSource(
  shelves: Shelves,
  signersNow: () => Promise<readonly SignerKey[]>,
  { clock = Date.now, againAfterMs = readsAgainAfterMs }: Pace = {},
): Source {
  /** The newest that this worker has seen in force: few, because each was signed. */
  const inForce = new Map<string, InForce>()
  const ofIncidents = new Map<string, Verified>()
  const keysOfBooks = new Map<string, ReadonlySet<string>>()
  const looking = new Map<string, { readonly atMs: number; readonly end: Promise<Failure | undefined> }>()

  let signers: readonly SignerKey[] = []
  /** What rests on keys that may have been taken away is looked at again, as after a start. */
  const refreshSigners = async (): Promise<void> => {
    const newest = await signersNow()
    if (newest === signers) return
    signers = newest
    for (const each of [inForce, ofIncidents, looking]) each.clear()
  }

  /** Looks at most so often, and once for all who ask meanwhile. */
  const now = (what: string, look: () => Promise<Failure | undefined>): Promise<Failure | undefined> => {
    const last = looking.get(what)
    if (last !== undefined && clock() - last.atMs < againAfterMs) return last.end
    const end = look()
    // What failed is tried again by the next who asks.
    end.catch(() => looking.delete(what))
    keep(looking, what, { atMs: clock(), end }, remembered)
    return end
  }

  const judged = (runbook: string, shown: unknown, inForce?: Verified): Verified | Failure => {
    const lacking = (problem: Text) => failure('runbook-not-believed', { runbook, problem })
    if (shown === undefined)
      return lacking({
        en: 'its desk has no published runbook.',
        ja: '公開されている Runbook がありません。',
      })
    const parsed = shelved.safeParse(shown)
    const { book, signatures = [] } = parsed.data ?? {}
    const signed = isTooDeep(book) ? undefined : asWritten(book)
    if (signed === undefined)
      return lacking({ en: 'it cannot be read as a runbook.', ja: 'Runbook として読み取れません。' })
    // Before anything else of it is looked at.
    const genuine = signatures.filter((each) => isGenuine(runbook, each, signers))
    const { book: ofBook, signedAtMs } = standing(signed, genuine)
    if (ofBook.length === 0)
      return lacking({
        en: 'it has no signature by a key that this worker knows.',
        ja: '鍵を登録済みの人の署名がありません。',
      })
    if (inForce !== undefined && signedAtMs < inForce.signedAtMs)
      return lacking({
        en: 'a version signed later has been in force.',
        ja: 'より新しい署名の版が公開済みです。',
      })
    const { guarded, isEnough } = standing(signed, signedSince(signed, inForce, genuine))
    if (!isEnough)
      return lacking({
        en: `its guarded words need signatures of two people, and only ${guarded.join(', ')} signed them.`,
        ja: `保護対象の記述には 2 人の署名が必要ですが、署名したのは ${guarded.join(', ')} だけです。`,
      })
    const keys = keysOfBooks.get(signed.sha256) ?? keysIn(book)
    if (keys === undefined)
      return lacking({ en: 'it cannot be read as a runbook.', ja: 'Runbook として読み取れません。' })
    keep(keysOfBooks, signed.sha256, keys, booksKept)
    return { sha256: signed.sha256, keys, guarded: signed.guarded, signedAtMs }
  }

  const lookAtDesk = async (runbook: string): Promise<Failure | undefined> => {
    const known = inForce.get(runbook)
    const found = judged(runbook, await shelves.ofDesk(runbook), known)
    if (!('keys' in found)) return found
    const seenAtMs = clock()
    // Since when its first one was in force it has not seen; nobody was to open anything under an older one after that was signed.
    const sinceMs = known === undefined ? Math.min(found.signedAtMs, seenAtMs) : seenAtMs
    const versions =
      known?.signedAtMs === found.signedAtMs
        ? known.versions
        : [...(known?.versions ?? []), { sha256: found.sha256, signedAtMs: found.signedAtMs, sinceMs }]
    inForce.set(runbook, { ...found, seenAtMs, versions })
    return undefined
  }

  /** An older version goes on in the incidents that were open when the next one came. */
  const lookAtIncident = async (runbook: string, incident: string): Promise<Failure | undefined> => {
    const shown = await shelves.ofIncident(incident)
    if (shown === undefined) return undefined
    const found = judged(runbook, shown.runbook)
    if (!('keys' in found)) return found
    // The first that replaced it: a newer one still makes it no younger, and its own book signed again replaces nothing.
    const next = inForce
      .get(runbook)
      ?.versions.find(({ sha256, signedAtMs }) => sha256 !== found.sha256 && found.signedAtMs < signedAtMs)
    if (next === undefined || shown.startedAtMs < next.sinceMs) keep(ofIncidents, incident, found, remembered)
    return undefined
  }

  return async (key, { kind, context: { incident } }) => {
    await refreshSigners()
    const { runbook, isIncident } = whose(incident)
    const isKnown = () =>
      inForce.get(runbook)?.keys.has(key) === true || ofIncidents.get(incident)?.keys.has(key) === true
    // A newer version may have taken words away that are asked for once more.
    const isFresh = clock() - (inForce.get(runbook)?.seenAtMs ?? Number.NEGATIVE_INFINITY) < freshForMs
    if (isFresh && isKnown()) return undefined
    const ofDesk = await now(`desk ${runbook}`, () => lookAtDesk(runbook)).catch((error: unknown) => {
      if (isKnown()) return undefined
      throw error
    })
    if (isKnown()) return undefined
    const own = isIncident
      ? await now(`incident ${incident}`, () => lookAtIncident(runbook, incident))
      : undefined
    if (isKnown()) return undefined
    return ofDesk ?? own ?? failure('not-published', { kind })
  }
}

/** As it was signed, and not as this release reads it: a member that it does not know yet has no place in what people signed. */
function asWritten(book: unknown): Signed | undefined {
  try {
    return signedOf(book as Runbook)
  } catch {
    // Of another form than books that were published.
    return undefined
  }
}

function keysIn(book: unknown): ReadonlySet<string> | undefined {
  const checked = checkRunbook(book)
  return 'problems' in checked ? undefined : new Set(keysOf(checked.book))
}

/** `shodo-42` is an incident of `shodo`, `look/shodo/…` a look at it, `drill/shodo/…` a drill and `rehearse/shodo/…` a rehearsal. Whatever is named, only what is signed is believed. */
function whose(incident: string): { readonly runbook: string; readonly isIncident: boolean } {
  const [, ofLook] = /^(?:look|drill|rehearse)\/([^/]+)\//.exec(incident) ?? []
  return ofLook === undefined
    ? { runbook: incident.slice(0, incident.lastIndexOf('-')), isIncident: true }
    : { runbook: ofLook, isIncident: false }
}

/** The newest last; beyond so many the oldest go. */
function keep<V>(all: Map<string, V>, key: string, value: V, atMost: number): void {
  all.delete(key)
  all.set(key, value)
  const [oldest] = all.keys()
  if (all.size > atMost && oldest !== undefined) all.delete(oldest)
}
