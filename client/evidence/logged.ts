/** Where an incident's head stands in the log of heads: put into a bundle, and checked in one without the log. */
import { join } from 'node:path'
import type { Problem } from '../../domain/evidence/compare.ts'
import type { Manifest } from '../../domain/evidence/manifest.ts'
import type { TimelineEvent } from '../../domain/timeline/chain.ts'
import {
  cosignaturesBy,
  timeOf,
  withCosignatures,
  withoutCosignatures,
} from '../../domain/transparency/cosignature.ts'
import { parseEntry } from '../../domain/transparency/entry.ts'
import { isSignedBy, type Note, type NoteKey } from '../../domain/transparency/note.ts'
import { formatProofFile, parseProofFile } from '../../domain/transparency/proof-file.ts'
import { inclusionProof, isIncluded, leafHash } from '../../domain/transparency/tree.ts'
import type { Text } from '../../domain/words.ts'
import { namesIfThere } from '../../edge/if-there.ts'
import { Refused } from '../../edge/refused.ts'
import { committed, cosignaturesOf, type Log, readLog, textIn } from '../../edge/transparency/read-log.ts'
import { transparencyFolder } from '../../wire/archive.ts'
import type { LoggedSay } from '../words/transparency.ts'
import { type Piece, textPiece } from './piece.ts'
import { type BundlePlace, readSmall } from './place.ts'

const entryFile = 'transparency/entry.json'
const proofFile = 'transparency/entry.tlog-proof'
/** Of what is held whole: the timeline is the largest. */
const longestBytes = 256 * 1024 ** 2

/** Nothing where the archive has no log, or its log has no head of this timeline. */
export async function loggedPieces(
  archive: string | undefined,
  incident: string,
  timeline: readonly TimelineEvent[],
): Promise<{ readonly pieces: readonly Piece[]; readonly missing: readonly Text[] }> {
  if (archive === undefined) return { pieces: [], missing: [] }
  const folder = transparencyFolder(archive)
  try {
    const log = await readLog(folder)
    const hashes = new Map(timeline.map(({ seq, hash }) => [seq, hash]))
    const index = log.entries.findLastIndex(
      (entry) => entry.incident === incident && hashes.get(entry.seq) === entry.hash,
    )
    const bytes = log.bytes[index]
    const seen = bytes && (await checkpointOver(folder, log, index))
    if (bytes === undefined || seen === undefined) return { pieces: [], missing: [] }
    const proof = inclusionProof(index, log.leaves.slice(0, seen.size))
    return {
      pieces: [
        textPiece(entryFile, Buffer.from(bytes).toString()),
        textPiece(proofFile, formatProofFile({ index, proof, note: seen.note })),
      ],
      missing: [],
    }
  } catch (error) {
    if (!(error instanceof Refused) || error.failure.name !== 'log-changed') throw error
    const { problem } = error.failure.params
    const { en, ja } = typeof problem === 'object' ? problem : { en: '', ja: '' }
    return {
      pieces: [],
      missing: [{ en: `the transparency log: ${en}`, ja: `透明性ログ: ${ja}` }],
    }
  }
}

/** The newest checkpoint over an entry that somebody cosigned; the newest of all where nobody did. */
async function checkpointOver(
  folder: string,
  { newest, leaves }: Log,
  index: number,
): Promise<{ readonly size: number; readonly note: Note } | undefined> {
  if (newest === undefined) return undefined
  const sizes = (await namesIfThere(join(folder, 'cosignatures'))).map(Number).filter((size) => size > index)
  for (const size of sizes.toSorted((a, b) => b - a)) {
    const lines = await cosignaturesOf(folder, size)
    const signed = (await committed(folder, size, undefined, undefined))?.signed
    if (lines.length > 0 && signed !== undefined && size <= leaves.length)
      return { size, note: withCosignatures(signed.note, lines) }
  }
  return { size: newest.checkpoint.size, note: withoutCosignatures(newest.note) }
}

/** What somebody knows: keys of logs and of witnesses, and what the log is called. A witness may cosign several logs of one team. */
export type KnownLog = {
  readonly logs?: readonly NoteKey[]
  readonly witnesses?: readonly NoteKey[]
  readonly origin?: string
}

