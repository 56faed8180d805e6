import { createPublicKey } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { timeAround } from '../../../../domain/evidence/about.ts'
import { curveKinds, figureParts } from '../../../../domain/evidence/figures.ts'
import { recordingsBelow, recordingsTold } from '../../../../domain/evidence/recording.ts'
import { expected } from '../../../../domain/expected.ts'
import { explain } from '../../../../domain/failures.ts'
import type { IncidentState } from '../../../../domain/incident/fold/state.ts'
import { present } from '../../../../domain/present.ts'
import type { TimelineEvent } from '../../../../domain/timeline/chain.ts'
import type { Verdict } from '../../../../domain/timeline/prove.ts'
import type { NoteKey } from '../../../../domain/transparency/note.ts'
import { isEnd, type Text } from '../../../../domain/words.ts'
import type { KeyUse } from '../../../../edge/key-words.ts'
import { keepSmall } from '../../../../edge/memory.ts'
import { noteKeyOf } from '../../../../edge/note-keys.ts'
import { readKeys } from '../../../../edge/public-keys.ts'
import { refused } from '../../../../edge/refused.ts'
import { archiveFolder, atClose, collectionFolder, collectionOf } from '../../../../wire/archive.ts'
import { checkLogged, loggedPieces } from '../../../evidence/logged.ts'
import { collectedIn, curvePieces, filePieces, logPieces, type Piece } from '../../../evidence/piece.ts'
import { placeOf } from '../../../evidence/place.ts'
import type { Lock, Signing } from '../../../evidence/seal.ts'
import { stateOf, storyPieces } from '../../../evidence/story.ts'
import { bucketTarget } from '../../../evidence/target.ts'
import { verifyBundle } from '../../../evidence/verify-bundle.ts'
import { refuseTaken, writeBundle } from '../../../evidence/write-bundle.ts'
import { failureIn } from '../../../failure-in.ts'
import { openPrivateKey, textSigner } from '../../../keys.ts'
import { recordingPath, recordingPlaces, recordingsIn, recordingsNamed } from '../../../recording/places.ts'
import type { Replayed } from '../../../replay/replay.ts'
import * as words from '../../../words/evidence.ts'
import { countsSay, remarks, verdictFact } from '../../../words/proof.ts'
import { loggedSays } from '../../../words/transparency.ts'
import { toned } from '../facts.ts'
import { patiently } from '../patience.ts'
import type { Session } from '../session.ts'
import { oneLine, type Screen, wrap } from '../terminal.ts'
import { type Options, textOf, textsOf } from '../verb.ts'
import { evidenceOf } from './replay.ts'

/** Everything that there is of an incident, in one folder that proves itself. */
export async function evidence(session: Session, what: string, options: Options): Promise<undefined> {
  const signing = await signingFrom(options)
  const lock = await lockWhereFree(options, basename(what))
  const { workflow, folder, ...evidence } = await evidenceOf(session, what)
  if (evidence.histories.length === 0) throw refused('unknown-incident', { incident: what.slice(0, 60) })
  const [{ replay }, { reexecute }] = await Promise.all([
    import('../../../replay/replay.ts'),
    import('../../../../workers/reexecute.ts'),
  ])
  const replayed = await replay(workflow, evidence, (runs, id) => reexecute(runs, id))
  const madeMs = Date.now()
  const state = stateOf(replayed)
  const own = folder ?? archivedOf(session, workflow)
  const zone = state?.runbook.book.timezone ?? 'UTC'
  const kept = await keptPieces(own)
  const closed = own === undefined ? undefined : await atClosePieces(own, zone)
  const late = state?.evidence !== undefined && closed === undefined ? [words.notYetCollected] : []
  const now =
    closed ??
    (folder === undefined
      ? await collectedNow(session, state, endOf(replayed), kept.pieces.length === 0)
      : none)
  const places =
    folder === undefined
      ? recordingPlaces(session.around.env, workflow).map((place) => place.folder)
      : [join(folder, recordingsBelow)]
  const byHand = await recordedPieces(places, textsOf(options.with), state, replayed.timeline)
  const archive = folder === undefined ? session.around.env.HIKESHI_ARCHIVE : dirname(folder)
  const logged = await loggedPieces(archive, workflow, replayed.timeline)
  const head = replayed.timeline.at(-1)
  const output = folderNamed(options, workflow)
  const manifest = await writeBundle({
    output,
    pieces: [
      ...storyPieces(evidence, replayed, state, madeMs),
      ...kept.pieces,
      ...byHand.pieces,
      ...now.pieces,
      ...logged.pieces,
    ],
    says: {
      of: workflow,
      madeAt: new Date(madeMs).toISOString(),
      by: session.by.id,
      ...(head === undefined ? {} : { head: { seq: head.seq, hash: head.hash } }),
      ...present({ source: evidence.source }),
      missing: [
        ...found(replayed),
        ...kept.missing,
        ...byHand.missing,
        ...late,
        ...now.missing,
        ...logged.missing,
      ],
    },
    signing,
    lock,
  })
  const { timeline: _, opening: __, ...verdict } = replayed
  await session.print({
    data: { folder: output, manifest, ...present({ lock }), proof: verdict },
    text: (screen) =>
      lines(session, screen, [
        verdictFact(workflow, verdict).value,
        countsSay(verdict),
        ...remarks(verdict, []),
        words.bundleSay(manifest),
        ...(lock === undefined ? [] : [words.lockedSay(lock)]),
        ...words.missingSay(manifest),
        ...(signing === undefined ? [words.provesSay(undefined)] : []),
      ]),
  })
}

