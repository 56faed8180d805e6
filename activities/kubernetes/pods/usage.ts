import { z } from 'zod'
import { present } from '../../../domain/present.ts'
import { quantity } from '../../../domain/quantity.ts'
import type { StepContext } from '../../../domain/steps/contract.ts'
import { isRefusal, refuse } from '../../refusal.ts'
import type { Kubernetes } from '../api/client.ts'
import { podsTarget } from '../objects/namespace.ts'

/** Cores and bytes. */
export type Amount = { readonly cpu?: number | undefined; readonly memory?: number | undefined }

const metrics = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string() }),
      containers: z
        .array(
          z.object({
            name: z.string(),
            usage: z.object({ cpu: z.string().optional(), memory: z.string().optional() }),
          }),
        )
        .default([]),
    }),
  ),
})

/** What each container of each pod uses, by pod and container. Refuses (metrics-missing) where the cluster has no metrics API. */
export async function readUsage(
  kubernetes: Kubernetes,
  selector: string | undefined,
  context: StepContext,
): Promise<ReadonlyMap<string, ReadonlyMap<string, Amount>>> {
  const { cluster } = kubernetes
  const { namespace } = context
  const answer = await kubernetes
    .call({
      verb: 'list',
      resource: 'pods.metrics.k8s.io',
      target: podsTarget(namespace, selector),
      context,
      ask: ({ custom }, options) =>
        custom.listNamespacedCustomObject(
          {
            group: 'metrics.k8s.io',
            version: 'v1beta1',
            plural: 'pods',
            namespace,
            ...present({ labelSelector: selector }),
          },
          options,
        ),
    })
    .catch((error: unknown) => {
      if (isRefusal(error, 'target-not-found')) {
        refuse('metrics-missing', {
          cluster,
          reason: {
            en: 'no server provides metrics.k8s.io',
            ja: 'metrics.k8s.io を提供するものがありません',
          },
        })
      }
      if (isRefusal(error, 'kubernetes-unreachable') && /HTTP 503/.test(String(error))) {
        refuse('metrics-missing', {
          cluster,
          reason: {
            en: 'metrics-server does not answer (HTTP 503)',
            ja: 'metrics-server が応答しません（HTTP 503）',
          },
        })
      }
      throw error
    })
  return new Map(
    metrics
      .parse(answer)
      .items.map(({ metadata, containers }) => [
        metadata.name,
        new Map(
          containers.map(({ name, usage }) => [
            name,
            { cpu: quantity(usage.cpu ?? ''), memory: quantity(usage.memory ?? '') },
          ]),
        ),
      ]),
  )
}

/** What is known, added up; undefined when nothing is. */
export function addedUp(amounts: readonly (number | undefined)[]): number | undefined {
  const known = amounts.filter((amount) => amount !== undefined)
  return known.length === 0 ? undefined : known.reduce((total, amount) => total + amount, 0)
}
