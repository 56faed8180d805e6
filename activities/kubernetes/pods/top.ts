import type { V1Pod } from '@kubernetes/client-node'
import { showBytes } from '../../../domain/bytes.ts'
import { present } from '../../../domain/present.ts'
import { quantity } from '../../../domain/quantity.ts'
import type { Finding, Reading, StepContext } from '../../../domain/steps/contract.ts'
import type { Words } from '../../../domain/words.ts'
import { excerptOf } from '../../../edge/plain-text.ts'
import { table } from '../../table.ts'
import type { Kubernetes, Raw } from '../api/client.ts'
import { listAll } from '../api/list.ts'
import { ownersOf, podsTarget, readNamespace, workloadOf } from '../objects/namespace.ts'
import { type PodState, podState } from '../objects/pod-state.ts'
import { type Amount, addedUp, readUsage } from './usage.ts'

type Params = { readonly selector?: string | undefined }

const mostListed = 50
const mostFindings = 20
/** Near enough to its limit that the kernel may kill it any moment. */
const nearLimit = 0.9

type Container = {
  readonly name: string
  readonly limit?: number
}

type Top = {
  readonly pod: PodState
  readonly used: Amount
  readonly requests: Amount
  /** Of memory only where every container has a limit; else the pod has none. */
  readonly limits: Amount
  readonly near: readonly { readonly container: string; readonly used: number; readonly limit: number }[]
}

/** CPU and memory of the pods as the metrics API has them, against what they ask for and may use. */
export async function readTop(
  kubernetes: Kubernetes,
  params: Params,
  context: StepContext,
): Promise<Reading> {
  const [usage, specs, { deployments }] = await Promise.all([
    readUsage(kubernetes, params.selector, context),
    readSpecs(kubernetes, params.selector, context),
    readNamespace(kubernetes, context, params.selector),
  ])
  const running = specs.items.filter(({ pod }) => !pod.ended)
  const tops = running
    .flatMap((spec): readonly Top[] => {
      const used = usage.get(spec.pod.name)
      return used === undefined ? [] : [topOf(spec, used)]
    })
    .sort((a, b) => (b.used.memory ?? 0) - (a.used.memory ?? 0) || (a.pod.name < b.pod.name ? -1 : 1))
  const without = running.filter(({ pod }) => !usage.has(pod.name)).map(({ pod }) => pod.name)
  const owners = ownersOf(deployments)
  const near = tops.filter((top) => top.near.length > 0)
  return {
    facts: {
      pods: tops.slice(0, mostListed).map(factsOf),
      morePods: Math.max(0, tops.length - mostListed),
      cpu: sum(tops.map(({ used }) => used.cpu ?? 0)),
      memory: sum(tops.map(({ used }) => used.memory ?? 0)),
      withoutFigures: without.slice(0, mostListed),
      cut: specs.cut,
    },
    findings: near
      .slice(0, mostFindings)
      .map((top) => memoryNearLimit(workloadOf(top.pod, context.namespace, owners), top)),
    ...(specs.cut || near.length > mostFindings ? { partial: true } : {}),
    text: excerpt(tops, without),
  }
}

type Spec = {
  readonly pod: PodState
  readonly requests: Amount
  readonly limits: Amount
  readonly containers: readonly Container[]
}

function readSpecs(kubernetes: Kubernetes, selector: string | undefined, context: StepContext) {
  const { namespace } = context
  const labelSelector = selector === undefined ? {} : { labelSelector: selector }
  return listAll(
    kubernetes,
    { resource: 'pods', target: podsTarget(namespace, selector), context },
    ({ core }, page, options) => core.listNamespacedPod({ namespace, ...labelSelector, ...page }, options),
    specOf,
  )
}

function specOf(object: Raw<V1Pod>): Spec {
  const containers = object.spec?.containers ?? []
  const amounts = (which: 'requests' | 'limits', resource: string) =>
    containers.map(({ resources }) => quantity(resources?.[which]?.[resource] ?? ''))
  const whole = (all: readonly (number | undefined)[]) => (all.includes(undefined) ? undefined : addedUp(all))
  return {
    pod: podState(object),
    requests: { cpu: addedUp(amounts('requests', 'cpu')), memory: addedUp(amounts('requests', 'memory')) },
    // One container without a limit, and the pod as a whole has none.
    limits: { cpu: whole(amounts('limits', 'cpu')), memory: whole(amounts('limits', 'memory')) },
    containers: containers.map(({ name, resources }) => {
      const limit = quantity(resources?.limits?.memory ?? '')
      return { name, ...present({ limit }) }
    }),
  }
}

function topOf({ pod, requests, limits, containers }: Spec, used: ReadonlyMap<string, Amount>): Top {
  const all = [...used.values()]
  return {
    pod,
    requests,
    limits,
    used: { cpu: addedUp(all.map(({ cpu }) => cpu)), memory: addedUp(all.map(({ memory }) => memory)) },
    near: containers.flatMap(({ name, limit }) => {
      const memory = used.get(name)?.memory
      if (memory === undefined || limit === undefined || memory < limit * nearLimit) return []
      return [{ container: name, used: memory, limit }]
    }),
  }
}

function memoryNearLimit(subject: string, { pod, near }: Top): Finding {
  const [first] = near.toSorted((a, b) => b.used / b.limit - a.used / a.limit)
  const percent = first === undefined ? 0 : Math.floor((first.used / first.limit) * 100)
  return {
    code: 'memory-near-limit',
    subject,
    says: {
      en: `${pod.name} uses ${percent} % of its memory limit`,
      ja: `${pod.name} はメモリ上限の ${percent} % を使用しています`,
    },
    evidence: near
      .slice(0, 5)
      .map(
        ({ container, used, limit }) => `${pod.name}/${container}: ${showBytes(used)} / ${showBytes(limit)}`,
      ),
    data: { pod: pod.name, percent, containers: near.slice(0, 5) },
  }
}

function factsOf({ pod, used, requests, limits }: Top) {
  const amount = ({ cpu, memory }: Amount) => ({ cpu: cpu ?? null, memory: memory ?? null })
  return { name: pod.name, used: amount(used), requests: amount(requests), limits: amount(limits) }
}

function excerpt(tops: readonly Top[], without: readonly string[]): Words {
  const cpu = (cores: number | undefined) => (cores === undefined ? '-' : `${Math.round(cores * 1_000)}m`)
  const memory = (bytes: number | undefined) => (bytes === undefined ? '-' : showBytes(bytes))
  const rows = tops
    .slice(0, mostListed)
    .map(({ pod, used, requests, limits }) => [
      pod.name,
      cpu(used.cpu),
      memory(used.memory),
      `${cpu(requests.cpu)}/${cpu(limits.cpu)}`,
      `${memory(requests.memory)}/${memory(limits.memory)}`,
    ])
  const more =
    tops.length > mostListed
      ? [{ en: `… and ${tops.length - mostListed} more`, ja: `… 他 ${tops.length - mostListed} 個` }]
      : []
  const none =
    without.length === 0
      ? []
      : [
          {
            en: `no metrics yet: ${without.slice(0, 10).join(', ')}`,
            ja: `未計測: ${without.slice(0, 10).join(', ')}`,
          },
        ]
  const head = ['NAME', 'CPU', 'MEMORY', 'CPU(REQUEST/LIMIT)', 'MEMORY(REQUEST/LIMIT)']
  return excerptOf([table([head, ...rows]), ...more, ...none], 16_384)
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0)
}
