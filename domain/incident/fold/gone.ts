/**
 * When a finding is gone: every reading that saw it answered without it since. Another reading's answer counts only where it sees all
 * that the first one does. No answer is not "gone", and neither is what was not looked at again: it stands, and is said to be so.
 */
import { present } from '../../present.ts'
import { type Part, readingKey } from '../../runbook/parts.ts'
import { kindOf } from '../../steps/catalogue.ts'
import type { Finding } from '../../steps/contract.ts'
import type { Text } from '../../words.ts'
import { findingKey, type Parts, situationParts } from './picture.ts'
import type { IncidentState, KnownFinding, StepRun } from './state.ts'

type Known = Pick<IncidentState, 'runbook' | 'service' | 'steps'>
type Look = Pick<Part, 'kind' | 'params'>

/** A reading that answered. */
export type Answer = {
  /** A part of the picture, or a run of a step (`againBy`). */
  readonly id: string
  readonly findings: readonly Finding[]
  readonly partial?: true
}

/** What a run of a reading step is called among the parts of a picture, which repeats it. */
export function againBy(run: string): string {
  return `again:${run}`
}

/** The runs of reading steps that saw a finding, and have not answered without it since. */
export function runsThatSaw({ steps }: Pick<IncidentState, 'steps'>, { seenBy }: KnownFinding): StepRun[] {
  return Object.values(steps).filter(({ id }) => seenBy.includes(againBy(id)))
}

/** The parts of a picture that answered. */
export function answersIn(parts: Parts): readonly Answer[] {
  return Object.entries(parts).flatMap(([id, part]) => (part.ok ? [{ id, ...part.reading }] : []))
}

/** Which of these saw it. */
export function sightingsOf(finding: Finding, answers: readonly Answer[]): readonly string[] {
  const key = findingKey(finding)
  return answers
    .filter(({ findings }) => findings.some((seen) => findingKey(seen) === key))
    .map(({ id }) => id)
}

/** How many different readings are remembered per finding. */
const mostReadings = 10

/** The readings whose word about a finding is awaited after these answers: those that see it, and those that no answer speaks for. */
export function seenByAfter(
  state: Known,
  { seenBy, ...finding }: KnownFinding,
  answers: readonly Answer[],
): readonly string[] {
  const now = sightingsOf(finding, answers)
  const without = answers.filter(({ id, partial }) => !now.includes(id) && partial === undefined)
  const left = seenBy.filter(
    (id) => !now.includes(id) && !without.some((answer) => speaksFor(state, answer.id, id)),
  )
  return [...left, ...now].slice(-mostReadings)
}

/** What the picture looks for besides itself: what a reading step saw is looked for again by that reading, for as long as it stands. */
function partsAgain(state: Known & Pick<IncidentState, 'findings'>): readonly Part[] {
  const own = situationParts(state)
  const again = new Map<string, Part>()
  for (const finding of state.findings)
    for (const { id, kind, params } of runsThatSaw(state, finding)) {
      if (isHeavy({ kind, params }) || own.some((part) => covers(part, { kind, params }))) continue
      const { service } = finding
      const part = { id: againBy(id), kind, params, ...present({ service }) }
      const key = readingKey(part)
      if (!again.has(key)) again.set(key, part)
    }
  return [...again.values()]
}

/** Everything that the next picture looks at. */
export function partsToLookAt(state: Known & Pick<IncidentState, 'findings'>): readonly Part[] {
  return [...situationParts(state), ...partsAgain(state)]
}

/** True when the newest picture neither saw it nor could say that it is gone: nobody knows whether it is still there. */
export function isOutOfSight(
  { situation }: Pick<IncidentState, 'situation'>,
  { seenIn }: KnownFinding,
): boolean {
  return situation.taken !== undefined && seenIn < situation.taken.number
}

/** What a finding says, and whether that is known of now. */
export function saysNow(state: Pick<IncidentState, 'situation'>, finding: KnownFinding): Text {
  const { ja, en } = finding.says
  return isOutOfSight(state, finding)
    ? { ja: `${ja}（その後は未確認）`, en: `${en} (not checked since)` }
    : finding.says
}

function speaksFor(state: Known, one: string, other: string): boolean {
  if (one === other) return true
  const [answering, saw] = [lookOf(state, one), lookOf(state, other)]
  return answering !== undefined && saw !== undefined && covers(answering, saw)
}

function lookOf(state: Known, id: string): Look | undefined {
  return (
    Object.values(state.steps).find((run) => againBy(run.id) === id) ??
    situationParts(state).find((part) => part.id === id)
  )
}

/** True when a reading sees whatever the other one sees. */
function covers(one: Look, other: Look): boolean {
  if (one.kind !== other.kind) return false
  if (readingKey(one) === readingKey(other)) return true
  const kind = kindOf(one.kind)
  return kind?.risk === 'read' && kind.covers?.(one.params, other.params) === true
}

function isHeavy({ kind: name, params }: Look): boolean {
  const kind = kindOf(name)
  return kind?.risk === 'read' && kind.heavy?.(params) === true
}
