import type { V1Container, V1PodSpec } from '@kubernetes/client-node'
import { type Amounts, quantity, requestedTooMuch } from '../../../domain/quantity.ts'
import { isReached, type Only } from '../../../domain/steps/only.ts'
import { refuse } from '../../refusal.ts'
import type { Raw } from '../api/client.ts'
import type { DeploymentState } from '../objects/deployment.ts'

export type WantedResources = {
  readonly container?: string | undefined
  readonly limits?: Amounts | undefined
  readonly requests?: Amounts | undefined
  readonly only?: Only | undefined
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
    reason: {
      en: `it has no container ${wanted.container}; it has ${names.join(', ')}`,
      ja: `コンテナー ${wanted.container} がありません。あるのは ${names.join(', ')} です`,
    },
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
      reason: {
        en: `container ${name} would request ${after.requests?.[resource]} of ${resource}, more than its limit ${after.limits?.[resource]}; set both`,
        ja: `コンテナー ${name} の要求 ${after.requests?.[resource]}（${resource}）が上限 ${after.limits?.[resource]} を超えます。両方を指定してください`,
      },
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
export function isAsWanted({ before }: ContainerResources, wanted: WantedResources): boolean {
  return lists.every((list) => Object.keys(missing(before, wanted, list)).length === 0)
}

const lists = ['limits', 'requests'] as const

/** The amounts of a list that the container does not have as wanted. */
function missing(
  before: Resources,
  wanted: WantedResources,
  list: (typeof lists)[number],
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(wanted[list] ?? {}).flatMap(([resource, amount]) =>
      amount === undefined || has(before, list, resource, amount, wanted.only) ? [] : [[resource, amount]],
    ),
  )
}

/** Where a way is given, what is not written down counts as it works: no limit is more than any, and without a request the limit is requested. */
function has(
  before: Resources,
  list: (typeof lists)[number],
  resource: string,
  amount: string,
  only: Only | undefined,
): boolean {
  const written = before[list]?.[resource]
  const wanted = quantity(amount) ?? 0
  if (only === undefined) return written !== undefined && quantity(written) === wanted
  const works = list === 'requests' ? (written ?? before.limits?.[resource]) : written
  const unset = list === 'requests' ? 0 : Number.POSITIVE_INFINITY
  return isReached(works === undefined ? unset : (quantity(works) ?? unset), wanted, only)
}

function withAmounts(before: Resources, wanted: WantedResources): Resources {
  const set = (list: (typeof lists)[number]) =>
    wanted[list] === undefined ? {} : { [list]: { ...before[list], ...missing(before, wanted, list) } }
  return { ...before, ...set('limits'), ...set('requests') }
}

function podSpec({ object }: DeploymentState): Raw<V1PodSpec> {
  return object.spec?.template.spec ?? { containers: [] }
}
