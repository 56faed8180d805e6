/**
 * The copy beside the live database: a folder of its own with a record of what it is. At most one of a stanza, and it belongs to the step that
 * made it. What the record says was looked at; nothing of it comes over Temporal.
 */
import { z } from 'zod'
import { isDrill } from '../../domain/restore/drill.ts'
import { sha256Hex } from '../../domain/timeline/canonical.ts'
import type { PgbackrestSettings } from '../connections-file.ts'
import { refuse } from '../refusal.ts'
import { lastLine, type Station } from './station/station.ts'

const text = z.object({ en: z.string(), ja: z.string() })

/** Where recovery stopped, and how that is said to PostgreSQL so that it stops there again. */
const paused = z.strictObject({
  /** The end of the last record that was replayed. */
  lsn: z.string(),
  timeline: z.number(),
  /** Commit time of the last transaction in it, UTC; null where there is none since the backup. */
  lastCommitAt: z.string().nullable(),
})
export type Paused = z.infer<typeof paused>

/** Where recovery stops: before the first transaction that ended later than a time, or at a position. */
export const stopSchema = z.discriminatedUnion('at', [
  z.strictObject({ at: z.literal('time'), utc: z.string() }),
  z.strictObject({ at: z.literal('position'), lsn: z.string(), inclusive: z.boolean() }),
  /** As soon as the files of the backup hold together. */
  z.strictObject({ at: z.literal('end-of-backup') }),
])
export type Stop = z.infer<typeof stopSchema>

const recordSchema = z.strictObject({
  v: z.literal(1),
  stepRun: z.string(),
  system: z.string(),
  backup: z.string(),
  timeline: z.number(),
  /** UTC; null: everything that the archive has. */
  target: z.string().nullable(),
  startedAt: z.string(),
  /** The team's zone: times of this copy are shown in it as well. */
  zone: z.string().optional(),
  /** What recovery was told; another attempt tells it the same. */
  stop: stopSchema.optional(),
  lastAt: z.string().optional(),
  /** Segments that the repository never got, taken from the old disk. */
  tail: z.array(z.string()).optional(),
  paused: paused.optional(),
  checks: z
    .array(z.strictObject({ name: z.string(), status: z.enum(['ok', 'failed', 'not-run']), says: text }))
    .optional(),
  /** SHA-256 over the checks themselves, so that "all hold" says of which. */
  checked: z.string().optional(),
  /** SHA-256 of postgresql.auto.conf at that time: what is set there comes along into use. */
  settings: z.string().optional(),
  verifiedAt: z.string().optional(),
})
export type CopyRecord = z.infer<typeof recordSchema>

export type Copy = {
  /** `shodo-42.restore` */
  readonly name: string
  readonly folder: string
  readonly data: string
  readonly record: string
  /** The tasks: pgBackRest's restore, the server, and of a drill the reading of the repository. */
  readonly restoring: string
  readonly server: string
  readonly verifying: string
}

export function copyOf(settings: PgbackrestSettings, stepRun: string): Copy {
  return copyNamed(settings, shortened(stepRun.replaceAll(/[^A-Za-z0-9-]+/g, '.')))
}

/** By the name that `copyOf` gave it. */
export function copyNamed({ copiesFolder }: PgbackrestSettings, name: string): Copy {
  const folder = `${copiesFolder}/${name}`
  return {
    name,
    folder,
    data: `${folder}/data`,
    record: `${folder}/restore.json`,
    restoring: `${folder}/restoring`,
    server: `${folder}/server`,
    verifying: `${folder}/verifying`,
  }
}

/** The whole path of the server's socket must not exceed 107 bytes. */
const nameAtMost = 40

function shortened(name: string): string {
  return name.length <= nameAtMost ? name : `${name.slice(0, nameAtMost - 9)}.${sha256Hex(name).slice(0, 8)}`
}

const claimFile = (settings: PgbackrestSettings) => `${settings.copiesFolder}/${settings.stanza}.current`

/** The step run that has the copy of this stanza; undefined where there is none. */
export async function ownerOf(station: Station, settings: PgbackrestSettings): Promise<string | undefined> {
  const { status, stdout } = await station.exec(['readlink', claimFile(settings)])
  return status === 0 ? stdout.trim() : undefined
}