/** When it ended; undefined while it is open. */
function endOf({ timeline }: Pick<Replayed, 'timeline'>): number | undefined {
  const end = timeline.findLast(({ type }) => isEnd(type))
  return end === undefined ? undefined : Date.parse(end.at)
}

/** What the re-execution has to say against the story. */
function found({ difference, missing }: Pick<Verdict, 'difference' | 'missing'>): readonly Text[] {
  return [...(difference === undefined ? [] : [difference.says]), ...missing.map(({ says }) => says)]
}

/**
 * 0 where every file is as the manifest says, signed with a key that was given; else 1. Refuses (`evidence-unsigned`), once all is told, a
 * bundle for which nobody known stands, unless that is accepted.
 */
export async function verify(session: Session, folder: string, options: Options): Promise<number> {
  // A gigabyte goes through it in small pieces.
  keepSmall()
  const keyFile = textOf(options.key)
  const known = present({
    logs: await noteKeysIn(options.logKey, 'log'),
    witnesses: await noteKeysIn(options.witness, 'cosignatures'),
    origin: textOf(options.logOrigin),
  })
  const place = await placeOf(folder, 'evidence verify')
  const bundle = await verifyBundle(
    place,
    keyFile === undefined ? undefined : await readKeys(keyFile, 'evidence'),
  )
  const { manifest, signed } = bundle
  const { problems: ofLog, logged } = await checkLogged(place, manifest, known)
  const problems = [...bundle.problems, ...ofLog]
  const verdict = ofLog.length === 0 ? bundle.verdict : 'changed'
  const isWhole = verdict !== 'changed'
  await session.print({
    data: {
      verdict,
      of: manifest.of,
      head: manifest.head ?? null,
      files: manifest.files.length,
      problems,
      signed: signed ?? null,
      logged: logged ?? null,
    },
    text: (screen) =>
      [
        toned(oneLine(words.verdicts[verdict][session.lang]), verdict === 'whole' ? 'good' : 'bad', screen),
        lines(session, screen, [
          ...problems.map(({ says }) => says),
          words.bundleSay(manifest),
          ...words.missingSay(manifest),
          ...(isWhole ? [words.provesSay(signed), ...words.headSay(manifest), ...loggedSays(logged)] : []),
        ]),
      ].join('\n'),
  })
  const isProven = verdict === 'whole' || options.unsigned === true
  if (isWhole && !isProven) throw refused('evidence-unsigned', { folder })
  return isWhole ? 0 : 1
}

async function noteKeysIn(file: Options[string], use: KeyUse): Promise<readonly NoteKey[] | undefined> {
  return typeof file === 'string' ? (await readKeys(file, use)).map(noteKeyOf) : undefined
}

export function lines({ lang }: Session, { width }: Screen, said: readonly Text[]): string {
  return said.flatMap((line) => wrap(oneLine(line[lang]), width)).join('\n')
}

/** A folder, or a place in a bucket; one that ends with a slash holds bundles: this one gets a name of its own in it. */
export function folderNamed({ output }: Options, name: string): string {
  const folder = textOf(output)
  if (folder === undefined || folder === '')
    throw refused('bad-input', { where: '--output', problem: expected('a new folder', '新しいフォルダー') })
  if (!folder.endsWith('/')) return folder
  // join() would make one slash of two.
  return folder.startsWith('s3://') ? `${folder}${name}` : join(folder, name)
}

const dayMs = 86_400_000
const mostDays = 36_500

/** Refuses (`bad-input`) what is no lock, and one for a folder. */
/** How long what is written is locked. Refuses a place that is taken, before hours of collecting. */
export async function lockWhereFree(options: Options, name: string): Promise<Lock | undefined> {
  const named = folderNamed(options, name)
  const lock = lockFrom(options, named)
  // Where only the folder above is named, the bundle is called after what is in it.
  const isKnown = named === options.output && bucketTarget(named, '--output') === undefined
  if (isKnown) await refuseTaken(named)
  return lock
}

