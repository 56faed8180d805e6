/**
 * Takes away the signs of programs that were started, once they keep nothing from being started any more: no attempt is taken with an
 * approval that has ended. Where they may not be listed they go with their workload.
 */
import type { StepContext } from '../../../domain/steps/contract.ts'
import type { Kubernetes } from '../api/client.ts'
import { inTurn } from '../pods/take-down.ts'

/** The signs, among all Leases. */
export const markerLabel = 'hikeshi.dev/exec-marker'
/** Until when a sign is needed, ISO 8601. One that does not say it stays. */
export const neededUntilAnnotation = 'hikeshi.dev/needed-until'

/** No worker's clock is that wrong, and nothing is in a hurry. */
const slackMs = 24 * 60 * 60_000
const mostAtOnce = 100

export async function tidyMarkers(
  kubernetes: Kubernetes,
  context: StepContext,
  now: () => number = Date.now,
): Promise<void> {
  const { namespace } = context
  const about = { resource: 'leases', target: `leases/${namespace}`, context }
  const { items } = await kubernetes.call({
    ...about,
    verb: 'list',
    ask: ({ coordination }, options) =>
      coordination.listNamespacedLease(
        { namespace, labelSelector: `${markerLabel}=true`, limit: mostAtOnce },
        options,
      ),
  })
  const over = items.flatMap(({ metadata }) => {
    const { name, uid, annotations } = metadata ?? {}
    const neededUntil = Date.parse(annotations?.[neededUntilAnnotation] ?? '')
    return name !== undefined && uid !== undefined && neededUntil + slackMs < now() ? [{ name, uid }] : []
  })
  await inTurn(over, ({ name, uid }) =>
    kubernetes.call({
      ...about,
      verb: 'delete',
      ask: ({ coordination }, options) =>
        coordination.deleteNamespacedLease({ name, namespace, body: { preconditions: { uid } } }, options),
    }),
  )
}
