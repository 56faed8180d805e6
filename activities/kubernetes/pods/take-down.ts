/** The order in which planned pods go, as fast as their budgets and their replacements allow. */
import type { Failure } from '../../../domain/failures.ts'
import type { StepContext } from '../../../domain/steps/contract.ts'
import { carriedBy } from '../../../wire/carried.ts'
import { runOf } from '../../../wire/step-run.ts'
import { pause, pulse } from '../../pulse.ts'
import { refuse } from '../../refusal.ts'
import type { Kubernetes } from '../api/client.ts'
import { type Deletion, deletePod, type PlannedPod } from './delete-pod.ts'
import type { Workload } from './replaced.ts'
import { awaitSuccessors } from './successors.ts'

/** At the API server at once. */
const atOnce = 8
/** How long a budget may stay exhausted without a pod going: the replacements of deleted pods have to become Ready. */
const budgetWithinMs = 20_000
const lookEveryMs = 1_000
const mostNamed = 10

type Planned = {
  readonly pods: readonly PlannedPod[]
  readonly workloads: readonly Workload[]
  readonly oneByOne: boolean
}
type Outcomes = Map<string, Deletion>

/**
 * Deletes the pods, those that are not Ready first: their replacements are what budgets wait for. What a killed worker had done is
 * seen by the UIDs that are gone, so a repeat goes on where it stopped, waiting for the replacement of the last one too.
 * Errors: disruption-budget, replacement-not-ready and replacement-starting, which say what was deleted and what was left.
 */
export async function takeDown(
  kubernetes: Kubernetes,
  context: StepContext,
  { pods, workloads, oneByOne }: Planned,
): Promise<Outcomes> {
  const ordered = [...pods].sort((a, b) => Number(a.ready) - Number(b.ready))
  const outcomes: Outcomes = new Map()
  if (!oneByOne) {
    await deleteAll(kubernetes, context, ordered, outcomes, pods)
    return outcomes
  }
  for (const pod of ordered) {
    const started = performance.now()
    const lacking = await awaitSuccessors(kubernetes, context, pods, workloads)
    if (lacking !== undefined) {
      // The next attempt goes on waiting: nothing is wrong with pods that come up slowly.
      refuse(lacking.rising ? 'replacement-starting' : 'replacement-not-ready', {
        seconds: Math.round((performance.now() - started) / 1_000),
        reason: lacking.says,
        ...progress(pods, outcomes, context),
      })
    }
    await deleteAll(kubernetes, context, [pod], outcomes, pods)
  }
  return outcomes
}

async function deleteAll(
  kubernetes: Kubernetes,
  context: StepContext,
  pods: readonly PlannedPod[],
  outcomes: Outcomes,
  all: readonly PlannedPod[],
): Promise<void> {
  let left = pods
  let wentAt = performance.now()
  for (;;) {
    const answers = await inTurn(left, async (pod) => {
      const answer = await askToGo(kubernetes, context, pod)
      if (typeof answer === 'string') outcomes.set(pod.name, answer)
      return answer
    })
    const kept = left.filter(({ name }) => !outcomes.has(name))
    if (kept.length === 0) return
    if (kept.length < left.length) wentAt = performance.now()
    if (performance.now() - wentAt > budgetWithinMs) {
      const block = answers.find((answer) => typeof answer !== 'string')
      refuse('disruption-budget', { ...block?.params, ...progress(all, outcomes, context) })
    }
    left = kept
    pulse().beat({ podsHeldByBudget: left.length })
    await pause(lookEveryMs)
  }
}

/** The outcome of the pod, or the failure that names the budget which keeps it. */
async function askToGo(
  kubernetes: Kubernetes,
  context: StepContext,
  pod: PlannedPod,
): Promise<Deletion | Failure> {
  try {
    return await deletePod(kubernetes, context, pod)
  } catch (error) {
    const found = carriedBy(error)
    if (found?.name === 'disruption-budget') return found
    throw error
  }
}

/** Of what an earlier attempt did, it is only known that it is gone. */
function progress(all: readonly PlannedPod[], outcomes: Outcomes, context: StepContext) {
  const isGone = ({ name }: PlannedPod) => ['deleted', 'gone'].includes(outcomes.get(name) ?? '')
  return {
    deleted: named(all.filter(isGone)),
    left: named(all.filter((pod) => !isGone(pod))),
    incident: context.incident,
    step: runOf(context),
  }
}

function named(pods: readonly PlannedPod[]): string {
  if (pods.length === 0) return '-'
  const more = pods.length > mostNamed ? ` (+${pods.length - mostNamed})` : ''
  return `${pods
    .slice(0, mostNamed)
    .map(({ name }) => name)
    .join(', ')}${more}`
}

/** Eight at a time; the first refusal ends it, and a retry finds what was done. */
export async function inTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (let i = 0; i < items.length; i += atOnce) {
    results.push(...(await Promise.all(items.slice(i, i + atOnce).map(work))))
  }
  return results
}
