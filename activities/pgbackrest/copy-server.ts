/** The server of a copy: on the loopback, never archiving, paused where its recovery was told to stop. */
import { z } from 'zod'
import { positionOf } from '../../domain/restore/segment.ts'
import type { PgbackrestSettings } from '../connections-file.ts'
import { pause, pulse } from '../pulse.ts'
import { refuse } from '../refusal.ts'
import { restoreCommand } from './backup-files.ts'
import { type Copy, type CopyRecord, must, type Paused, type Stop, written } from './copy.ts'
import { lsn, psql, psqlJson, type Server } from './psql.ts'
import type { Station } from './station/station.ts'

export function serverOf({ copyPort }: PgbackrestSettings, { folder }: Copy): Server {
  return { socketFolder: folder, port: copyPort }
}

const lookEveryMs = 100

/** What a server that recovers must have at least as large as the one that wrote the log, by the names that pg_controldata gives them. */
const atLeastAsLarge = {
  'max_connections setting': 'max_connections',
  'max_worker_processes setting': 'max_worker_processes',
  'max_wal_senders setting': 'max_wal_senders',
  'max_prepared_xacts setting': 'max_prepared_transactions',
  'max_locks_per_xact setting': 'max_locks_per_transaction',
} as const

/** As written by `2024-01-20T05:30:00.000Z`; PostgreSQL reads other zones its own way. */
export function utcOf(iso: string): string {
  return iso.replace('T', ' ').replace('Z', '+00')
}

/** Each of these is a target, and PostgreSQL takes one: what another tool has left in a file counts as well. */
const noStop = [
  'recovery_target',
  'recovery_target_lsn',
  'recovery_target_name',
  'recovery_target_time',
  'recovery_target_xid',
] as const

function stopSettings(stop: Stop): readonly string[] {
  switch (stop.at) {
    case 'time':
      return [`recovery_target_time=${stop.utc}`, 'recovery_target_inclusive=on']
    case 'position':
      return [`recovery_target_lsn=${stop.lsn}`, `recovery_target_inclusive=${stop.inclusive ? 'on' : 'off'}`]
    case 'end-of-backup':
      return ['recovery_target=immediate']
  }
}

/**
 * Starts the copy and waits until it is paused where it was told. Under way it is found again; one that was killed begins again where it
 * was. `isNew` begins it again in any case: it goes on to a later stop.
 */
export async function startPaused(
  station: Station,
  settings: PgbackrestSettings,
  copy: Copy,
  {
    stop,
    timeline,
    isNew = false,
  }: { readonly stop: Stop; readonly timeline: number; readonly isNew?: boolean },
): Promise<Paused> {
  await written(station, `${copy.folder}/pg_hba.conf`, hba(settings))
  let argv = await command(station, settings, copy, stop, timeline)
  if (isNew) await stopServer(station, settings, copy)
  if ((await station.look(copy.server)).state !== 'running') await startServer(station, copy, argv)
  for (let starts = 1; ; ) {
    pulse().signal.throwIfAborted()
    const task = await station.look(copy.server)
    if (task.state !== 'running') {
      // Killed by somebody: it goes on from where it was. What it said itself is final.
      const fatal = await fatalIn(station, copy)
      if (fatal !== undefined || starts >= mostStarts)
        refuse('restore-failed', {
          reason: fatal ?? {
            en: 'the server of the copy was killed again and again',
            ja: 'コピーのサーバーが繰り返し強制終了されました',
          },
        })
      starts += 1
      await startServer(station, copy, argv)
    }
    const seen = await look(station, settings, copy).catch(() => undefined)
    pulse().beat({ at: 'recovering', position: seen?.lsn ?? null })
    if (seen?.pause === 'paused' && (await hasStopped(station, copy))) {
      refuseOther(settings, copy, seen)
      return { lsn: seen.lsn, timeline, lastCommitAt: seen.lastCommitAt }
    }
    // The primary was given more since: that stands in the control file by now.
    if (seen?.pause === 'paused' && (await says(station, copy, 'insufficient parameter settings'))) {
      if (starts >= mostStarts) refuse('restore-failed', { reason: insufficient })
      starts += 1
      await stopServer(station, settings, copy)
      argv = await command(station, settings, copy, stop, timeline)
      await startServer(station, copy, argv)
    }
    await pause(lookEveryMs)
  }
}

/**
 * No process of the task lives, which the kernel says: the lock files of one that was killed are no server's. PostgreSQL would believe it as long as nobody
 * has reaped that process, as in a container whose first process is no init.
 */
async function startServer(station: Station, copy: Copy, argv: readonly string[]): Promise<void> {
  const lock = ['-maxdepth', '1', '-name', '.s.PGSQL.*.lock', '-delete']
  await must(station, ['rm', '-f', '--', `${copy.data}/postmaster.pid`])
  await must(station, ['find', copy.folder, ...lock])
  await station.start(copy.server, argv, true)
}

const mostStarts = 5
const insufficient = {
  en: 'recovery pauses because of insufficient parameter settings (max_connections and the like)',
  ja: 'パラメーター（max_connections など）が不足し、回復が一時停止します',
}

