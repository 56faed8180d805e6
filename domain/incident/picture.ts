/** The 5-second picture: what it consists of, and what one can say from it. */
import { neededBy, needing } from '../runbook/dependencies.ts'
import type { PublishedRunbook, Service } from '../runbook/runbook.ts'
import { kindOf } from '../steps/catalogue.ts'
import type { Finding, StepContext } from '../steps/contract.ts'
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
  const near = new Set([service, ...neededBy(book, service), ...needing(book, service)])
  return pictureOf(runbook, (id) => near.has(id))
}

/** Every service of the runbook besides the namespace: for looking around without an incident. */
export function wholePicture(runbook: PublishedRunbook): readonly Part[] {
  return pictureOf(runbook, () => true)
}

function pictureOf({ book }: PublishedRunbook, shown: (service: string) => boolean): readonly Part[] {
  return [
    { id: 'pods', kind: 'kubernetes.pods', params: {} },
    { id: 'rollouts', kind: 'kubernetes.rollouts', params: {} },
    { id: 'events', kind: 'kubernetes.events', params: {} },
    ...Object.entries(book.services).flatMap(([id, service]) => (shown(id) ? partsOf(id, service) : [])),
  ]
}

function partsOf(id: string, { health, slowAfter, look }: Service): readonly Part[] {
  const asked = health === undefined ? [] : [{ kind: 'http.health', with: { url: health, slowAfter } }]
  return [...asked, ...look].map(({ kind, with: params }, i, all) => {
    const [, what = kind] = kind.split('.')
    const again = all.slice(0, i).filter((before) => before.kind === kind).length
    return { id: `${what}:${id}${again === 0 ? '' : `.${again + 1}`}`, kind, params, service: id }
  })
}

export function findingKey(finding: Finding): string {
  return `${finding.code} ${finding.subject}`
}

export function findingsIn(parts: Parts): Finding[] {
  return Object.values(parts).flatMap((part) => (part.ok ? part.reading.findings : []))
}

/**
 * What of the known findings a new picture leaves standing. A finding is gone when every part that could report it answered and
 * none did; no answer is not "gone", and neither is a service that the picture does not look at. Of logs it says nothing.
 */
export function stillKnown(
  state: Pick<IncidentState, 'runbook' | 'service' | 'findings'>,
  parts: Parts,
): Finding[] {
  const seen = new Set(findingsIn(parts).map(findingKey))
  return state.findings.filter((finding) => {
    if (seen.has(findingKey(finding))) return true
    const able = situationParts(state).filter((part) => couldReport(part, finding))
    return able.length === 0 || able.some(({ id }) => parts[id]?.ok !== true)
  })
}

function couldReport({ kind, service }: Part, finding: Finding): boolean {
  const isOfIt = service === undefined || finding.service === undefined || finding.service === service
  return isOfIt && kindOf(kind)?.finds.includes(finding.code) === true
}
