import type { containerSteps } from '../../domain/steps/containers.ts'
import type { ChangeHand, HandOf, Plan, ReadHand } from '../../domain/steps/contract.ts'
import type { kubernetesSteps } from '../../domain/steps/kubernetes.ts'
import { withDeadline } from '../pulse.ts'
import { readAccess } from './api/access.ts'
import type { Kubernetes } from './api/client.ts'
import { holdingLeases } from './api/lease.ts'
import { execHand } from './containers/exec-change.ts'
import { readByProgram } from './containers/exec-read.ts'
import { readTcpConnections } from './containers/tcp-connections.ts'
import { rolloutRestartHand } from './deployments/rollout-restart.ts'
import { rolloutUndoHand } from './deployments/rollout-undo.ts'
import { readRollouts } from './deployments/rollouts.ts'
import { scaleHand } from './deployments/scale.ts'
import { setResourcesHand } from './deployments/set-resources.ts'
import { readEvents } from './objects/events.ts'
import { deletePodsHand, workloadsOf } from './pods/delete-pods.ts'
import { readLogs } from './pods/logs.ts'
import { readPodStates } from './pods/pods.ts'
import { readTop } from './pods/top.ts'

export { type Kubernetes, type KubernetesSettings, kubernetesApi } from './api/client.ts'

type Declared = typeof kubernetesSteps & typeof containerSteps
type KubernetesHands = { readonly [K in keyof Declared]: HandOf<Declared[K]> }

/** The situation's parts answer within 4 s or say that they do not know. */
const readWithinMs = 4_000

export function kubernetesHands(kubernetes: Kubernetes, usesJobs: boolean): KubernetesHands {
  return {
    'kubernetes.pods': reading(kubernetes, readPodStates),
    'kubernetes.logs': reading(kubernetes, readLogs, ({ follow }) => follow),
    'kubernetes.access': reading(kubernetes, (api, params, context) =>
      readAccess(api, params, context, usesJobs),
    ),
    'kubernetes.events': reading(kubernetes, readEvents),
    'kubernetes.rollouts': reading(kubernetes, readRollouts),
    'kubernetes.scale': changing(kubernetes, scaleHand(kubernetes)),
    'kubernetes.rollout-undo': changing(kubernetes, rolloutUndoHand(kubernetes)),
    'kubernetes.rollout-restart': changing(kubernetes, rolloutRestartHand(kubernetes)),
    'kubernetes.set-resources': changing(kubernetes, setResourcesHand(kubernetes)),
    'kubernetes.delete-pods': changing(kubernetes, deletePodsHand(kubernetes), workloadsOf),
    // A program has the time that its step gives it.
    'kubernetes.top': reading(kubernetes, readTop),
    'kubernetes.connections': (params, context) => readTcpConnections(kubernetes, params, context),
    'kubernetes.exec-read': (params, context) => readByProgram(kubernetes, params, context),
    'kubernetes.exec': changing(kubernetes, execHand(kubernetes)),
  }
}

function reading<P>(
  kubernetes: Kubernetes,
  read: (kubernetes: Kubernetes, ...call: Parameters<ReadHand<P>>) => ReturnType<ReadHand<P>>,
  longerMs: (params: P) => number = () => 0,
): ReadHand<P> {
  const where = {
    en: `the Kubernetes API of cluster "${kubernetes.cluster}"`,
    ja: `クラスター「${kubernetes.cluster}」の Kubernetes API`,
  }
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
