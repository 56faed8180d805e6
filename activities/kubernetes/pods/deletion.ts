/** What a plan says of the pods that go, and what of it still stands when they shall. */
import { z } from 'zod'
import { isDrift } from '../../../domain/approval/same-plan.ts'
import type { Plan, StepContext } from '../../../domain/steps/contract.ts'
import type { Kubernetes } from '../api/client.ts'
import type { PodState } from '../objects/pod-state.ts'
import { readPlanned } from './delete-pod.ts'
import type { Workload } from './replaced.ts'
import { inTurn } from './take-down.ts'

/** A plan is hashed, approved and carried through the history as a whole; more pods than this are no single step. */
export const mostPods = 200
const plannedPod = z.object({ name: z.string(), uid: z.string(), ready: z.boolean() })
export const change = z.object({
  pods: z.array(plannedPod),
  workloads: z.array(
    z.object({ target: z.string(), pods: z.number(), planned: z.number(), othersReady: z.number() }),
  ),
  oneByOne: z.boolean(),
})

const before = z.object({ ready: z.number(), pods: z.number() })

type Seen = {
  /** It is one pod by its name. */
  readonly isOne: boolean
  readonly meant: readonly PodState[]
  readonly chosen: readonly PodState[]
  /** What these pods belong to. */
  readonly workloadsOf: (chosen: readonly PodState[]) => readonly Workload[]
}
/** What people were told of, as far as it still stands. */
export type Agreed = Pick<z.infer<typeof change>, 'pods' | 'workloads'> & { readonly of: number }

/**
 * The pods that people were told of, where each is one that would be chosen now, or is gone or Ready again and so left alone. Undefined
 * where one of them never was meant.
 */
export async function agreedIn(
  kubernetes: Kubernetes,
  context: StepContext,
  { change: told, before: toldBefore }: Plan,
  { isOne, meant, chosen, workloadsOf }: Seen,
): Promise<Agreed | undefined> {
  const { data: known } = change.safeParse(told)
  const { data: counted } = before.safeParse(toldBefore)
  if (known === undefined || counted === undefined || known.pods.length > mostPods) return undefined
  const stand = await inTurn(known.pods, async (pod) => {
    if (chosen.some(({ uid }) => uid === pod.uid)) return true
    const isWell = meant.some(({ uid, ready }) => uid === pod.uid && ready)
    return (isWell && !pod.ready) || (await readPlanned(kubernetes, context, pod)) === undefined
  })
  const gone = known.pods.filter(({ uid }) => !meant.some((pod) => pod.uid === uid)).length
  const areCounted =
    known.workloads.reduce((sum, { planned }) => sum + planned, 0) === known.pods.length &&
    workloadsOf(chosen.filter(({ uid }) => known.pods.some((pod) => pod.uid === uid))).every(
      ({ target, othersReady }) =>
        known.workloads.some((one) => one.target === target && 2 * one.othersReady >= othersReady - gone),
    )
  if (!stand.every(Boolean) || !areCounted) return undefined
  const now = meant.filter((pod) => !pod.ended).length
  const of = !isOne && isDrift(counted.pods, now) ? counted.pods : meant.length
  return { pods: known.pods, workloads: known.workloads, of }
}
