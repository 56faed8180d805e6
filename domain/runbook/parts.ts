/** What a runbook has its workers look at, each part by a reading step: the parts of a picture, and of a look at connections. */
import { hasHands, kindOf } from '../steps/catalogue.ts'
import { mostExpected } from '../steps/kubernetes.ts'
import { connectionsUsed, type UsedConnection } from './connections-used.ts'
import type { PublishedRunbook, Runbook, Service } from './runbook.ts'
import { stepsIn } from './steps-in.ts'

/** One part of the 5-second picture: a reading step. */
export type Part = {
  readonly id: string
  readonly kind: string
  readonly params: Readonly<Record<string, unknown>>
  /** The service that it looks at; without it the part looks at the namespace. */
  readonly service?: string
}

/** Every service of the runbook besides the namespace: for looking around without an incident. */
export function wholePicture(runbook: Pick<PublishedRunbook, 'book'>): readonly Part[] {
  return pictureOf(runbook, () => true)
}

/** The namespace, and of the services those that are shown. */
export function pictureOf(
  { book }: Pick<PublishedRunbook, 'book'>,
  shown: (service: string) => boolean,
): readonly Part[] {
  return [
    ...namespaceParts(book),
    ...Object.entries(book.services).flatMap(([id, service]) => (shown(id) ? partsOf(id, service) : [])),
  ]
}

function namespaceParts(book: Pick<Runbook, 'services'>): readonly Part[] {
  return [
    { id: 'pods', kind: 'kubernetes.pods', params: { expect: workloadsOf(book) } },
    { id: 'rollouts', kind: 'kubernetes.rollouts', params: {} },
    { id: 'events', kind: 'kubernetes.events', params: {} },
  ]
}

/** The kinds that every picture consists of, whatever the runbook. */
export const namespaceKinds: readonly string[] = namespaceParts({ services: {} }).map(({ kind }) => kind)

/**
 * What has to be there. Of every service, also where only some are shown: the pods are those of the whole namespace anyhow, and the
 * incidents of a storm share a reading only where they ask for the same.
 */
function workloadsOf({ services }: Pick<Runbook, 'services'>): readonly string[] {
  const named = Object.values(services).flatMap(({ deployment, statefulSets = [] }) => [
    ...(deployment === undefined ? [] : [`deployment/${deployment}`]),
    ...statefulSets.map((name) => `statefulset/${name}`),
  ])
  return [...new Set(named)].slice(0, mostExpected)
}

export function partsOf(id: string, { health, slowAfter, look }: Service): readonly Part[] {
  const asked = health === undefined ? [] : [{ kind: 'http.health', with: { url: health, slowAfter } }]
  // PostgreSQL and Redis are both looked at whether they are ready: what counts is what a part is called.
  const named = [...asked, ...look].map((one) => ({ ...one, what: one.kind.split('.').at(1) ?? one.kind }))
  return named.map(({ kind, with: params, what }, i) => {
    const again = named.slice(0, i).filter((before) => before.what === what).length
    return { id: `${what}:${id}${again === 0 ? '' : `.${again + 1}`}`, kind, params, service: id }
  })
}

/** Names what a reading looks at: parameters that a declaration fills in are the same as those that are spelled out. */
export function readingKey({ kind, params }: Pick<Part, 'kind' | 'params'>): string {
  const parsed = kindOf(kind)?.params.safeParse(params)
  return `${kind} ${JSON.stringify(parsed?.success ? parsed.data : params)}`
}

/** Kubernetes itself is there in every cluster. */
export const kubernetesId = 'kubernetes'

export function connectionParts(book: Runbook): readonly Part[] {
  const kubernetes = { id: kubernetesId, kind: 'kubernetes.access', params: { steps: kindsRun(book) } }
  return [kubernetes, ...connectionsUsed(book).map(connectionPart)]
}

/** The kinds that a runbook has workers run, each once, by name: its steps, and what every picture consists of. */
export function kindsRun(book: Runbook): readonly string[] {
  const kinds = [...stepsIn(book), ...wholePicture({ book })].map(({ kind }) => kind)
  return [...new Set(kinds)].filter(hasHands).sort()
}

function connectionPart({ system, name, steps }: UsedConnection): Part {
  const id = connectionId({ system, name })
  return system === 'prometheus'
    ? { id, kind: 'prometheus.query', params: { connection: name, query: 'vector(1)' } }
    : { id, kind: `${system}.access`, params: { connection: name, steps } }
}

export function connectionId({ system, name }: Pick<UsedConnection, 'system' | 'name'>): string {
  return `${system} ${name}`
}