function lockFrom({ lockDays, lockMode }: Options, output: string): Lock | undefined {
  const isBucket = bucketTarget(output, '--output') !== undefined
  if (lockDays === undefined) return undefined
  const days = Number(lockDays)
  const problem = !isBucket
    ? expected('an --output that begins with s3://', 's3:// で始まる --output')
    : !Number.isInteger(days) || days < 1 || days > mostDays
      ? expected(`days from 1 to ${mostDays}`, `1〜${mostDays} の日数`)
      : undefined
  if (problem !== undefined) throw refused('bad-input', { where: '--lock-days', problem })
  const mode = lockMode === 'governance' ? 'governance' : 'compliance'
  return { mode, until: new Date(Date.now() + days * dayMs).toISOString() }
}

export async function signingFrom({ key }: Options): Promise<Signing | undefined> {
  const file = textOf(key)
  if (file === undefined) return undefined
  const own = await openPrivateKey(file, 'evidence')
  const der = createPublicKey(own).export({ format: 'der', type: 'spki' })
  return { sign: textSigner(own), key: der.toString('base64url') }
}

function archivedOf({ around }: Session, workflow: string): string | undefined {
  const archive = around.env.HIKESHI_ARCHIVE
  return archive === undefined ? undefined : archiveFolder(archive, workflow)
}

type Had = { readonly pieces: readonly Piece[]; readonly missing: readonly Text[] }

const none: Had = { pieces: [], missing: [] }

/** The logs that were kept while the incident was open; `own`: its folder in the archive. */
async function keptPieces(own: string | undefined): Promise<Had> {
  if (own === undefined) return { pieces: [], missing: [words.noArchive] }
  const pieces = await logPieces(join(own, 'logs'))
  return { pieces, missing: pieces.length === 0 ? [words.noLogs] : [] }
}

/** What people ran by hand and recorded; `missing` also says which of it the timeline does not know. */
async function recordedPieces(
  places: readonly string[],
  named: readonly string[],
  state: IncidentState | undefined,
  timeline: readonly TimelineEvent[],
): Promise<Had> {
  if (state === undefined) return { pieces: [], missing: [] }
  const of = { incident: state.id, declaredAtMs: state.declaredAtMs }
  const lying = await Promise.all(places.map((place) => recordingsIn(place, of)))
  const files = [...(await recordingsNamed(named, of)), ...lying.flat()]
  const byPath = new Map(files.map((file) => [recordingPath(file), file]))
  const told = recordingsTold(timeline).map(({ path }) => path)
  return {
    pieces: [...byPath].map(([path, file]) => ({ path, read: () => createReadStream(file) })),
    missing: [
      ...told.filter((path) => !byPath.has(path)).map(words.recordingMissing),
      ...[...byPath.keys()].filter((path) => !told.includes(path)).map(words.recordingUntold),
    ],
  }
}

/** What the workers collected by themselves when it was closed; undefined where they did not. */
async function atClosePieces(own: string, zone: string): Promise<Had | undefined> {
  const folder = collectionFolder(own, collectionOf(undefined, atClose))
  const found = await collectedIn(folder)
  if (found === undefined) return undefined
  return { pieces: await collectedPieces(folder, zone), missing: found.missing.map(words.notCollected) }
}

/** Of an incident that is open all that can be had; of one that is over curves, since all else is another story by now. */
async function collectedNow(
  session: Session,
  state: IncidentState | undefined,
  endMs: number | undefined,
  withLogs: boolean,
): Promise<Had> {
  const archive = session.around.env.HIKESHI_ARCHIVE
  if (state === undefined || archive === undefined) return none
  const { book } = state.runbook
  const isOpen = !isEnd(state.phase)
  if (!isOpen && figureParts(book, state.service, curveKinds).length === 0) return none
  const time = timeAround(state, endMs ?? Date.now())
  try {
    const { collect } = await import('../../../evidence/collect.ts')
    const order = {
      desk: book.runbook,
      service: state.service,
      of: state.id,
      objects: isOpen,
      curves: time,
      ...(isOpen ? { databases: true as const } : {}),
      ...(isOpen && withLogs ? { logs: time } : {}),
    }
    const { folder, missing } = await patiently(session, collect(await session.temporal(), order))
    const pieces = await collectedPieces(collectionFolder(archive, folder), book.timezone)
    return { pieces, missing: missing.map(words.notCollected) }
  } catch (error) {
    const failure = failureIn(error)
    if (failure === undefined) throw error
    const why = { en: explain(failure, 'en').what, ja: explain(failure, 'ja').what }
    return { pieces: [], missing: [words.notCollected(why)] }
  }
}

/** In a bundle of an incident they lie apart from the logs that were kept while it happened. */
export async function collectedPieces(
  folder: string,
  zone: string,
  logsBelow = 'cluster/',
): Promise<readonly Piece[]> {
  return [
    ...(await filePieces(join(folder, 'cluster'), 'cluster')),
    ...(await filePieces(join(folder, 'databases'), 'databases')),
    ...(await curvePieces(join(folder, 'metrics'), 'metrics', zone)),
    ...(await logPieces(join(folder, 'logs'), logsBelow)),
  ]
}
