/** The live server, by its data folder: whether it runs, how it is stopped and started, and what it says over its own socket. */
import { z } from 'zod'
import type { Plan, StepContext } from '../../domain/steps/contract.ts'
import type { PgbackrestSettings } from '../connections-file.ts'
import { readStatefulSet, scaleStatefulSet } from '../kubernetes/deployments/stateful-set.ts'
import { pause, pulse } from '../pulse.ts'
import { refuse } from '../refusal.ts'
import { must } from './copy.ts'
import type { At, Place } from './place.ts'
import { lsn, psqlJson, type Server } from './psql.ts'

const lookEveryMs = 200
const stopsWithinMs = 300_000

/** How many pods its StatefulSet had, and which one it is; null where commands start and stop it. */
export const runner = z.strictObject({ uid: z.string(), replicas: z.number() }).nullable()
export type Runner = z.infer<typeof runner>

export async function runnerOf(
  { kubernetes }: Place,
  { statefulSet }: PgbackrestSettings,
  context: StepContext,
): Promise<Runner> {
  if (statefulSet === undefined) return null
  const { uid, wanted } = await readStatefulSet(kubernetes, context, statefulSet)
  // Somebody may have stopped it already: that is no number to go back to.
  return { uid, replicas: Math.max(1, wanted) }
}

/** What stopping it takes down at once. */
export function podsOf(by: Runner): Plan['pods'] {
  const ready = by === null ? 0 : 1
  return { ready, notReady: 0, ofReady: ready }
}

/** Whether a server of this folder runs: by the process that its lock file names, or by the pods that are there to run it. */
export async function isRunning({ station, settings, beside }: At, folder: string): Promise<boolean> {
  if (beside !== undefined) return (await beside.livePods()) > 0
  const { status } = await station.exec([`${settings.postgresFolder}/pg_ctl`, 'status', '-D', folder])
  return status === 0
}

/** Where the server of this folder listens; undefined while there is none. */
export async function socketOf({ station }: At, folder: string): Promise<Server | undefined> {
  const { status, stdout } = await station.exec(['cat', '--', `${folder}/postmaster.pid`])
  const [, , , port = '', sockets = ''] = stdout.split('\n')
  const [socketFolder = ''] = sockets.split(',')
  return status === 0 && Number(port) > 0 && socketFolder !== ''
    ? { socketFolder: socketFolder.trim(), port: Number(port) }
    : undefined
}

const status = z.object({
  recovering: z.boolean(),
  system: z.string(),
  timeline: z.number(),
  lsn,
  data: z.string(),
  /** Its own clock, epoch ms. */
  nowMs: z.number(),
})
export type LiveStatus = z.infer<typeof status>

const ask = `select json_build_object('recovering', pg_is_in_recovery(),
  'system', (select system_identifier::text from pg_control_system()),
  'timeline', case when pg_is_in_recovery() then 0
    else ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int end,
  'lsn', case when pg_is_in_recovery() then coalesce(pg_last_wal_replay_lsn(), '0/0') else pg_current_wal_lsn() end,
  'data', current_setting('data_directory'), 'nowMs', floor(extract(epoch from clock_timestamp()) * 1000))`

/** Refuses (`command-failed`) with the server's own sentence where it does not let the superuser in over its socket. */
export async function mustAnswer(at: At): Promise<void> {
  const server = await socketOf(at, at.settings.dataFolder)
  if (server !== undefined) await psqlJson(at.station, at.settings, server, status, ask)
}

/** What the server of the live folder says; undefined while it does not answer. */
export async function askLive(at: At): Promise<LiveStatus | undefined> {
  const server = await socketOf(at, at.settings.dataFolder)
  if (server === undefined) return undefined
  return psqlJson(at.station, at.settings, server, status, ask).catch(() => undefined)
}

/** Whether the live server is this cluster, open for writing on this timeline. */
export async function isInPlace(at: At, system: string, timeline: number): Promise<boolean> {
  const live = await askLive(at)
  return live !== undefined && !live.recovering && live.system === system && live.timeline === timeline
}

/** Refuses while a server of the live folder runs: for who does not answer, and goes on writing, nobody knows where its log ends. */
export async function refuseSilent(at: At): Promise<void> {
  if (!(await isRunning(at, at.settings.dataFolder))) return
  refuse('restore-refused', {
    reason: {
      en: 'the primary runs and does not answer; stop it first, so that nothing is written any more',
      ja: 'プライマリは動作していますが応答しません。先に停止し、書き込みを止めてください',
    },
  })
}

/** Which cluster and timeline a folder is of, by its control file: that is there also while no server runs. Undefined where there is none. */
export async function controlOf(
  { station, settings }: At,
  folder: string,
): Promise<{ readonly system: string; readonly timeline: number } | undefined> {
  const { status, stdout } = await station.exec([`${settings.postgresFolder}/pg_controldata`, '-D', folder])
  const system = /^Database system identifier: +(\d+)$/m.exec(stdout)?.[1]
  const timeline = Number(/^Latest checkpoint's TimeLineID: +(\d+)$/m.exec(stdout)?.[1])
  return status === 0 && system !== undefined && timeline > 0 ? { system, timeline } : undefined
}

/** Stops the live server in order and waits until no process of it is left; nothing where it is stopped. */
export async function stopLive(place: Place, at: At, by: Runner, context: StepContext): Promise<void> {
  const { station, settings } = at
  const { statefulSet, stopCommand } = settings
  if (statefulSet !== undefined && by !== null)
    await scaleStatefulSet(place.kubernetes, context, statefulSet, { uid: by.uid, replicas: 0 })
  else if (stopCommand !== undefined && (await isRunning(at, settings.dataFolder)))
    await must(station, stopCommand, { withinMs: stopsWithinMs })
  await waited('stopping', stopsWithinMs, async () => {
    const gone =
      statefulSet === undefined || (await readStatefulSet(place.kubernetes, context, statefulSet)).pods === 0
    return gone && !(await isRunning(at, settings.dataFolder))
  })
}

/** Has the live server started by what stopped it; nothing where it runs. */
export async function startLive(place: Place, at: At, by: Runner, context: StepContext): Promise<void> {
  const { station, settings, beside } = at
  const { statefulSet, startCommand } = settings
  if (statefulSet !== undefined && by !== null) {
    // Its volumes are free on whatever node its pod comes to.
    await beside?.leave()
    await scaleStatefulSet(place.kubernetes, context, statefulSet, by)
    // While nobody wanted its pod, whoever else looked had a Job made on any node. From now on one stands on the pod's own.
    await beside?.leave()
  } else if (startCommand !== undefined && !(await isRunning(at, settings.dataFolder)))
    await must(station, startCommand, { withinMs: stopsWithinMs })
}

/** Looks until it is so; refuses `no-answer` after so long. */
export async function waited(at: string, withinMs: number, isSo: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + withinMs
  while (!(await isSo())) {
    pulse().beat({ at })
    if (performance.now() > end) refuse('no-answer', { seconds: withinMs / 1_000, where: at })
    await pause(lookEveryMs)
  }
}
