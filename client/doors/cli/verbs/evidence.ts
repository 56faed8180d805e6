import { createPublicKey } from 'node:crypto'
import { dirname, join } from 'node:path'
import { expected } from '../../../../domain/expected.ts'
import { explain } from '../../../../domain/failures.ts'
import type { IncidentState } from '../../../../domain/incident/fold/state.ts'
import { present } from '../../../../domain/present.ts'
import type { Verdict } from '../../../../domain/timeline/prove.ts'
import type { NoteKey } from '../../../../domain/transparency/note.ts'
import { isEnd, type Text } from '../../../../domain/words.ts'
import { noteKeyOf } from '../../../../edge/note-keys.ts'
import { readKeys } from '../../../../edge/public-keys.ts'
import { refused } from '../../../../edge/refused.ts'
import { collectionFolder, logsFolder } from '../../../../wire/archive.ts'
import { checkLogged, loggedPieces } from '../../../evidence/logged.ts'
import { filePieces, logPieces, type Piece } from '../../../evidence/piece.ts'
import { stateOf, storyPieces } from '../../../evidence/story.ts'
import { verifyBundle } from '../../../evidence/verify-bundle.ts'
import { type Signing, writeBundle } from '../../../evidence/write-bundle.ts'
import { failureIn } from '../../../failure-in.ts'
import { openPrivateKey, textSigner } from '../../../keys.ts'
import * as words from '../../../words/evidence.ts'
import { countsSay, remarks, verdictFact } from '../../../words/proof.ts'
import { loggedSays } from '../../../words/transparency.ts'
import { toned } from '../facts.ts'
import { patiently } from '../patience.ts'
import type { Session } from '../session.ts'
import { oneLine, type Screen, wrap } from '../terminal.ts'
import { type Options, textOf } from '../verb.ts'
import { evidenceOf } from './replay.ts'

/** Everything that there is of an incident, in one folder that proves itself. */
export async function evidence(session: Session, what: string, options: Options): Promise<undefined> {
  const signing = await signingFrom(options)
  folderNamed(options, what)
  const { workflow, folder, ...evidence } = await evidenceOf(session, what)
  if (evidence.histories.length === 0) throw refused('unknown-incident', { incident: what.slice(0, 60) })
  const [{ replay }, { reexecute }] = await Promise.all([
    import('../../../replay/replay.ts'),
    import('../../../../workers/reexecute.ts'),
  ])
  const replayed = await replay(workflow, evidence, (runs, id) => reexecute(runs, id))
  const madeMs = Date.now()
  const state = stateOf(replayed)
  const kept = await keptPieces(folder === undefined ? logsOf(session, workflow) : join(folder, 'logs'))
  const now = await collectedNow(session, state, kept.pieces.length === 0)
  const archive = folder === undefined ? session.around.env.HIKESHI_ARCHIVE : dirname(folder)
  const logged = await loggedPieces(archive, workflow, replayed.timeline)
  const head = replayed.timeline.at(-1)
  const output = folderNamed(options, workflow)
  const manifest = await writeBundle({
    output,
    pieces: [
      ...storyPieces(evidence, replayed, state, madeMs),
      ...kept.pieces,
      ...now.pieces,
      ...logged.pieces,
    ],
    says: {
      of: workflow,
      madeAt: new Date(madeMs).toISOString(),
      by: session.by.id,
      ...(head === undefined ? {} : { head: { seq: head.seq, hash: head.hash } }),
      ...present({ source: evidence.source }),
      missing: [...found(replayed), ...kept.missing, ...now.missing, ...logged.missing],
    },
    ...present({ signing }),
  })
  const { timeline: _, opening: __, ...verdict } = replayed
  await session.print({
    data: { folder: output, manifest, proof: verdict },
    text: (screen) =>
      lines(session, screen, [
        verdictFact(workflow, verdict).value,
        countsSay(verdict),
        ...remarks(verdict, []),
        words.bundleSay(manifest),
        ...words.missingSay(manifest),
        ...(signing === undefined ? [words.provesSay(undefined)] : []),
      ]),
  })
}

/** What the re-execution has to say against the story. */
function found({ difference, missing }: Pick<Verdict, 'difference' | 'missing'>): readonly Text[] {
  return [...(difference === undefined ? [] : [difference.says]), ...missing.map(({ says }) => says)]
}