const status = z.object({
  recovering: z.boolean(),
  pause: z.string().nullable(),
  lsn,
  lastCommitAt: z.string().nullable(),
  archiving: z.string(),
  data: z.string(),
  system: z.string(),
})
export type CopyStatus = z.infer<typeof status>

const ask = `select json_build_object('recovering', pg_is_in_recovery(),
  'pause', case when pg_is_in_recovery() then pg_get_wal_replay_pause_state() end,
  'lsn', coalesce(pg_last_wal_replay_lsn(), pg_current_wal_lsn()),
  'lastCommitAt', to_char(pg_last_xact_replay_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
  'archiving', current_setting('archive_mode'), 'data', current_setting('data_directory'),
  'system', (select system_identifier::text from pg_control_system()))`

/** What the server of the copy says of itself. */
export function look(station: Station, settings: PgbackrestSettings, copy: Copy): Promise<CopyStatus> {
  return psqlJson(station, settings, serverOf(settings, copy), status, ask)
}

/** Refuses unless the copy is up, paused, and exactly where the record says. */
export async function stillPaused(
  station: Station,
  settings: PgbackrestSettings,
  copy: Copy,
  { lsn: wanted }: Paused,
): Promise<void> {
  const seen = await look(station, settings, copy)
  refuseOther(settings, copy, seen)
  if (seen.pause !== 'paused' || positionOf(seen.lsn) !== positionOf(wanted))
    refuse('copy-not-usable', {
      stanza: settings.stanza,
      reason: {
        en: `it is at ${seen.lsn} (${seen.pause ?? 'not recovering'}), its checks were made at ${wanted}`,
        ja: `現在位置 ${seen.lsn}（${seen.pause ?? '回復中ではない'}）が、検証した位置 ${wanted} と異なります`,
      },
    })
}

/** Starts the server again where it stood, if it has died since, and refuses unless it is paused exactly there. */
export async function standing(
  station: Station,
  settings: PgbackrestSettings,
  copy: Copy,
  { stop, timeline, paused }: Pick<CopyRecord, 'stop' | 'timeline' | 'paused'>,
): Promise<void> {
  if (stop === undefined || paused === undefined) return
  if ((await station.look(copy.server)).state !== 'running')
    await startPaused(station, settings, copy, { stop, timeline })
  await stillPaused(station, settings, copy, paused)
}

/** Ends the server in order; nothing where none runs. */
export async function stopServer(station: Station, settings: PgbackrestSettings, copy: Copy): Promise<void> {
  if ((await station.look(copy.server)).state !== 'running') return
  const { postgresFolder } = settings
  await station.exec([`${postgresFolder}/pg_ctl`, 'stop', '-D', copy.data, '-m', 'fast', '-w', '-t', '60'], {
    withinMs: 70_000,
  })
  for (let i = 0; (await station.look(copy.server)).state === 'running'; i += 1) {
    if (i === 50) await station.signal(copy.server, 'KILL')
    if (i > 100)
      refuse('command-failed', {
        command: 'pg_ctl stop',
        reason: { en: 'the server of the copy does not end', ja: 'コピーのサーバーが終了しません' },
      })
    await pause(lookEveryMs)
  }
}

/**
 * Has the copy, wherever it is started next, recover to the very position at which it is paused, and then open for writing. A position it is told
 * as it was before: behind the last record of all there is nothing that recovery could stop at.
 */
export async function promoteWhenStarted(
  station: Station,
  settings: PgbackrestSettings,
  copy: Copy,
  { stop, paused }: { readonly stop: Stop; readonly paused: Paused },
): Promise<void> {
  const at = stop.at === 'position' ? stop : { lsn: paused.lsn, inclusive: false }
  // In this order: PostgreSQL refuses even an empty target that comes behind another one.
  const others = noStop.filter((name) => name !== 'recovery_target_lsn')
  const set = {
    ...Object.fromEntries(others.map((name) => [name, ''])),
    recovery_target_lsn: lsn.parse(at.lsn),
    recovery_target_inclusive: at.inclusive ? 'on' : 'off',
    recovery_target_timeline: String(paused.timeline),
    recovery_target_action: 'promote',
  }
  const enough = await settingsBelow(station, settings, copy)
  const alter = Object.entries({ ...set, ...enough }).map(
    ([name, value]) => `alter system set ${name} = '${value}'`,
  )
  await psql(station, settings, serverOf(settings, copy), alter)
}

/** What the folder's own files give too little of: the live server would not come up with it. */
async function settingsBelow(
  station: Station,
  settings: PgbackrestSettings,
  copy: Copy,
): Promise<Readonly<Record<string, string>>> {
  const needed = await largeOf(station, settings, copy)
  const names = Object.keys(needed).map((name) => `'${name}'`)
  const inFiles = await psqlJson(
    station,
    settings,
    serverOf(settings, copy),
    z.record(z.string(), z.number()),
    `select json_object_agg(name, coalesce((select f.setting::int from pg_file_settings f
      where f.name = s.name order by f.seqno desc limit 1), s.boot_val::int))
     from pg_settings s where name in (${names.join(', ')})`,
  )
  return Object.fromEntries(
    Object.entries(needed).filter(([name, value]) => Number(value) > (inFiles[name] ?? 0)),
  )
}

