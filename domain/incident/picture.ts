/** The 5-second picture: what it consists of, and what one can say from it. */
import type { Service } from '../runbook/runbook.ts'
import { kindOf } from '../steps/catalogue.ts'
import type { Finding } from '../steps/contract.ts'
import type { PartResult } from './events.ts'
import type { IncidentState } from './state.ts'

/** Each part of the situation has this long; the whole picture is there within 5 s (the runbook's 「5秒で状況把握」). */
export const partAnswersWithinMs = 4_000

/** One part of the 5-second picture: a reading step. */
export type Part = {
  readonly id: string
  readonly kind: string
  readonly params: Readonly<Record<string, unknown>>
}

type Parts = { readonly [part: string]: PartResult }

/** What the picture consists of: pods, rollouts and warnings of the namespace, and how every service does. */
export function situationParts(state: Pick<IncidentState, 'runbook'>): readonly Part[] {
  return [
    { id: 'pods', kind: 'kubernetes.pods', params: {} },
    { id: 'rollouts', kind: 'kubernetes.rollouts', params: {} },
    { id: 'events', kind: 'kubernetes.events', params: {} },
    ...Object.entries(state.runbook.book.services).flatMap(([id, service]) => partsOf(id, service)),
  ]
}

function partsOf(id: string, { health, slowAfter, look }: Service): readonly Part[] {
  const asked = health === undefined ? [] : [{ kind: 'http.health', with: { url: health, slowAfter } }]
  return [...asked, ...look].map(({ kind, with: params }, i, all) => {
    const [, what = kind] = kind.split('.')
    const again = all.slice(0, i).filter((before) => before.kind === kind).length
    return { id: `${what}:${id}${again === 0 ? '' : `.${again + 1}`}`, kind, params }
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
 * none did; no answer is not "gone", and of logs the picture says nothing.
 */
export function stillKnown(state: Pick<IncidentState, 'runbook' | 'findings'>, parts: Parts): Finding[] {
  const seen = new Set(findingsIn(parts).map(findingKey))
  return state.findings.filter((finding) => {
    if (seen.has(findingKey(finding))) return true
    const able = situationParts(state).filter(({ kind }) => kindOf(kind)?.finds.includes(finding.code))
    return able.length === 0 || able.some(({ id }) => parts[id]?.ok !== true)
  })
}
