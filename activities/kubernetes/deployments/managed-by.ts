/** Who else sets what a step is about to set, and would put it back: told before anybody is asked. */
import type { V2HorizontalPodAutoscaler } from '@kubernetes/client-node'
import type { StepContext } from '../../../domain/steps/contract.ts'
import type { Text } from '../../../domain/words.ts'
import { isRefusal } from '../../refusal.ts'
import type { Kubernetes, Raw } from '../api/client.ts'
import { listAll } from '../api/list.ts'
import type { DeploymentState } from '../objects/deployment.ts'

/**
 * The tool that keeps a Deployment as a repository says; undefined when nobody is known. Their labels and annotations can be turned
 * off or renamed; that they wrote its fields stands in the server's own record.
 */
export function gitOpsOf({ object, annotations }: DeploymentState): 'Argo CD' | 'Flux' | undefined {
  const { labels = {}, managedFields = [] } = object.metadata ?? {}
  const keys = [...Object.keys(annotations), ...Object.keys(labels)]
  const writers = managedFields.map(({ manager = '' }) => manager)
  const keeper = labels['app.kubernetes.io/managed-by'] ?? ''
  if (
    keys.some((key) => key.startsWith('argocd.argoproj.io/')) ||
    writers.some((writer) => writer.startsWith('argocd')) ||
    /^argo-?\s?cd$/i.test(keeper)
  ) {
    return 'Argo CD'
  }
  const isFlux =
    keys.some((key) => key.includes('toolkit.fluxcd.io/')) ||
    writers.some((writer) => writer === 'kustomize-controller' || writer === 'helm-controller') ||
    /^flux/i.test(keeper)
  return isFlux ? 'Flux' : undefined
}

/** What a plan says of it. */
export function gitOpsWarnings(found: DeploymentState): readonly Text[] {
  const keeper = gitOpsOf(found)
  if (keeper === undefined) return []
  return [
    {
      en: `${keeper} manages it and may revert the change`,
      ja: `${keeper} が管理しており、元に戻される可能性があります`,
    },
  ]
}

/** An autoscaler that sets the replicas of a Deployment. */
export type Autoscaler = { readonly name: string; readonly least: number; readonly most: number }

/** Undefined where none is set on it; 'unknown' where the worker may not look. */
export async function autoscalerOf(
  kubernetes: Kubernetes,
  context: StepContext,
  deployment: string,
): Promise<Autoscaler | 'unknown' | undefined> {
  const { namespace } = context
  try {
    const { items } = await listAll(
      kubernetes,
      { resource: 'horizontalpodautoscalers', target: `horizontalpodautoscalers/${namespace}`, context },
      ({ autoscaling }, page, options) =>
        autoscaling.listNamespacedHorizontalPodAutoscaler({ namespace, ...page }, options),
      ({ metadata, spec }: Raw<V2HorizontalPodAutoscaler>) => ({
        name: metadata?.name ?? '',
        of: `${spec?.scaleTargetRef.kind}/${spec?.scaleTargetRef.name}`,
        least: spec?.minReplicas ?? 1,
        most: spec?.maxReplicas ?? 0,
      }),
    )
    const found = items.find(({ of }) => of === `Deployment/${deployment}`)
    return found && { name: found.name, least: found.least, most: found.most }
  } catch (error) {
    if (isRefusal(error, 'forbidden')) return 'unknown'
    // A cluster without that API has no autoscaler either.
    if (isRefusal(error, 'target-not-found')) return undefined
    throw error
  }
}

/** `what; warning; warning` */
export function withWarnings(says: Text, warnings: readonly Text[]): Text {
  return {
    en: [says.en, ...warnings.map(({ en }) => en)].join('; '),
    ja: [says.ja, ...warnings.map(({ ja }) => ja)].join('。'),
  }
}
