import type { V1Container, V1PodSpec } from '@kubernetes/client-node'
import { type Amounts, quantity, requestedTooMuch } from '../../domain/quantity.ts'
import { refuse } from '../refusal.ts'
import type { Raw } from './client.ts'
import type { DeploymentState } from './deployment.ts'

export type WantedResources = {
  readonly container?: string | undefined
  readonly limits?: Amounts | undefined
  readonly requests?: Amounts | undefined
}

type Resources = NonNullable<Raw<V1Container>['resources']>
export type ContainerResources = {
  readonly name: string
  readonly list: 'containers' | 'initContainers'
  readonly index: number
  readonly before: Resources
  readonly after: Resources
}

/** The containers that are meant, with what they have and will have; all, those that run before the others included, as kubectl takes them. */
export function containersNamed(found: DeploymentState, wanted: WantedResources): ContainerResources[] {
  return allContainers(found, wanted).filter(
    ({ name }) => wanted.container === undefined || name === wanted.container,
  )
}

/** The same; refuses when there is none. */
export function containersMeant(found: DeploymentState, wanted: WantedResources): ContainerResources[] {
  const meant = containersNamed(found, wanted)
  if (meant.length > 0) return meant
  const names = allContainers(found, wanted).map(({ name }) => name)
  return refuse('precondition-failed', {
    target: found.target,
    reason: `it has no container ${wanted.container}; it has ${names.join(', ')}`,
  })
}

function allContainers(found: DeploymentState, wanted: WantedResources): ContainerResources[] {
  const spec = podSpec(found)
  return (['containers', 'initContainers'] as const).flatMap((list) =>
    (spec[list] ?? []).map(({ name, resources: before = {} }, index) => ({
      name,
      list,
      index,
      before,
      after: withAmounts(before, wanted),
    })),
  )
}

/** Refuses where what stays does not go together with what is new. */
export function refuseTooMuch(target: string, meant: readonly ContainerResources[]): void {
  for (const { name, after } of meant) {
    const resource = requestedTooMuch(after.requests, after.limits)
    if (resource === undefined) continue
    refuse('precondition-failed', {
      target,
      reason: `container ${name} would request ${after.requests?.[resource]} of ${resource}, more than its limit ${after.limits?.[resource]}; set both`,
    })
  }
}

/** The pod's specification as it will be. */
export function specWith(found: DeploymentState, meant: readonly ContainerResources[]): Raw<V1PodSpec> {
  const spec = podSpec(found)
  const changed = (list: ContainerResources['list']) =>
    (spec[list] ?? []).map((container, i) => {
      const mine = meant.find((m) => m.list === list && m.index === i)
      return mine ? { ...container, resources: mine.after } : container
    })
  return { ...spec, containers: changed('containers'), initContainers: changed('initContainers') }
}

/** By amount, not by letter: the API server writes 1024Mi as 1Gi. */
export function isAsWanted({ before }: ContainerResources, { limits, requests }: WantedResources): boolean {
  return hasAmounts(before.limits, limits) && hasAmounts(before.requests, requests)
}

function hasAmounts(has: Amounts = {}, wanted: Amounts = {}): boolean {
  return Object.entries(wanted).every(([resource, amount]) => {
    const now = has[resource]
    return amount === undefined || (now !== undefined && quantity(now) === quantity(amount))
  })
}

function withAmounts(before: Resources, { limits, requests }: WantedResources): Resources {
  return {
    ...before,
    ...(limits === undefined ? {} : { limits: { ...before.limits, ...given(limits) } }),
    ...(requests === undefined ? {} : { requests: { ...before.requests, ...given(requests) } }),
  }
}

function given(amounts: Amounts): Record<string, string> {
  return Object.fromEntries(Object.entries(amounts).flatMap(([key, value]) => (value ? [[key, value]] : [])))
}

function podSpec({ object }: DeploymentState): Raw<V1PodSpec> {
  return object.spec?.template.spec ?? { containers: [] }
}
