import type { DeploymentState } from './deployment.ts'

export type RolloutStatus = {
  readonly done: boolean
  /** True when the controller has given up: it exceeded progressDeadlineSeconds. */
  readonly failed: boolean
  /** In the words of `kubectl rollout status`. */
  readonly says: string
}

/** The rules of kubectl's DeploymentStatusViewer (k8s.io/kubectl/pkg/polymorphichelpers/rollout_status.go). */
export function rolloutStatus({ name, object, wanted }: DeploymentState): RolloutStatus {
  const { metadata, status } = object
  const going = (says: string): RolloutStatus => ({ done: false, failed: false, says })
  if ((metadata?.generation ?? 0) > (status?.observedGeneration ?? 0)) {
    return going('Waiting for deployment spec update to be observed...')
  }
  const progressing = status?.conditions?.find((condition) => condition.type === 'Progressing')
  if (progressing?.reason === 'ProgressDeadlineExceeded') {
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
