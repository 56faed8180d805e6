/** What the repository holds, read with pgBackRest's own commands. */
import { z } from 'zod'
import {
  type Backup,
  parseHistory,
  type Repository,
  runsOf,
  type Timeline,
} from '../../../domain/restore/repository.ts'
import { historyName, segmentBytesOf, segmentNamed, timelineOf } from '../../../domain/restore/segment.ts'
import type { PgbackrestSettings } from '../../connections-file.ts'
import { refuse } from '../../refusal.ts'
import { pgbackrest, type Run } from './program.ts'

/** Each archived segment, beside the runs that they make. */
export type Stored = {
  readonly repository: Repository
  readonly segments: readonly StoredSegment[]
}

export type StoredSegment = {
  readonly timeline: number
  readonly segment: number
  /** The last moment of the second in which it was written there. */
  readonly archivedMs: number
}

const keyed = z.object({ id: z.number(), 'repo-key': z.number().default(1) })
const pair = z.object({ start: z.string().nullable(), stop: z.string().nullable() })
const stanza = z.object({
  name: z.string(),
  status: z.object({ code: z.number(), message: z.string() }),
  db: z.array(keyed.extend({ version: z.string(), 'system-id': z.number().or(z.string()) })).default([]),
  archive: z.array(z.object({ database: keyed, id: z.string() })).default([]),
  backup: z
    .array(
      z.object({
        label: z.string(),
        type: z.enum(['full', 'diff', 'incr']),
        database: keyed,
        archive: pair,
        lsn: pair.optional(),
        timestamp: z.object({ start: z.number(), stop: z.number() }),
        info: z.object({
          size: z.number(),
          repository: z.object({ size: z.number().optional(), delta: z.number() }),
        }),
        error: z.boolean().nullish(),
      }),
    )
    .default([]),
})
type Stanza = z.infer<typeof stanza>

const listed = z.record(
  z.string(),
  z.object({ type: z.string(), size: z.number().optional(), time: z.number().optional() }),
)

/** Backups, timelines and archived segments of the database as it is now. Errors: stanza-missing, and those of the program. */
export async function readRepository(
  run: Run,
  connection: string,
  settings: PgbackrestSettings,
): Promise<Stored> {
  const said = await run(pgbackrest(settings, '--output=json', 'info'))
  const all = parseJson(z.array(stanza), withWholeIdentifiers(said))
  const found = all.find(({ name }) => name === settings.stanza)
  const now = found?.db.toSorted((a, b) => b.id - a.id || a['repo-key'] - b['repo-key'])[0]
  if (found === undefined || now === undefined)
    return refuse('stanza-missing', {
      connection,
      stanza: settings.stanza,
      reason: found?.status.message ?? 'missing stanza path',
    })
  const isNow = ({ database }: { readonly database: z.infer<typeof keyed> }) =>
    database.id === now.id && database['repo-key'] === now['repo-key']
  const archive = found.archive.find(isNow)?.id ?? `${now.version}-${now.id}`
  const ofRepository = { settings, archive, key: now['repo-key'] }
  const backups = found.backup.filter(isNow).flatMap(backupOf)
  const files = await filesOf(run, ofRepository)
  const segmentBytes =
    segmentBytesOf(
      backups.flatMap(({ startLsn, firstSegment, stopLsn, lastSegment }) => [
        { lsn: startLsn, segment: firstSegment },
        { lsn: stopLsn, segment: lastSegment },
      ]),
    ) ?? (await segmentBytesOfServer(run, settings))
  const segments = files.flatMap(({ path, writtenMs }) => segmentIn(path, writtenMs, segmentBytes))
  return {
    repository: {
      stanza: settings.stanza,
      archive,
      systemIdentifier: String(now['system-id']),
      segmentBytes,
      backups: backups.toSorted((a, b) => a.stopMs - b.stopMs),
      timelines: await timelinesIn(run, ofRepository, files),
      runs: runsOf(segments),
    },
    segments,
  }
}

type OfRepository = {
  readonly settings: PgbackrestSettings
  readonly archive: string
  readonly key: number
}