/** Refuses (`copy-exists`, `copy-of-drill`) where another step or a drill has one. Of two that come at the same moment one wins: a link is made or not. */
export async function claim(station: Station, settings: PgbackrestSettings, stepRun: string): Promise<void> {
  const { status, stderr } = await station.exec(['ln', '-s', '-T', '--', stepRun, claimFile(settings)])
  if (status === 0) return
  const by = await ownerOf(station, settings)
  if (by === stepRun) return
  if (by === undefined) refuse('command-failed', { command: 'ln', reason: lastLine(stderr) })
  refuse(isDrill(by) ? 'copy-of-drill' : 'copy-exists', { stanza: settings.stanza, by })
}

/** Of the settings that come along with the copy; undefined where they cannot be read. */
export async function settingsHash(station: Station, { data }: Copy): Promise<string | undefined> {
  const { status, stdout } = await station.exec(['sha256sum', '--', `${data}/postgresql.auto.conf`])
  return status === 0 ? stdout.split(' ', 1)[0] : undefined
}

export async function readRecord(station: Station, copy: Copy): Promise<CopyRecord | undefined> {
  const text = await contentOf(station, copy.record)
  return text === undefined ? undefined : recordSchema.parse(JSON.parse(text))
}

/** Whole or not at all. */
export async function writeRecord(station: Station, copy: Copy, record: CopyRecord): Promise<void> {
  await written(station, copy.record, JSON.stringify(recordSchema.parse(record), undefined, 2))
}

/** For a worker that dies while it hands the content over this is its end: only all `$2` bytes are a file. */
const writeScript = `
set -eu
mkdir -p -- "$(dirname -- "$1")"
cat >"$1.new"
[ "$(wc -c <"$1.new")" -eq "$2" ] || { echo 'its content did not arrive whole' >&2; exit 1; }
sync -- "$1.new"
mv -- "$1.new" "$1"
`

/** Writes a file as whom the data belongs to, whole or not at all. */
export async function written(station: Station, file: string, content: string): Promise<void> {
  const bytes = String(Buffer.byteLength(content))
  await must(station, ['sh', '-c', writeScript, 'sh', file, bytes], { input: content })
}

/** Refuses (`command-failed`) where that cannot be seen. */
export async function exists(station: Station, path: string): Promise<boolean> {
  const { status, stderr } = await station.exec(['test', '-e', path])
  if (status > 1) refuse('command-failed', { command: 'test', reason: lastLine(stderr) || `exit ${status}` })
  return status === 0
}

const noSuchFile = 3
const contentScript = `[ -e "$1" ] || exit ${noSuchFile}; exec cat -- "$1"`

/** Undefined where there is no such file; refuses (`command-failed`) where it is there and cannot be read. */
export async function contentOf(station: Station, path: string): Promise<string | undefined> {
  const { status, stdout, stderr } = await station.exec(['sh', '-c', contentScript, 'sh', path])
  if (status === 0) return stdout
  if (status === noSuchFile) return undefined
  return refuse('command-failed', { command: 'cat', reason: lastLine(stderr) || `exit ${status}` })
}

/** Refuses with the program's last words where it does not end with 0; its output otherwise. */
export async function must(
  station: Station,
  argv: readonly string[],
  how: Parameters<Station['exec']>[1] = {},
): Promise<string> {
  const { status, stdout, stderr } = await station.exec(argv, how)
  if (status === 0) return stdout
  return refuse('command-failed', {
    command: (argv[0] ?? '').split('/').at(-1) ?? '',
    reason: lastLine(stderr) || lastLine(stdout) || `exit ${status}`,
  })
}

const takenFile = (settings: PgbackrestSettings) => `${settings.copiesFolder}/${settings.stanza}.taken`

/** Says that this copy is being taken away, before anything of it ends: who still works on it must not take that for a failure. */
export async function takeAway(
  station: Station,
  settings: PgbackrestSettings,
  stepRun: string,
): Promise<void> {
  await must(station, ['ln', '-sfn', '--', stepRun, takenFile(settings)])
}

/** Whether the step run still has its copy, and nobody is taking it away. */
export async function hasCopy(
  station: Station,
  settings: PgbackrestSettings,
  stepRun: string,
): Promise<boolean> {
  const taken = await station.exec(['readlink', takenFile(settings)])
  return taken.stdout.trim() !== stepRun && (await ownerOf(station, settings)) === stepRun
}

/** The stanza may have another copy now. Nothing where somebody else has it. */
export async function release(
  station: Station,
  settings: PgbackrestSettings,
  stepRun: string,
): Promise<void> {
  if ((await ownerOf(station, settings)) === stepRun)
    await must(station, ['rm', '-f', '--', claimFile(settings)])
  await must(station, ['rm', '-f', '--', takenFile(settings)])
}
