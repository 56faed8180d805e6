/** One process that does an installation's work: workflows and pages from `incidents`, diagnosis and repair from `cluster/<name>`. */

import { Client, Connection } from '@temporalio/client'
import { NativeConnection, Worker } from '@temporalio/worker'
import { archiveActivities } from '../activities/archive/archive-run.ts'
import { headLog } from '../activities/archive/head-log.ts'
import { openConnections } from '../activities/connections-file.ts'
import { declareActivities } from '../activities/declare.ts'
import { drillActivities, underWayAt } from '../activities/drill.ts'
import { evidenceActivities } from '../activities/evidence/index.ts'
import { slowMasks } from '../activities/evidence/slow-masks.ts'
import { guardOf, workerIdentity } from '../activities/guard.ts'
import { handsOf } from '../activities/hands.ts'
import { heldUpBy } from '../activities/held-up.ts'
import { kubernetesApi } from '../activities/kubernetes/index.ts'
import { notifyActivities } from '../activities/notify/send-page.ts'
import { ownerActivities } from '../activities/notify/tell-owner.ts'
import { placeOf } from '../activities/pgbackrest/place.ts'
import { openPolicy, type Policy } from '../activities/policy.ts'
import { openPublishers } from '../activities/public-keys.ts'
import type { Believed } from '../activities/published.ts'
import { runbookActivities, shelvesOf } from '../activities/published-runbook.ts'
import { refuse } from '../activities/refusal.ts'
import { rehearsalActivities } from '../activities/rehearsal.ts'
import { signedSource } from '../activities/signed-runbooks.ts'
import { readerOf, stepActivities } from '../activities/step-activities.ts'
import { peopleTold } from '../activities/tell-people.ts'
import { type ChannelsFile, defaultChannels, openChannels } from '../channels/channels-file.ts'
import { present } from '../domain/present.ts'
import { said, type Text, type Words } from '../domain/words.ts'
import { aborted } from '../edge/signals.ts'
import type { LogWriter } from '../edge/transparency/add-entry.ts'
import { clusterQueue, incidentsQueue, logsQueue } from '../wire/messages.ts'
import { channelArgsTo } from '../wire/server/direct.ts'
import { ensureSearchAttributes } from '../wire/server/search-attributes.ts'
import { openArchiveAlarm } from './alarm.ts'
import { withAttempt } from './attempts.ts'
import { begunAt } from './begun.ts'
import { workflowBundle } from './bundle.ts'
import { logLine, quietLogs } from './logs.ts'
import { evidenceTrouble } from './metrics.ts'
import { namingSetting } from './naming-setting.ts'
import { deafSinks } from './reexecute.ts'
import { type Settings, settingsFrom } from './settings.ts'
import { startWatch } from './watch.ts'
import { WorkflowWorker } from './workflow-worker.ts'

export type Running = {
  /** Ends when the worker has stopped; rejects when it broke. */
  readonly stopped: Promise<void>
  readonly stop: () => void
}

/**
 * A task that waits for a killed worker goes to another one after this, and one that it had begun after `taskTimeout`, which is as long. A
 * shorter time has a busy worker read its workflows again in the middle of a storm.
 */
const stickyQueueTimeout = '2s'
/** They share one thread: what it has begun must be done before `taskTimeout`, also where each needs a whole history read. */
const tasksAtOnce = 10
/** Incidents whose logs one worker follows; those beyond it wait for a place. */
const followedAtOnce = 20
/** A page that waits for its channel costs next to nothing. */
const pagesAtOnce = 1_000

export type StartOptions = {
  readonly env?: NodeJS.ProcessEnv
  readonly workflowsEntry?: string
  /** The runbooks whose words it believes; without it those that come over Temporal. */
  readonly believed?: Believed | undefined
  /** Who signs the log of heads of its archive; without it there is none. */
  readonly headLog?: LogWriter | undefined
  /** Gets what does not keep it from starting, in the language of whoever started it. */
  readonly warn?: (text: Text) => void
}

