/** What stands between Temporal and the hands: a worker acts where it is at home, and as its own policy says. */
import { hostname } from 'node:os'
import { activityInfo } from '@temporalio/activity'
import type { Trust } from '../domain/diagnosis/looks.ts'
import type { KindName } from '../domain/steps/catalogue.ts'
import type { Need, Plan, RunCall, StepContext, StepParams } from '../domain/steps/contract.ts'
import { type Attempt, approvalChecker, needer, type Own, unlessBegun } from './approvals.ts'
import type { Policy } from './policy.ts'
import { type Believed, folderSource, publishedIn, type Source } from './published.ts'
import { refuse } from './refusal.ts'

/** As Temporal names this process among those that poll. */
export const workerIdentity = `${process.pid}@${hostname()}`

export type Guard = {
  readonly trust: Trust

  /** Refuses (`not-served`) what belongs to another cluster or namespace, or to a lab. */
  readonly place: (context: StepContext) => void
  /** Refuses (`not-published`, `runbook-not-believed`) words that stand in no runbook that this worker believes. */
  readonly words: (kind: KindName, params: StepParams, context: StepContext) => Promise<void>
  /** What the policy asks of a plan; people hear of it before they approve. */
  readonly asks: (
    kind: KindName,
    params: StepParams,
    plan: Plan,
    context: StepContext,
  ) => Promise<Need | undefined>
  /**
   * Refuses a change that does not belong here or was not approved as it stands, and gives the plan to carry out; the last thing before it
   * is made.
   */
  readonly run: (kind: KindName, call: RunCall, own: Own) => Promise<Plan>
}

/** Without either source the words that come over Temporal are believed. */
export function guardOf(policy: Policy, believed?: Believed, signed?: Source): Guard {
  const sources = [
    ...(believed === undefined ? [] : [folderSource(believed)]),
    ...(signed === undefined ? [] : [signed]),
  ]
  const published = sources.length === 0 ? undefined : publishedIn(sources)
  const need = needer(policy, published)
  const check = approvalChecker(policy, need)
  const place = (context: StepContext) => placeCheck(policy, context)
  const words: Guard['words'] = async (kind, params, context) => {
    const why = await published?.lacks(kind, params, context)
    if (why !== undefined) refuse(why.name, why.params)
  }
  return {
    trust: {
      worker: workerIdentity,
      lab: policy.lab,
      signedApprovals: policy.keys !== undefined,
      trustedRunbooks: believed !== undefined,
      signedRunbooks: signed !== undefined,
    },
    place,
    words,
    asks: need,
    run: async (kind, call, own) => {
      const attempt = thisAttempt()
      await unlessBegun(call, attempt, async () => {
        place(call.context)
        await words(kind, call.params, call.context)
      })
      return check(kind, call, attempt, own)
    },
  }
}

function placeCheck({ cluster, namespaces, lab }: Policy, context: StepContext): void {
  if (context.cluster !== cluster)
    refuse('not-served', { what: `cluster ${context.cluster}`, own: `cluster ${cluster}` })
  if (namespaces !== undefined && !namespaces.includes(context.namespace))
    refuse('not-served', {
      what: `namespace ${context.namespace}`,
      own: namespaces.map((own) => `namespace ${own}`).join(', '),
    })
  if (context.lab === true && !lab)
    refuse('not-served', {
      what: { en: `${context.incident}, an incident of a lab`, ja: `ラボのインシデント ${context.incident}` },
      own: `cluster ${cluster}`,
    })
}

/** Given by Temporal's server; whoever may poll the queue has it count on. */
function thisAttempt(): Attempt {
  const { workflowExecution, activityId, scheduledTimestampMs, attempt } = activityInfo()
  const { workflowId = '', runId = '' } = workflowExecution ?? {}
  return { call: [workflowId, runId, activityId, scheduledTimestampMs].join(' '), number: attempt }
}
