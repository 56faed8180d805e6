/** One process that does an installation's work: workflows and pages from `incidents`, diagnosis and repair from `cluster/<name>`. */
import { Client, Connection } from '@temporalio/client'
import { NativeConnection, Worker } from '@temporalio/worker'
import { archiveActivities } from '../activities/archive/archive-run.ts'
import { openConnections } from '../activities/connections.ts'
import { guardOf } from '../activities/guard.ts'
import { handsOf, stepActivities } from '../activities/hands.ts'
import { kubernetesApi } from '../activities/kubernetes/index.ts'
import { type ChannelsFile, defaultChannels, openChannels } from '../activities/notify/channels.ts'
import { notifyActivities } from '../activities/notify/send-page.ts'
import { openPolicy, type Policy } from '../activities/policy.ts'
import { openPublishers } from '../activities/public-keys.ts'
import type { Believed } from '../activities/published.ts'
import { runbookActivities, shelvesOf } from '../activities/published-runbook.ts'
import { refuse } from '../activities/refusal.ts'
import { signedSource } from '../activities/signed-runbooks.ts'
import { aborted } from '../edge/signals.ts'
import { channelArgsTo } from '../wire/direct.ts'
import { ensureSearchAttributes } from '../wire/search-attributes.ts'
import { clusterQueue, incidentsQueue } from '../workflows/messages.ts'
import { openArchiveAlarm } from './alarm.ts'
import { withAttempt } from './attempts.ts'
import { begunAt } from './begun.ts'
import { workflowBundle } from './bundle.ts'
import { logLine, quietLogs } from './logs.ts'
import { deafSinks } from './reexecute.ts'
import { type Settings, settingsFrom } from './settings.ts'
import { startWatch } from './watch.ts'

export type Running = {
  /** Ends when the worker has stopped; rejects when it broke. */
  readonly stopped: Promise<void>
  readonly stop: () => void
}

/**
 * A task that waits for a killed worker goes to another one after this, and one that it had begun after `taskTimeout`, which is as long. A
 * shorter time has a busy worker read its workflows anew in the middle of a storm.
 */
const stickyQueueTimeout = '2s'
/** They share one thread: what it has begun must be done before `taskTimeout`, also where each needs a whole history read. */
const tasksAtOnce = 10
/** A page that waits for its channel costs next to nothing. */
const pagesAtOnce = 1_000

export type StartOptions = {
  readonly env?: NodeJS.ProcessEnv
  readonly workflowsEntry?: string
  /** The runbooks whose words it believes; without it those that come over Temporal. */
  readonly believed?: Believed | undefined
}

/** Connects, checks what it needs, and polls. Returns as soon as it polls. */
export async function startWorker({
  env = process.env,
  workflowsEntry,
  believed,
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
  const channels =
    settings.channels === undefined || !pages ? defaultChannels() : await openChannels(settings.channels, env)
  const client = new Client({ connection, namespace })
  const workers = await Promise.all(
    settings.roles.map((role) =>
      role === 'incidents'
        ? incidentsWorker(native, client, settings, channels, workflowsEntry)
        : clusterWorker(native, client, settings, env, believed),
    ),
  )
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

async function incidentsWorker(
  connection: NativeConnection,
  client: Client,
  settings: Settings,
  { channels, alarm }: ChannelsFile,
  workflowsEntry: string | undefined,
): Promise<Worker> {
  return Worker.create({
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
      }),
      ...runbookActivities(client),
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

async function clusterWorker(
  native: NativeConnection,
  client: Client,
  settings: Settings,
  env: NodeJS.ProcessEnv,
  believed: Believed | undefined,
): Promise<Worker> {
  const { cluster, kubeconfig } = settings
  const staysAsRead = (where: string, problem: string) =>
    logLine('ERROR', `keys that changed are not in force, those read before stay: ${where}: ${problem}`)
  const policy = await openPolicy(settings, staysAsRead)
  const { publisherKeys, attestationKeys } = settings
  const signers = publisherKeys && (await openPublishers(publisherKeys, attestationKeys, staysAsRead))
  const signed = signers ? signedSource(shelvesOf(client), signers) : undefined
  const kubernetes = kubernetesApi({
    cluster,
    ...(kubeconfig === undefined ? {} : { kubeconfigPath: kubeconfig }),
  })
  // Loaded before the first incident asks: it takes 1.6 s, and the whole picture has 5. A kubeconfig that cannot be read yet is no
  // reason not to start: each step then says so.
  await kubernetes.load().catch(() => undefined)
  const hands = handsOf({
    kubernetes,
    connections: await openConnections(settings.connections, env),
    namespaces: policy.namespaces,
  })
  // Only of a worker that starts: a mistake in its settings stands alone.
  for (const line of trusting(policy, believed !== undefined || signed !== undefined)) logLine('WARN', line)
  const begun = begunAt(client, settings.connection.address)
  return Worker.create({
    connection: native,
    namespace: settings.namespace,
    taskQueue: clusterQueue(cluster),
    activities: withAttempt(stepActivities(hands, guardOf(policy, believed, signed), begun)),
    // A picture's worker counts as dead after 1 s of silence (activity-options.ts); by itself Core would speak up after 0.8 s.
    maxHeartbeatThrottleInterval: '300ms',
    shutdownGraceTime: '5s',
  })
}

/** Said at the start: what is believed because Temporal says it. */
function trusting({ keys, lab }: Policy, knowsRunbooks: boolean): readonly string[] {
  if (lab)
    return [
      'HIKESHI_LAB=1: incidents of a lab are taken, in which nobody is verified; never set it where a change matters',
    ]
  const change =
    'HIKESHI_ATTESTATION_PUBLIC_KEYS is not set: whoever may write to Temporal is believed, and can have anything changed (SECURITY.md)'
  const read =
    'neither HIKESHI_PUBLISHER_KEYS nor HIKESHI_TRUSTED_RUNBOOKS is set: whoever may write to Temporal chooses what is read, programs in containers included (SECURITY.md)'
  return [...(keys === undefined ? [change] : []), ...(knowsRunbooks ? [] : [read])]
}
