/** Evidence as activities of a cluster's worker: what they read goes into its archive and never over Temporal, which gets counts. */
import { activityInfo, Context } from '@temporalio/activity'
import { z } from 'zod'
import type { MaskRule } from '../../domain/evidence/mask.ts'
import { expects } from '../../domain/expected.ts'
import { incidentId, labelSelector } from '../../domain/names.ts'
import type { StepContext } from '../../domain/steps/contract.ts'
import type { Activities, CollectCall, FollowCall } from '../../wire/activities.ts'
import { collectionFolder, logsFolder } from '../../wire/archive.ts'
import { alive } from '../alive.ts'
import { lookContext, parser } from '../calls.ts'
import type { Guard } from '../guard.ts'
import type { Kubernetes } from '../kubernetes/api/client.ts'
import { refuse } from '../refusal.ts'
import { collectInto } from './collect.ts'
import { followLogs } from './follow.ts'
import { keptLogs } from './kept-logs.ts'

const beatEveryMs = 1_000

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
const collectCall = parser(
  'collect',
  z.object({
    context: lookContext,
    about,
    of: incidentId.optional(),
    id: z.uuid(),
    objects: z.boolean(),
    logs: z.object({ fromMs: z.number(), toMs: z.number() }).optional(),
  }),
) as (input: unknown) => CollectCall

export type EvidenceOptions = {
  readonly kubernetes: Kubernetes
  readonly guard: Pick<Guard, 'place' | 'words'>
  /** The archive; undefined: nothing is kept. */
  readonly directory: string | undefined
  /** Logs are kept while an incident is open. */
  readonly follows: boolean
  /** The team's own, besides hikeshi's. */
  readonly rules: readonly MaskRule[]
}

export function evidenceActivities({
  kubernetes,
  guard,
  directory,
  follows,
  rules,
}: EvidenceOptions): Pick<Activities, 'followLogs' | 'collect'> {
  /** Whose namespace may be read a runbook says that this worker trusts. */
  const taken = async (context: StepContext): Promise<void> => {
    guard.place(context)
    await guard.words('kubernetes.pods', {}, context)
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
        const { torn } = await followLogs({ kubernetes, context, about, folder, writer, rules }, isOver)
        return { ...(await keptLogs(folder)), torn }
      }),
    collect: (input) =>
      alive('collect', beatEveryMs, async () => {
        const { context, about, of, id, objects, logs } = collectCall(input)
        await taken(context)
        if (directory === undefined) return refuse('worker-without-archive', { cluster: context.cluster })
        const { attempt } = activityInfo()
        const folder = `${of === undefined ? '' : `${of}/`}collected/${id}-${attempt}`
        const into = { directory: collectionFolder(directory, folder), writer: writerName() }
        const asked = { about, objects, ...(logs === undefined ? {} : { logs }) }
        return { folder, ...(await collectInto(into, asked, { kubernetes, context, rules })) }
      }),
  }
}

/** Of two attempts the later one is the greater, also where the activity was begun anew. */
function writerName(): string {
  const { scheduledTimestampMs, attempt } = activityInfo()
  return `${String(scheduledTimestampMs).padStart(15, '0')}-${String(attempt).padStart(6, '0')}`
}
