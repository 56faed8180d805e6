/** The log of a container as the kubelet has it. */
import type { Readable } from 'node:stream'
import type { StepContext } from '../../domain/steps/contract.ts'
import { containerName } from '../../domain/steps/subject.ts'
import { stampOf } from '../../edge/log-segments.ts'
import type { Kubernetes } from '../kubernetes/api/client.ts'
import type { ContainerRun } from './containers.ts'

/** From so many epoch ms on, to the end that it has now or while it goes on. */
type From = { readonly sinceMs: number; readonly follow?: boolean }

/** The log of one run of a container, each line behind its time. The API server takes whole seconds. Errors: those of `Kubernetes.stream`. */
export function podLog(
  kubernetes: Kubernetes,
  context: StepContext,
  { pod, container, state }: ContainerRun,
  { sinceMs, follow = false }: From,
  signal: AbortSignal,
): Promise<Readable> {
  const { namespace } = context
  const asked = {
    verb: 'get',
    resource: 'pods/log',
    target: containerName(namespace, pod, container),
    context,
  } as const
  const query = new URLSearchParams({
    container,
    timestamps: 'true',
    sinceTime: `${new Date(sinceMs).toISOString().slice(0, 19)}Z`,
    ...(follow ? { follow: 'true' } : {}),
    ...(state === 'previous' ? { previous: 'true' } : {}),
  })
  return kubernetes.stream(asked, `/api/v1/namespaces/${namespace}/pods/${pod}/log?${query}`, signal)
}

/** The time of the last of whole lines; empty where it has none. */
export function lastStamp(lines: string): string {
  const [last = ''] = lines.split('\n').slice(-2)
  return stampOf(last)
}
