/** Evidence as activities of a cluster's worker: what they read goes into its archive and never over Temporal, which gets counts. */
import { activityInfo, Context } from '@temporalio/activity'
import { z } from 'zod'
import { curveKinds, databaseKinds } from '../../domain/evidence/figures.ts'
import type { MaskRule } from '../../domain/evidence/mask.ts'
import { expects } from '../../domain/expected.ts'
import type { Failure } from '../../domain/failures.ts'
import { incidentId, labelSelector } from '../../domain/names.ts'
import { present } from '../../domain/present.ts'
import type { Part } from '../../domain/runbook/parts.ts'
import type { KindName } from '../../domain/steps/catalogue.ts'
import type { StepContext } from '../../domain/steps/contract.ts'
import { withRoom } from '../../edge/memory.ts'
import type { Activities, CollectCall, FollowCall } from '../../wire/activities.ts'
import { atClose, collectionFolder, collectionOf, logsFolder } from '../../wire/archive.ts'
import { carriedBy } from '../../wire/carried.ts'
import { alive } from '../alive.ts'
import { lookContext, parser } from '../calls.ts'
import type { Connections } from '../connections-file.ts'
import type { Guard } from '../guard.ts'
import type { Kubernetes } from '../kubernetes/api/client.ts'
import { withDeadline } from '../pulse.ts'
import { refuse } from '../refusal.ts'
import type { Read } from '../shared-readings.ts'
import { collectOnce } from './collect.ts'
import { followLogs } from './follow.ts'
import { keptLogs } from './kept-logs.ts'
import { unwritable } from './unwritable.ts'

const beatEveryMs = 1_000
/** Its logs have 20 minutes, all else less. */
const mostOfCollectMs = 30 * 60_000

const about = z.object({
  workloads: z
    .array(
      z
        .string()
        .max(300)
        .regex(/^(deployment|statefulset)\/[a-z0-9.-]+$/, expects('a workload', 'ワークロード')),
    )
    .max(1_000),
  selectors: z.array(labelSelector).max(1_000),
})
const followCall = parser('followLogs', z.object({ context: lookContext, about })) as (
  input: unknown,
) => FollowCall
const window = z.object({ fromMs: z.number(), toMs: z.number() })
/** Its id becomes the name of a file. */
const figure = z.object({
  id: z.string().regex(/^[a-z0-9][a-z0-9.-]{0,150}$/),
  kind: z.enum([...curveKinds, ...databaseKinds]),
  params: z.record(z.string(), z.unknown()),
  service: z.string().max(100).optional(),
})
const collectCall = parser(
  'collect',
  z.object({
    context: lookContext,
    about,
    of: incidentId.optional(),
    id: z.union([z.uuid(), z.literal(atClose)]),
    objects: z.boolean(),
    logs: window.optional(),
    figures: z.array(figure).max(100),
    curves: window.optional(),
  }),
) as (input: unknown) => CollectCall

export type EvidenceOptions = {
  readonly kubernetes: Kubernetes
  readonly connections: Connections
  /** The reading hands (activities/step-activities.ts). */
  readonly read: Read
  readonly guard: Pick<Guard, 'place' | 'words'>
  /** The archive; undefined: nothing is kept. */
  readonly directory: string | undefined
  /** Logs are kept while an incident is open. */
  readonly follows: boolean
  /** The team's own, besides hikeshi's. */
  readonly rules: readonly MaskRule[]
  readonly onTrouble?: (incident: string, why: Failure) => void
}

export function evidenceActivities({
  kubernetes,
  connections,
  read,
  guard,
  directory,
  follows,
  rules,
  onTrouble,
}: EvidenceOptions): Pick<Activities, 'followLogs' | 'collect'> {
  /** Whose namespace may be read a runbook says that this worker trusts. */
  const taken = async (context: StepContext): Promise<void> => {
    guard.place(context)
    await guard.words('kubernetes.pods', {}, context)
  }
  /** What the archive's disk refuses is a failure of its own, and told at every attempt. */
  const written = async <T>(incident: string, folder: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      const own = unwritable(folder, error)
      const why = carriedBy(own)
      if (why !== undefined) onTrouble?.(incident, why)
      throw own ?? error
    }
  }
  return {
    followLogs: (input) =>
      alive('followLogs', beatEveryMs, async () => {
        const { context, about } = followCall(input)
        await taken(context)
        if (directory === undefined || !follows) return null
        const folder = logsFolder(directory, incidentId.parse(context.incident))
        const activity = Context.current()
        const isOver = () => activity.cancellationDetails?.cancelRequested === true
        const writer = writerName()
        return written(context.incident, folder, async () => {
          const { torn } = await followLogs({ kubernetes, context, about, folder, writer, rules }, isOver)
          return { ...(await keptLogs(folder)), torn }
        })
      }),
    collect: (input) =>
      alive('collect', beatEveryMs, async () => {
        const { context, about, of, id, objects, logs, figures, curves } = collectCall(input)
        await taken(context)
        if (directory === undefined) return refuse('worker-without-archive', { cluster: context.cluster })
        const folder = collectionOf(of, id)
        const into = { directory: collectionFolder(directory, folder), writer: writerName() }
        const asked = { about, objects, figures, ...present({ logs, curves }) }
        const words = (kind: string, params: Part['params']) => guard.words(kind as KindName, params, context)
        const sources = { read, words, connections }
        const reach = { kubernetes, context, rules }
        const work = () =>
          withDeadline(mostOfCollectMs, folder, () =>
            withRoom(() => collectOnce(into, asked, sources, reach)),
          )
        return { folder, ...(await written(of ?? context.incident, into.directory, work)) }
      }),
  }
}

/** Of two attempts the later one is the greater, also where the activity was begun anew. */
function writerName(): string {
  const { scheduledTimestampMs, attempt } = activityInfo()
  return `${String(scheduledTimestampMs).padStart(15, '0')}-${String(attempt).padStart(6, '0')}`
}
