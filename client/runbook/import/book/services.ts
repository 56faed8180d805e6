/** The services that a document's commands are about: by Deployments, labels, numbered pods and connections that belong together. */
import { present } from '../../../../domain/present.ts'
import { type Text, verbatim } from '../../../../domain/words.ts'
import { withoutOrdinal } from '../programs/kubectl-targets.ts'
import type { ReadStep } from '../programs/reading.ts'
import { cutName, isMarkedSymptom, slug, titleOf, unique } from './names.ts'
import type { Section } from './sections.ts'

export type Service = {
  readonly id: string
  readonly title: Text
  readonly line: number
  readonly deployment?: string
  readonly selector?: string
  readonly statefulSets?: readonly string[]
  readonly health?: string
  readonly look?: readonly ReadStep[]
}

/** Steps that were read of one section. */
export type SectionSteps = { readonly section: Section; readonly steps: readonly ReadStep[] }

type Mention = {
  readonly base: string
  readonly deployment?: string
  readonly selector?: string
  readonly statefulSet?: string
  readonly look?: ReadStep
}

type Group = { readonly line: number; title: string | undefined; readonly mentions: Mention[] }

export type Services = {
  readonly services: readonly Service[]
  /** The service that steps are about; undefined where they name none, or several as often. */
  readonly of: (steps: readonly ReadStep[]) => Service | undefined
}

/** Every service that is named, in order. `name` names the one that there must be. */
export function servicesOf(
  all: readonly SectionSteps[],
  namespace: string | undefined,
  name: string,
): Services {
  const groups = new Map<string, Group>()
  for (const { section, steps } of all) {
    const most = mostNamed(steps)
    for (const mention of steps.flatMap((step) => mentionIn(step) ?? [])) {
      const group: Group = groups.get(mention.base) ?? { line: section.line, title: undefined, mentions: [] }
      group.mentions.push(mention)
      if (most === mention.base) group.title ??= headingOf(section)
      groups.set(mention.base, group)
    }
  }
  const taken = new Set<string>()
  const healthOf = healthAddresses(all, groups)
  const byBase = new Map(
    [...groups].map(([base, group]) => [base, serviceOf(base, group, namespace, healthOf, taken)]),
  )
  const services = [...byBase.values()]
  return {
    services: services.length > 0 ? services : [onlyService(name)],
    of: (steps) => {
      const base = mostNamed(steps)
      return base === undefined ? undefined : byBase.get(base)
    },
  }
}

function onlyService(name: string): Service {
  return { id: name, title: verbatim(name), line: 1, look: [{ kind: 'kubernetes.pods', with: {} }] }
}

function serviceOf(
  base: string,
  { line, title, mentions }: Group,
  namespace: string | undefined,
  healthOf: ReadonlyMap<string, string>,
  taken: Set<string>,
): Service {
  const own =
    namespace !== undefined && base.startsWith(`${namespace}-`) ? base.slice(namespace.length + 1) : base
  const id = unique(cutName(own.replaceAll('.', '-')) || 'service', taken)
  const deployment = mentions.find((each) => each.deployment !== undefined)?.deployment
  const selectors = mentions.flatMap((each) => each.selector ?? [])
  const selector = selectors.toSorted((a, b) => a.split(',').length - b.split(',').length)[0]
  const sets = [...new Set(mentions.flatMap((each) => each.statefulSet ?? []))].slice(0, 10)
  const health = healthOf.get(base)
  const shown = mentions.find((each) => each.look !== undefined)?.look ?? lookAt(deployment, selector)
  return {
    id,
    title: verbatim(title ?? id),
    line,
    ...present({ deployment, selector, health }),
    ...(sets.length === 0 ? {} : { statefulSets: sets }),
    ...(health === undefined ? { look: [shown] } : {}),
  }
}

/** Without an address that answers, what Kubernetes says of it. */
function lookAt(deployment: string | undefined, selector: string | undefined): ReadStep {
  if (deployment !== undefined) return { kind: 'kubernetes.rollouts', with: { deployment } }
  return { kind: 'kubernetes.pods', with: selector === undefined ? {} : { selector } }
}

/** The first address that a section asks belongs to the service that the section is about, once. */
function healthAddresses(
  all: readonly SectionSteps[],
  groups: ReadonlyMap<string, Group>,
): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  const owned = new Set<string>()
  for (const { steps } of all) {
    const base = mostNamed(steps)
    const [first, ...others] = new Set(
      steps.flatMap(({ kind, with: { url } }) =>
        kind === 'http.health' && typeof url === 'string' ? [url] : [],
      ),
    )
    if (base === undefined || first === undefined || others.length > 0) continue
    const isServer = groups.get(base)?.mentions.some(({ look }) => look !== undefined) === true
    if (isServer || found.has(base) || owned.has(first)) continue
    found.set(base, first)
    owned.add(first)
  }
  return found
}

/** The heading above a symptom that says it is one is the name of what it is a symptom of. */
function headingOf({ heading, around: [parent] }: Section): string | undefined {
  if (!isMarkedSymptom(heading) || parent === undefined || parent.level < 2) return undefined
  return titleOf(parent.heading)
}

function mostNamed(steps: readonly ReadStep[]): string | undefined {
  const counts = new Map<string, number>()
  for (const { base } of steps.flatMap((step) => mentionIn(step) ?? []))
    counts.set(base, (counts.get(base) ?? 0) + 1)
  const [first, second] = [...counts].toSorted(([, a], [, b]) => b - a)
  return first === undefined || first[1] === second?.[1] ? undefined : first[0]
}

const labelNames = /^(?:app|app\.kubernetes\.io\/name|k8s-app|name|component)=([^,]+)/

/** What a step is about, if it names something outright. */
function mentionIn({ kind, with: given, inside }: ReadStep): Mention | undefined {
  const text = (key: string) => {
    const value = given[key]
    return typeof value === 'string' && !value.includes('$service.') ? value : undefined
  }
  const server = serverIn(kind, text)
  const workload = inside === undefined ? undefined : withoutOrdinal(inside)
  if (server !== undefined)
    return { ...server, ...(workload === undefined || workload === inside ? {} : { statefulSet: workload }) }
  const deployment = text('deployment')
  if (deployment !== undefined) return { base: baseOf(deployment), deployment }
  const selector = text('selector')
  const label = labelNames.exec(selector ?? '')?.[1]
  if (selector !== undefined && label !== undefined) return { base: baseOf(label), selector }
  const pod = text('pod')
  if (pod === undefined) return undefined
  const set = withoutOrdinal(pod)
  return { base: baseOf(set), ...(set === pod ? {} : { statefulSet: set }) }
}

const usual: { readonly [system: string]: string } = { postgres: 'postgres-primary', redis: 'redis-master' }

function serverIn(kind: string, text: (key: string) => string | undefined): Mention | undefined {
  const [system = ''] = kind.split('.')
  const connection =
    text('connection') ?? text('primary') ?? (kind === 'postgres.lag' ? 'postgres-replica' : usual[system])
  if (!Object.hasOwn(usual, system) || connection === undefined) return undefined
  const look = { kind: `${system}.ready`, with: connection === usual[system] ? {} : { connection } }
  return { base: baseOf(connection), ...(/replica|standby/.test(connection) ? {} : { look }) }
}

/** `postgres` of `postgres-primary` and of `postgres-replica`. */
function baseOf(name: string): string {
  const base = name.replace(/-(?:primary|replica|master|slave|standby|leader|follower)s?$/, '')
  return slug(base) === undefined ? name : base
}