/** Connects, checks what it needs, and polls. Returns as soon as it polls. */
export async function startWorker({
  env = process.env,
  workflowsEntry,
  believed,
  headLog: writer,
  warn = ({ en }) => logLine('WARN', en),
}: StartOptions = {}): Promise<Running> {
  const settings = settingsFrom(env)
  quietLogs(settings.metrics)
  const { namespace } = settings
  const channelArgs = channelArgsTo(settings.connection.address)
  const connection = await Connection.connect({ ...settings.connection, channelArgs })
  const missing = await ensureSearchAttributes(connection, namespace)
  if (missing !== undefined) refuse(missing.name, missing.params)
  const native = await NativeConnection.connect(settings.connection)
  const pages = settings.roles.includes('incidents')
  const channels = await channelsOf(settings, env)
  const client = new Client({ connection, namespace })
  const workers = await Promise.all(
    settings.roles.map((role) =>
      role === 'incidents'
        ? incidentsWorker(native, client, settings, channels, workflowsEntry, writer).then((worker) => [
            worker,
          ])
        : namingSetting(settings, () => clusterWorkers(native, client, settings, env, believed, warn)),
    ),
  ).then((each) => each.flat())
  const watch = pages ? startWatch({ connection, namespace }, channels) : undefined
  const running = Promise.all(workers.map((worker) => worker.run())).finally(watch?.stop)
  const stop = () => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown()
  }
  const stopped = running.then(
    async () => {
      await native.close()
      await connection.close()
    },
    (error: unknown) => {
      stop()
      throw error
    },
  )
  return { stopped, stop }
}

/**
 * `hikeshi worker`: until the signal comes, at whatever moment. Before it polls it holds no work, so there is nothing to wait for;
 * afterwards what is under way is finished or handed back to Temporal.
 */
export async function runWorker(
  signal: AbortSignal,
  options: StartOptions & { readonly ready?: () => Promise<void> } = {},
): Promise<void> {
  if (signal.aborted) return
  const told = aborted(signal)
  const running = await Promise.race([startWorker(options), told])
  if (running === undefined) return
  void told.then(running.stop)
  await Promise.race([running.stopped, options.ready?.()])
  await running.stopped
}

function channelsOf(settings: Settings, env: NodeJS.ProcessEnv): Promise<ChannelsFile> {
  const { channels, roles } = settings
  return channels === undefined || !roles.includes('incidents')
    ? Promise.resolve(defaultChannels())
    : namingSetting(settings, () => openChannels(channels, env))
}

async function incidentsWorker(
  connection: NativeConnection,
  client: Client,
  settings: Settings,
  { channels, alarm }: ChannelsFile,
  workflowsEntry: string | undefined,
  writer: LogWriter | undefined,
): Promise<Worker> {
  const log = writer && headLog(writer, (line, workflowId) => logLine('ERROR', line, present({ workflowId })))
  if (settings.archive !== undefined) void log?.addWaiting(settings.archive)
  return WorkflowWorker.create({
    connection,
    namespace: settings.namespace,
    taskQueue: incidentsQueue,
    workflowBundle: await workflowBundle(workflowsEntry),
    activities: withAttempt({
      ...notifyActivities({ channels, now: Date.now }),
      ...archiveActivities({
        client,
        directory: settings.archive,
        onTrouble: openArchiveAlarm({ channels, alarm }),
        log,
      }),
      ...runbookActivities(client),
      ...declareActivities(client),
      ...ownerActivities(channels),
    }),
    sinks: deafSinks,
    stickyQueueScheduleToStartTimeout: stickyQueueTimeout,
    maxConcurrentWorkflowTaskExecutions: tasksAtOnce,
    maxCachedWorkflows: 200,
    // Else a channel that hangs holds all places, and pages over every other one wait behind it.
    maxConcurrentActivityTaskExecutions: pagesAtOnce,
    shutdownGraceTime: '5s',
  })
}