/** 0 where every file is as the manifest says and the signature holds; else 1. */
export async function verify(session: Session, folder: string, options: Options): Promise<number> {
  const keyFile = textOf(options.key)
  const keys = { logs: await noteKeysIn(options.logKey), witnesses: await noteKeysIn(options.witness) }
  const bundle = await verifyBundle(folder, keyFile === undefined ? undefined : await readKeys(keyFile))
  const { manifest, signed } = bundle
  const { problems: ofLog, logged } = await checkLogged(folder, manifest, present(keys))
  const problems = [...bundle.problems, ...ofLog]
  const verdict = ofLog.length === 0 ? bundle.verdict : 'changed'
  const isWhole = verdict === 'whole'
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
        toned(
          oneLine((isWhole ? words.whole : words.changed)[session.lang]),
          isWhole ? 'good' : 'bad',
          screen,
        ),
        lines(session, screen, [
          ...problems.map(({ says }) => says),
          words.bundleSay(manifest),
          ...words.missingSay(manifest),
          ...(isWhole ? [words.provesSay(signed), ...words.headSay(manifest), ...loggedSays(logged)] : []),
        ]),
      ].join('\n'),
  })
  return isWhole ? 0 : 1
}

async function noteKeysIn(file: Options[string]): Promise<readonly NoteKey[] | undefined> {
  return typeof file === 'string' ? (await readKeys(file)).map(noteKeyOf) : undefined
}

export function lines({ lang }: Session, { width }: Screen, said: readonly Text[]): string {
  return said.flatMap((line) => wrap(oneLine(line[lang]), width)).join('\n')
}

/** A folder that ends with a slash holds bundles: this one gets a name of its own in it. */
export function folderNamed({ output }: Options, name: string): string {
  const folder = textOf(output)
  if (folder === undefined || folder === '')
    throw refused('bad-input', { where: '--output', problem: expected('a new folder', '新しいフォルダー') })
  return folder.endsWith('/') ? join(folder, name) : folder
}

export async function signingFrom({ key }: Options): Promise<Signing | undefined> {
  const file = textOf(key)
  if (file === undefined) return undefined
  const own = await openPrivateKey(file)
  const der = createPublicKey(own).export({ format: 'der', type: 'spki' })
  return { sign: textSigner(own), key: der.toString('base64url') }
}

function logsOf({ around }: Session, workflow: string): string | undefined {
  const archive = around.env.HIKESHI_ARCHIVE
  return archive === undefined ? undefined : logsFolder(archive, workflow)
}

type Had = { readonly pieces: readonly Piece[]; readonly missing: readonly Text[] }

/** The logs that were kept while the incident was open. */
async function keptPieces(logs: string | undefined): Promise<Had> {
  if (logs === undefined) return { pieces: [], missing: [words.noArchive] }
  const pieces = await logPieces(logs)
  return { pieces, missing: pieces.length === 0 ? [words.noLogs] : [] }
}

/** Before it was declared it had begun. */
const beforeMs = 3_600_000

/** Of an incident that is open; of one that is over what Kubernetes says now is another story. */
async function collectedNow(
  session: Session,
  state: IncidentState | undefined,
  withLogs: boolean,
): Promise<Had> {
  const archive = session.around.env.HIKESHI_ARCHIVE
  if (state === undefined || archive === undefined || isEnd(state.phase)) return { pieces: [], missing: [] }
  try {
    const { collect } = await import('../../../evidence/collect.ts')
    const order = {
      desk: state.runbook.book.runbook,
      service: state.service,
      of: state.id,
      objects: true,
      ...(withLogs ? { logs: { fromMs: state.declaredAtMs - beforeMs, toMs: Date.now() } } : {}),
    }
    const { folder, missing } = await patiently(session, collect(await session.temporal(), order))
    return { pieces: await collectedPieces(archive, folder), missing: missing.map(words.notCollected) }
  } catch (error) {
    const failure = failureIn(error)
    if (failure === undefined) throw error
    const why = { en: explain(failure, 'en').what, ja: explain(failure, 'ja').what }
    return { pieces: [], missing: [words.notCollected(why)] }
  }
}

/** In a bundle of an incident they lie apart from the logs that were kept while it happened. */
export async function collectedPieces(
  archive: string,
  folder: string,
  logsBelow = 'cluster/',
): Promise<readonly Piece[]> {
  const collection = collectionFolder(archive, folder)
  return [
    ...(await filePieces(join(collection, 'cluster'), 'cluster')),
    ...(await logPieces(join(collection, 'logs'), logsBelow)),
  ]
}
