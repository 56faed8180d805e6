/** How every service of a runbook stands, at one look and without an incident. What was not looked at is never called healthy. */
import type { Failure } from '../failures.ts'
import { findingKey, findingsIn, type Parts } from '../incident/fold/picture.ts'
import { isRecent, withService } from '../incident/fold/whose.ts'
import { type Part, partsOf, pictureOf } from '../runbook/parts.ts'
import type { EscalationLevel, PublishedRunbook, Service } from '../runbook/runbook.ts'
import type { Finding } from '../steps/contract.ts'
import { weightOf } from '../steps/finding-codes.ts'
import type { Text } from '../words.ts'

/** The worst first. `attention`: it answers well, and somebody has to look after it. */
export const standings = ['down', 'troubled', 'unknown', 'attention', 'healthy'] as const
export type Standing = (typeof standings)[number]

/** A part that says too little: it did not answer, or could not see everything. */
export type Unseen = { readonly part: string; readonly failure?: Failure }

export type ServiceStanding = {
  readonly service: string
  readonly title: Text
  readonly standing: Standing
  /** Of now, what is worst first. */
  readonly findings: readonly Finding[]
  readonly unseen: readonly Unseen[]
  /** What its own readings answered; those of the namespace are everybody's. */
  readonly parts: Parts
}

export type Overview = {
  readonly runbook: string
  readonly version: number
  readonly timezone: string
  readonly tookMs: number
  readonly services: readonly ServiceStanding[]
  /** What was found of no service of the runbook. */
  readonly elsewhere: readonly Finding[]
  /** Whom the policy calls first. */
  readonly onCall: { readonly level: string; readonly people: readonly string[] }
}

/** The namespace, and of the services the one that is named, or all. */
export function overviewParts(runbook: PublishedRunbook, service?: string): readonly Part[] {
  return pictureOf(runbook, (id) => service === undefined || id === service)
}

/** What a look at these parts says; `nowMs` is the time of the look in epoch ms. */
export function overviewOf(
  runbook: PublishedRunbook,
  { parts, tookMs }: { readonly parts: Parts; readonly tookMs: number },
  nowMs: number,
  wanted?: string,
): Overview {
  const { book, version } = runbook
  const found = new Map(
    findingsIn(parts).map((finding) => [findingKey(finding), withService({ runbook }, finding)]),
  )
  const findings = [...found.values()].filter((finding) => isRecent(finding, nowMs)).toSorted(worstFirst)
  const services = Object.entries(book.services)
    .filter(([id]) => wanted === undefined || id === wanted)
    .map(([id, service]) =>
      standingOf(
        id,
        service,
        parts,
        findings.filter((finding) => finding.service === id),
      ),
    )
  return {
    runbook: book.runbook,
    version,
    timezone: book.timezone,
    tookMs,
    services,
    elsewhere: findings.filter((finding) => finding.service === undefined),
    onCall: firstCalled(book.escalation.levels),
  }
}

function standingOf(
  id: string,
  service: Service,
  parts: Parts,
  findings: readonly Finding[],
): ServiceStanding {
  const own = partsOf(id, service).map((part) => part.id)
  const unseen = [...own, ...namespaceOf(service)].flatMap((part): readonly Unseen[] => {
    const seen = parts[part]
    if (seen === undefined) return [{ part }]
    if (!seen.ok) return [{ part, failure: seen.failure }]
    return seen.reading.partial === true ? [{ part }] : []
  })
  const its = Object.entries(parts).filter(([part]) => own.includes(part))
  return {
    service: id,
    title: service.title,
    standing: worst(findings, unseen),
    findings,
    unseen,
    parts: Object.fromEntries(its),
  }
}

/** The parts of the namespace in which a service would be seen to be missing something. */
function namespaceOf({ deployment, selector, statefulSets = [] }: Service): readonly string[] {
  const hasPods = deployment !== undefined || selector !== undefined || statefulSets.length > 0
  return [...(hasPods ? ['pods'] : []), ...(deployment === undefined ? [] : ['rollouts'])]
}

function worst(findings: readonly Finding[], unseen: readonly Unseen[]): Standing {
  const all: readonly Standing[] = [
    ...findings.map(standingBy),
    ...(unseen.length === 0 ? [] : ['unknown' as const]),
    'healthy',
  ]
  return standings.find((standing) => all.includes(standing)) ?? 'unknown'
}

const meant = { down: 'down', troubled: 'troubled', answers: 'attention' } as const satisfies {
  readonly [says: string]: Standing
}

function standingBy({ code }: Finding): Standing {
  return meant[weightOf(code).service]
}

/** Of two that are as bad, the cause. */
function worstFirst(a: Finding, b: Finding): number {
  const bad = standings.indexOf(standingBy(a)) - standings.indexOf(standingBy(b))
  return bad !== 0 ? bad : Number(weightOf(b.code).is === 'cause') - Number(weightOf(a.code).is === 'cause')
}

/** The level whose time comes first; where none has one, the first of the policy. */
function firstCalled(levels: readonly EscalationLevel[]): Overview['onCall'] {
  const timed = levels.filter(({ after }) => after !== undefined)
  const [first] = timed.toSorted((a, b) => (a.after ?? 0) - (b.after ?? 0))
  const { id = '', notify = [] } = first ?? levels[0] ?? {}
  return { level: id, people: notify }
}