/** Left over from `promoteWhenStarted` and pgBackRest: a later restore of this cluster would find two targets, and a clone would read the archive. */
export const forgetStop: readonly string[] = [
  ...noStop,
  'restore_command',
  'recovery_target_inclusive',
  'recovery_target_timeline',
  'recovery_target_action',
].map((name) => `alter system reset ${name}`)

/** Archiving would write a timeline into the repository of the live cluster; a folder that belongs to another server is not opened. */
function refuseOther({ stanza }: PgbackrestSettings, { data }: Copy, seen: CopyStatus): void {
  const reason =
    seen.archiving !== 'off'
      ? { en: 'its archive_mode is not off', ja: 'archive_mode が off ではありません' }
      : seen.data !== data
        ? { en: `port and socket lead to ${seen.data}`, ja: `ポートとソケットの接続先が ${seen.data} です` }
        : seen.recovering
          ? undefined
          : { en: 'it has left recovery', ja: 'リカバリーが終了しています' }
  if (reason !== undefined) refuse('copy-not-usable', { stanza, reason })
}

/** It also pauses where a setting is smaller than the primary's was: that is no target. */
function hasStopped(station: Station, copy: Copy): Promise<boolean> {
  return says(station, copy, 'recovery stopping (before|after)')
}

async function says(station: Station, copy: Copy, pattern: string): Promise<boolean> {
  return (await station.exec(['grep', '-qE', pattern, `${copy.server}/log`])).status === 0
}

async function fatalIn(station: Station, copy: Copy): Promise<string | undefined> {
  const own = '^(startup|postmaster): +(FATAL|PANIC): '
  const { stdout } = await station.exec(['grep', '-E', own, `${copy.server}/log`])
  const last = stdout.trim().split('\n').at(-1) ?? ''
  return /(?:FATAL|PANIC): +(.*)$/.exec(last)?.[1]
}

/** `md5` takes both kinds of hashes. Nobody but the owner of the folder reaches its socket; passwords of the past open it for no other role than the worker's own. */
function hba({ superuser, login }: PgbackrestSettings): string {
  const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`
  const over =
    login === undefined ? [] : [`host ${quoted(login.database)} ${quoted(login.user)} 127.0.0.1/32 md5`]
  return [`local all ${quoted(superuser)} trust`, ...over, ''].join('\n')
}

async function largeOf(
  station: Station,
  { postgresFolder }: PgbackrestSettings,
  copy: Copy,
): Promise<Readonly<Record<string, string>>> {
  const control = await must(station, [`${postgresFolder}/pg_controldata`, '-D', copy.data])
  return Object.fromEntries(
    Object.entries(atLeastAsLarge).flatMap(([label, name]) => {
      const value = new RegExp(`^${label}: +(\\d+)$`, 'm').exec(control)?.[1]
      return value === undefined ? [] : [[name, value] as const]
    }),
  )
}

async function command(
  station: Station,
  settings: PgbackrestSettings,
  copy: Copy,
  stop: Stop,
  timeline: number,
): Promise<readonly string[]> {
  const { postgresFolder, copyPort, settingsFile } = settings
  const large = Object.entries(await largeOf(station, settings, copy)).map(
    ([name, value]) => `${name}=${value}`,
  )
  const fixed = [
    ...(settingsFile === undefined ? [] : [`config_file=${settingsFile}`]),
    `restore_command=${restoreCommand(settings, copy.data)}`,
    `data_directory=${copy.data}`,
    `hba_file=${copy.folder}/pg_hba.conf`,
    `port=${copyPort}`,
    'listen_addresses=127.0.0.1',
    `unix_socket_directories=${copy.folder}`,
    'external_pid_file=',
    'archive_mode=off',
    'hot_standby=on',
    'hot_standby_feedback=off',
    'primary_conninfo=',
    'primary_slot_name=',
    'recovery_min_apply_delay=0',
    // What others wrote for a standby of theirs.
    'archive_cleanup_command=',
    'recovery_end_command=',
    'logging_collector=off',
    'log_destination=stderr',
    'log_min_messages=warning',
    // Who says it: a session that comes too early is refused with FATAL as well.
    'log_line_prefix=%b: ',
    'lc_messages=C',
    'ssl=off',
    'cluster_name=hikeshi-copy',
  ]
  const wanted = stopSettings(stop)
  const target = [
    ...noStop.filter((name) => !wanted.some((one) => one.startsWith(`${name}=`))).map((name) => `${name}=`),
    ...wanted,
    `recovery_target_timeline=${timeline}`,
    'recovery_target_action=pause',
  ]
  const options = [...fixed, ...large, ...target].flatMap((setting) => ['-c', setting])
  return [`${postgresFolder}/postgres`, '-D', copy.data, ...options]
}