/** What lasts has places of its own: however many incidents are open, pictures and steps find theirs. */
async function clusterWorkers(
  native: NativeConnection,
  client: Client,
  settings: Settings,
  env: NodeJS.ProcessEnv,
  believed: Believed | undefined,
  warn: (text: Text) => void,
): Promise<Worker[]> {
  const { cluster, kubeconfig } = settings
  const staysAsRead = (where: string, problem: Words) =>
    logLine(
      'ERROR',
      `changed keys could not be read, so the previous ones stay in force: ${where}: ${said(problem).en}`,
    )
  const policy = await openPolicy(settings, staysAsRead)
  const { publisherKeys, attestationKeys } = settings
  const signers = publisherKeys && (await openPublishers(publisherKeys, attestationKeys, staysAsRead))
  const signed = signers ? signedSource(shelvesOf(client), signers) : undefined
  const kubernetes = kubernetesApi(present({ cluster, kubeconfigPath: kubeconfig }))
  // Loaded before the first incident asks: it takes 1.6 s, and the whole picture has 5. A kubeconfig that cannot be read yet is no
  // reason not to start: it is said now, and by each step.
  const unread = await kubernetes.load()
  if (unread !== undefined) warn(noHands(cluster, unread))
  const connections = await openConnections(settings.connections, env, policy.namespaces)
  const hands = handsOf({ kubernetes, connections, namespaces: policy.namespaces, archive: settings.archive })
  // Only of a worker that starts: a mistake in its settings stands alone.
  for (const line of trusting(policy, believed !== undefined || signed !== undefined)) logLine('WARN', line)
  const begun = begunAt(client, settings.connection.address)
  const guard = guardOf(policy, believed, signed)
  const rules = policy.mask.map(({ name, pattern }) => ({ name, pattern: new RegExp(pattern, 'gm') }))
  for (const says of slowMasks(rules)) warn(says)
  const { followLogs, collect } = evidenceActivities({
    kubernetes,
    connections,
    read: readerOf(hands, guard),
    guard,
    directory: settings.archive,
    follows: settings.followLogs,
    rules,
    onTrouble: evidenceTrouble(),
  })
  const own = { connection: native, namespace: settings.namespace, identity: workerIdentity }
  const steps = Worker.create({
    ...own,
    taskQueue: clusterQueue(cluster),
    activities: withAttempt({
      ...stepActivities(hands, guard, begun, heldUpBy(peopleTold(client))),
      collect,
      ...drillActivities({ place: placeOf(connections, kubernetes), guard, isUnderWay: underWayAt(client) }),
      ...rehearsalActivities(hands, guard),
    }),
    // A picture's worker counts as dead after 1 s of silence (activity-options.ts); by itself Core would speak up after 0.8 s.
    maxHeartbeatThrottleInterval: '300ms',
    shutdownGraceTime: '5s',
  })
  const logs = Worker.create({
    ...own,
    taskQueue: logsQueue(cluster),
    activities: withAttempt({ followLogs }),
    maxConcurrentActivityTaskExecutions: followedAtOnce,
    maxHeartbeatThrottleInterval: '300ms',
    // It would not end by itself: the next worker continues it.
    shutdownGraceTime: 0,
  })
  return Promise.all([steps, logs])
}

function noHands(cluster: string, why: Words): Text {
  const { en, ja } = said(why)
  return {
    en: `cluster "${cluster}" cannot be reached: ${en}`,
    ja: `クラスター「${cluster}」に接続できません: ${ja}`,
  }
}

/** Said at the start: what is believed because Temporal says it. */
function trusting({ keys, lab }: Policy, knowsRunbooks: boolean): readonly string[] {
  if (lab)
    return [
      'HIKESHI_LAB=1: accepting lab incidents, in which nobody is verified; never set this where a change matters',
    ]
  const change =
    'HIKESHI_ATTESTATION_PUBLIC_KEYS is not set: anybody who can write to Temporal can change anything (SECURITY.md)'
  const read =
    'neither HIKESHI_PUBLISHER_KEYS nor HIKESHI_TRUSTED_RUNBOOKS is set: anybody who can write to Temporal chooses what is read, including programs in containers (SECURITY.md)'
  return [...(keys === undefined ? [change] : []), ...(knowsRunbooks ? [] : [read])]
}