/** An offline backup has no place in the log, so nothing leads on from it. */
function backupOf({ label, type, archive, lsn, timestamp, info, error }: Stanza['backup'][number]): Backup[] {
  const timeline = timelineOf(archive.start ?? '')
  if (!archive.start || !archive.stop || !lsn?.start || !lsn.stop || timeline === undefined) return []
  return [
    {
      label,
      type,
      startMs: timestamp.start * 1_000,
      stopMs: timestamp.stop * 1_000,
      startLsn: lsn.start,
      stopLsn: lsn.stop,
      firstSegment: archive.start,
      lastSegment: archive.stop,
      timeline,
      bytes: info.size,
      repositoryBytes: info.repository.size ?? info.repository.delta,
      error: error === true,
    },
  ]
}

type StoredFile = { readonly path: string; readonly writtenMs: number }

async function filesOf(run: Run, { settings, archive, key }: OfRepository): Promise<readonly StoredFile[]> {
  const folder = `archive/${settings.stanza}/${archive}`
  const said = await run(
    pgbackrest(settings, `--repo=${key}`, '--output=json', '--recurse', 'repo-ls', folder),
  )
  return Object.entries(parseJson(listed, said)).flatMap(([path, { type, time }]) =>
    type === 'file' && time !== undefined ? [{ path, writtenMs: time * 1_000 + 999 }] : [],
  )
}

/** A segment that was cut by a promotion is `.partial`: recovery never asks for it. */
function segmentIn(path: string, archivedMs: number, segmentBytes: number): readonly StoredSegment[] {
  const [, name = ''] = /(?:^|\/)([0-9A-F]{24})-[0-9a-f]{40}(?:\.[a-z0-9]+)?$/.exec(path) ?? []
  const named = segmentNamed(name, segmentBytes)
  return named === undefined ? [] : [{ ...named, archivedMs }]
}

/** Of the newest timeline its history names all ancestors; only what is beside them needs a look of its own. */
async function timelinesIn(
  run: Run,
  { settings, archive, key }: OfRepository,
  files: readonly StoredFile[],
): Promise<readonly Timeline[]> {
  const ids = files
    .flatMap(({ path }) => /(?:^|\/)([0-9A-F]{8})\.history$/.exec(path)?.[1] ?? [])
    .map((id) => Number.parseInt(id, 16))
    .toSorted((a, b) => b - a)
  const timelines = new Map<number, Timeline>()
  for (const id of ids) {
    if (timelines.has(id)) continue
    const file = `archive/${settings.stanza}/${archive}/${historyName(id)}`
    const forks = parseHistory(await run(pgbackrest(settings, `--repo=${key}`, 'repo-get', file)))
    if (forks === undefined) refuse('command-failed', { command: 'pgbackrest', reason: unreadable(file) })
    for (const [i, fork] of forks.entries()) {
      const child = forks[i + 1]?.timeline ?? id
      if (!timelines.has(fork.timeline) && i === 0) timelines.set(fork.timeline, { id: fork.timeline })
      timelines.set(child, { id: child, parent: fork })
    }
  }
  return [...timelines.values()].sort((a, b) => a.id - b.id)
}

/** Where no backup tells it: the live server's own control file. */
async function segmentBytesOfServer(run: Run, settings: PgbackrestSettings): Promise<number> {
  const said = await run([`${settings.postgresFolder}/pg_controldata`, '-D', settings.dataFolder])
  const bytes = Number(/^Bytes per WAL segment:\s+(\d+)$/m.exec(said)?.[1])
  if (!Number.isSafeInteger(bytes) || bytes <= 0)
    return refuse('command-failed', {
      command: 'pg_controldata',
      reason: unreadable(settings.dataFolder),
    })
  return bytes
}

/** 64 bits are more than a number of JavaScript holds. */
function withWholeIdentifiers(json: string): string {
  return json.replaceAll(/("system-id":)(\d+)/g, '$1"$2"')
}

function parseJson<T extends z.ZodType>(shape: T, said: string): z.infer<T> {
  try {
    return shape.parse(JSON.parse(said))
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : String(error)
    return refuse('command-failed', { command: 'pgbackrest', reason: reason.slice(0, 300) })
  }
}

function unreadable(what: string) {
  return { en: `cannot understand ${what}`, ja: `${what} を解釈できません` }
}