export type Logged = { readonly problems: readonly Problem[]; readonly logged?: LoggedSay }

/** What a bundle says of a log, checked. A key that is given must have signed, and a name must be that of the log. */
export async function checkLogged(place: BundlePlace, manifest: Manifest, keys: KnownLog): Promise<Logged> {
  const holds = [entryFile, proofFile].filter((path) => manifest.files.some((file) => file.path === path))
  if (holds.length === 0) {
    if (Object.keys(keys).length === 0) return { problems: [] }
    return wrong('the bundle holds no proof of a log', 'ログの証明がバンドルにありません')
  }
  const [source, proofText, timeline] = await Promise.all(
    [entryFile, proofFile, 'timeline.json'].map((path) => textOf(place, path)),
  )
  const entry = parseEntry(source ?? '')
  const proof = parseProofFile(proofText ?? '')
  if (source === undefined || entry === undefined || proof === undefined)
    return wrong('the proof of the log cannot be read', 'ログの証明を読み取れません')
  const events = eventsIn(timeline)
  const event = events.find(({ seq }) => seq === entry.seq)
  if (entry.incident !== manifest.of || event?.hash !== entry.hash)
    return wrong(
      `the log has another head of ${manifest.of} than timeline.json`,
      `ログにある ${manifest.of} の先頭ハッシュが timeline.json と異なります`,
    )
  const { note, checkpoint, index } = proof
  const { origin, size, root } = checkpoint
  if (!isIncluded({ index, leaf: leafHash(Buffer.from(source)), size, root, proof: proof.proof }))
    return wrong('the proof does not lead from the head to the log', '証明が先頭ハッシュからログに至りません')
  const signedByLog = (keys.logs ?? []).some((key) => isSignedBy(note, origin, key))
  const known = (keys.witnesses ?? []).flatMap((key) => cosignaturesBy(note, key))
  const claimed = note.signatures.filter((line) => !known.some((one) => one.line === line))
  const logged: LoggedSay = {
    seq: entry.seq,
    head: Math.max(...events.map(({ seq }) => seq)),
    origin,
    index,
    size,
    signedByLog,
    witnesses: [
      ...known.map(({ name, atSeconds }) => ({ name, at: isoOf(atSeconds), known: true })),
      ...claimed.flatMap((line) => {
        const atSeconds = timeOf(line)
        return atSeconds === undefined ? [] : [{ name: line.name, at: isoOf(atSeconds), known: false }]
      }),
    ],
  }
  const problems = [
    ...(keys.origin === undefined || keys.origin === origin
      ? []
      : wrong(
          `it is the log ${origin}, not ${keys.origin}`,
          `ログの名前は ${origin} であり、${keys.origin} ではありません`,
        ).problems),
    ...(keys.logs === undefined || signedByLog
      ? []
      : wrong('the log is not signed with the given key', '指定した鍵でログに署名されていません').problems),
    ...(keys.witnesses === undefined || known.length > 0
      ? []
      : wrong('no given witness cosigned the log', '指定したウィットネスの連署がありません').problems),
  ]
  return { problems, logged }
}

function wrong(en: string, ja: string): { readonly problems: readonly Problem[] } {
  return { problems: [{ what: 'transparency', says: { en, ja } }] }
}

/** A time beyond those that can be written is nobody's. */
function isoOf(seconds: number): string {
  const at = new Date(seconds * 1_000)
  return Number.isNaN(at.getTime()) ? String(seconds) : at.toISOString()
}

async function textOf(place: BundlePlace, path: string): Promise<string | undefined> {
  try {
    const bytes = await readSmall(place, path, longestBytes)
    return bytes && textIn(bytes)
  } catch (error) {
    if (error instanceof Refused) throw error
    return undefined
  }
}

function eventsIn(timeline: string | undefined): readonly TimelineEvent[] {
  try {
    const events: unknown = JSON.parse(timeline ?? '')
    return Array.isArray(events) ? events : []
  } catch {
    return []
  }
}
