import type { DeploymentState } from '../objects/deployment.ts'
import { fieldManager } from './guarded-patch.ts'

export type RolloutStatus = {
  readonly done: boolean
  /** True when the controller has given up: it exceeded progressDeadlineSeconds. */
  readonly failed: boolean
  /** In the words of `kubectl rollout status`. */
  readonly says: string
}

/** The rules of kubectl's DeploymentStatusViewer (k8s.io/kubectl/pkg/polymorphichelpers/rollout_status.go). */
export function rolloutStatus(deployment: DeploymentState, isGivenUp = exceededDeadline): RolloutStatus {
  const { name, object, wanted } = deployment
  const { metadata, status } = object
  const going = (says: string): RolloutStatus => ({ done: false, failed: false, says })
  if ((metadata?.generation ?? 0) > (status?.observedGeneration ?? 0)) {
    return going('Waiting for deployment spec update to be observed...')
  }
  if (isGivenUp(deployment)) {
    return { done: false, failed: true, says: `deployment "${name}" exceeded its progress deadline` }
  }
  const { replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = status ?? {}
  const waiting = `Waiting for deployment "${name}" rollout to finish:`
  if (updatedReplicas < wanted) {
    return going(`${waiting} ${updatedReplicas} out of ${wanted} new replicas have been updated...`)
  }
  if (replicas > updatedReplicas) {
    return going(`${waiting} ${replicas - updatedReplicas} old replicas are pending termination...`)
  }
  if (availableReplicas < updatedReplicas) {
    return going(`${waiting} ${availableReplicas} of ${updatedReplicas} updated replicas are available...`)
  }
  return { done: true, failed: false, says: `deployment "${name}" successfully rolled out` }
}

export function exceededDeadline({ object }: DeploymentState): boolean {
  return deadlineCondition(object) !== undefined
}

/**
 * The same for a change of ours. The controller keeps the condition of the rollout before until the new one makes progress, which a
 * strategy Recreate or a surge of 100 % does late: what is older than our change says nothing about it. Both times are the cluster's own.
 */
export function exceededDeadlineSinceOurs({ object }: DeploymentState): boolean {
  const exceeded = deadlineCondition(object)
  if (exceeded === undefined) return false
  const own = (object.metadata?.managedFields ?? [])
    .filter(({ manager, subresource }) => manager === fieldManager && subresource === undefined)
    .map(({ time }) => Date.parse(time ?? ''))
  return own.every((ms) => Date.parse(exceeded.lastUpdateTime ?? '') > ms)
}

function deadlineCondition(object: DeploymentState['object']) {
  return object.status?.conditions?.find(
    ({ type, reason }) => type === 'Progressing' && reason === 'ProgressDeadlineExceeded',
  )
}
