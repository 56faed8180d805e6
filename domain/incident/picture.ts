/** The 5-second picture: what it consists of, and what one can say from it. */
import { isUnknownPlace } from '../alert/place.ts'
import { neededBy, needing } from '../runbook/dependencies.ts'
import type { PublishedRunbook, Runbook, Service } from '../runbook/runbook.ts'
import { kindOf } from '../steps/catalogue.ts'
import type { Finding, StepContext } from '../steps/contract.ts'
import { mostExpected } from '../steps/kubernetes.ts'
import { cutTo } from '../words.ts'
import type { PartResult } from './events.ts'
import type { IncidentState } from './state.ts'

/** Each part of the situation has this long; the whole picture is there within 5 s (the runbook's 「5秒で状況把握」). */
export const partAnswersWithinMs = 4_000

/**
 * In a storm of alerts many incidents are declared at once and would each ask the same: what was read for one of them within this
 * time serves the first picture of the others. A later picture follows a change or a person's question and is read for itself.
 */
export const firstPictureSharesMs = 2_000

/** One part of the 5-second picture: a reading step. */
export type Part = {
  readonly id: string
  readonly kind: string
  readonly params: Readonly<Record<string, unknown>>
  /** The service that it looks at; without it the part looks at the namespace. */
  readonly service?: string
}

/** Has parts read at once by one worker of the cluster. */
export type PartsCall = {
  readonly context: StepContext
  readonly parts: readonly Part[]
  readonly withinMs: number
  /** What was begun for others up to so long ago may be given; 0 where it must not be older than the question. */
  readonly sharesMs: number
  /** Nobody asked, so nobody reads the excerpts. */
  readonly withoutTexts?: true
}

export type Parts = { readonly [part: string]: PartResult }

/**
 * What an incident looks at: its namespace, its service, what that depends on and what depends on it. With the size of the runbook
 * it does not grow; `wholePicture` looks at the rest.
 */
export function situationParts({
  runbook,
  service,
}: Pick<IncidentState, 'runbook' | 'service'>): readonly Part[] {
  const { book } = runbook
  // It may be of another namespace, and what is found here would be taken for its cause.
  if (isUnknownPlace(service)) return []
  const near = new Set([service, ...neededBy(book, service), ...needing(book, service)])
  return pictureOf(runbook, (id) => near.has(id))
}

/** Every service of the runbook besides the namespace: for looking around without an incident. */
export function wholePicture(runbook: PublishedRunbook): readonly Part[] {
  return pictureOf(runbook, () => true)
}

function pictureOf({ book }: PublishedRunbook, shown: (service: string) => boolean): readonly Part[] {
  return [
    { id: 'pods', kind: 'kubernetes.pods', params: { expect: workloadsOf(book) } },
    { id: 'rollouts', kind: 'kubernetes.rollouts', params: {} },
    { id: 'events', kind: 'kubernetes.events', params: {} },
    ...Object.entries(book.services).flatMap(([id, service]) => (shown(id) ? partsOf(id, service) : [])),
  ]
}

/**
 * What has to be there. Of every service, also where only some are shown: the pods are those of the whole namespace anyhow, and the
 * incidents of a storm share a reading only where they ask for the same.
 */
function workloadsOf({ services }: Runbook): readonly string[] {
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

/** What comes from outside has no length of its own. */
const subjectKept = 300

/** A finding's name for good. */
export function named(finding: Finding): Finding {
  return { ...finding, subject: cutTo(finding.subject, subjectKept) }
}

export function findingKey({ code, subject }: Pick<Finding, 'code' | 'subject'>): string {
  return `${code} ${cutTo(subject, subjectKept)}`
}

export function findingsIn(parts: Parts): Finding[] {
  return Object.values(parts).flatMap((part) => (part.ok ? part.reading.findings : []))
}
