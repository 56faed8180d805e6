import type { containerSteps } from '../../domain/steps/containers.ts'
import type { ChangeHand, HandOf, Plan, ReadHand } from '../../domain/steps/contract.ts'
import type { kubernetesSteps } from '../../domain/steps/kubernetes.ts'
import { withDeadline } from '../pulse.ts'
import { readAccess } from './access.ts'
import type { Kubernetes } from './client.ts'
import { readConnections } from './connections.ts'
import { deletePodsHand, workloadsOf } from './delete-pods.ts'
import { readEvents } from './events.ts'
import { execHand } from './exec-change.ts'
import { readByProgram } from './exec-read.ts'
import { holdingLeases } from './lease.ts'
import { readLogs } from './logs.ts'
import { readPodStates } from './pods.ts'
import { rolloutRestartHand } from './rollout-restart.ts'
import { rolloutUndoHand } from './rollout-undo.ts'
import { readRollouts } from './rollouts.ts'
import { scaleHand } from './scale.ts'
import { setResourcesHand } from './set-resources.ts'
import { readTop } from './top.ts'

export { type Kubernetes, type KubernetesSettings, kubernetesApi } from './client.ts'

type Declared = typeof kubernetesSteps & typeof containerSteps
type KubernetesHands = { readonly [K in keyof Declared]: HandOf<Declared[K]> }

/** The situation's parts answer within 4 s or say that they do not know. */
const readWithinMs = 4_000

export function kubernetesHands(kubernetes: Kubernetes): KubernetesHands {
  return {
    'kubernetes.pods': reading(kubernetes, readPodStates),
    'kubernetes.logs': reading(kubernetes, readLogs, ({ follow }) => follow),
    'kubernetes.access': reading(kubernetes, readAccess),
    'kubernetes.events': reading(kubernetes, readEvents),
    'kubernetes.rollouts': reading(kubernetes, readRollouts),
    'kubernetes.scale': changing(kubernetes, scaleHand(kubernetes)),
    'kubernetes.rollout-undo': changing(kubernetes, rolloutUndoHand(kubernetes)),
    'kubernetes.rollout-restart': changing(kubernetes, rolloutRestartHand(kubernetes)),
    'kubernetes.set-resources': changing(kubernetes, setResourcesHand(kubernetes)),
    'kubernetes.delete-pods': changing(kubernetes, deletePodsHand(kubernetes), workloadsOf),
    // A program has the time that its step gives it.
    'kubernetes.top': reading(kubernetes, readTop),
    'kubernetes.connections': (params, context) => readConnections(kubernetes, params, context),
    'kubernetes.exec-read': (params, context) => readByProgram(kubernetes, params, context),
    'kubernetes.exec': changing(kubernetes, execHand(kubernetes)),
  }
}

function reading<P>(
  kubernetes: Kubernetes,
  read: (kubernetes: Kubernetes, ...call: Parameters<ReadHand<P>>) => ReturnType<ReadHand<P>>,
  longerMs: (params: P) => number = () => 0,
): ReadHand<P> {
  const where = `the Kubernetes API of cluster "${kubernetes.cluster}"`
  return (params, context) =>
    withDeadline(readWithinMs + longerMs(params), where, () => read(kubernetes, params, context))
}

/** `touched`: what the plan changes besides its target; each has its Lease, by which a step that has it as its target waits. */
function changing<P>(
  kubernetes: Kubernetes,
  hand: ChangeHand<P>,
  touched: (plan: Plan) => readonly string[] = () => [],
): ChangeHand<P> {
  return {
    ...hand,
    run: (params, plan, context, usableUntilMs) =>
      holdingLeases(kubernetes, [plan.target, ...touched(plan)], context, () =>
        hand.run(params, plan, context, usableUntilMs),
      ),
  }
}
