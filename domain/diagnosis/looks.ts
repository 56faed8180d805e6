/** What is looked at without an incident. Whoever asks names a desk and a service; the steps are those of the published runbook. */
import { duration } from '../duration.ts'
import { firstPictureSharesMs, partAnswersWithinMs } from '../incident/fold/picture.ts'
import { backupParts } from '../runbook/backups-used.ts'
import { connectionParts, type Part, wholePicture } from '../runbook/parts.ts'
import { readingSteps } from '../runbook/reading-steps.ts'
import type { PublishedRunbook } from '../runbook/runbook.ts'
import { kindOf } from '../steps/catalogue.ts'
import type { StepParams } from '../steps/contract.ts'
import { symptomParts } from './diagnosis.ts'
import { overviewParts } from './overview.ts'

export type Looking =
  /** A service, as the runbook's symptoms and the picture see it. */
  | { readonly at: 'service'; readonly service: string }
  /** How one service stands, or every one of the runbook: the picture alone. */
  | { readonly at: 'services'; readonly service?: string }
  /** Kubernetes and every connection of the runbook: is it reached, and may the worker's role do what the steps do. */
  | { readonly at: 'connections' }
  /** One reading step of a service, with what its kind lets people choose by hand. */
  | { readonly at: 'step'; readonly service: string; readonly step: string; readonly with: StepParams }
  /** Nothing: the cluster's workers say whom they believe. */
  | { readonly at: 'trust' }
  /** No target either: what the drills of the runbook's restores have found. */
  | { readonly at: 'drills' }

/** Whom a worker believes (docs/settings.md). */
export type Trust = {
  /** Who says so, as Temporal names those that poll. */
  readonly worker: string
  readonly lab: boolean
  readonly signedApprovals: boolean
  readonly trustedRunbooks: boolean
  readonly signedRunbooks: boolean
}

/** Parts that are read at the same time and have so long. */
export type LookGroup = {
  readonly key: string
  readonly parts: readonly Part[]
  readonly withinMs: number
  /** What another look began so long ago serves as well; without it everything is read for this one. */
  readonly sharesMs?: number
  /** Nobody reads the excerpts. */
  readonly withoutTexts?: true
}

/** The runbook's own reading steps may take longer than the picture: response times are measured for ten seconds. */
const stepAnswersWithinMs = 20_000
const connectionAnswersWithinMs = 10_000
/** What a person asks for by its name may list a whole repository. */
const namedAnswersWithinMs = 25_000
const awaitsAtMostMs = 20_000

export function lookGroups(runbook: PublishedRunbook, looking: Looking): readonly LookGroup[] {
  if (looking.at === 'trust' || looking.at === 'drills') return []
  if (looking.at === 'connections') return connectionGroups(runbook)
  if (looking.at === 'services') return [overviewGroup(runbook, looking.service)]
  if (looking.at === 'step')
    return [{ key: 'step', parts: namedParts(runbook, looking), withinMs: namedAnswersWithinMs }]
  return [
    { key: 'picture', parts: wholePicture(runbook), withinMs: partAnswersWithinMs },
    { key: 'symptoms', parts: symptomParts(runbook, looking.service), withinMs: stepAnswersWithinMs },
  ]
}

/** Screens on the wall ask again and again, and several of them at once: what one has asked, the others are told. */
function overviewGroup(runbook: PublishedRunbook, service?: string): LookGroup {
  const parts = overviewParts(runbook, service)
  const sharesMs = firstPictureSharesMs
  return { key: 'overview', parts, withinMs: partAnswersWithinMs, sharesMs, withoutTexts: true }
}

/** Backups apart: their listing may take longer, and must not keep the others waiting for their turn. */
function connectionGroups({ book }: PublishedRunbook): readonly LookGroup[] {
  const backups = backupParts(book)
  return [
    { key: 'access', parts: connectionParts(book), withinMs: connectionAnswersWithinMs },
    ...(backups.length === 0 ? [] : [{ key: 'backups', parts: backups, withinMs: stepAnswersWithinMs }]),
  ]
}

/** None if the runbook has no such step. What is not by hand stays as it is published, whoever asks. */
function namedParts(
  { book }: PublishedRunbook,
  { service, step: id, with: chosen }: Extract<Looking, { readonly at: 'step' }>,
): readonly Part[] {
  const found = readingSteps(book).find((each) => each.service === service && each.step.id === id)
  if (found === undefined) return []
  const { kind, with: params } = found.step
  const byHand: readonly string[] = kindOf(kind)?.byHand ?? []
  const own = Object.entries(chosen).filter(([name]) => byHand.includes(name))
  return [{ id, kind, params: inTime(kind, { ...params, ...Object.fromEntries(own) }) }]
}

/** What waits until a service is healthy says what it saw before the look gives it up. */
function inTime(kind: string, params: StepParams): StepParams {
  const declared = kindOf(kind)
  if (declared?.risk !== 'read' || declared.awaits !== true) return params
  const asked = duration.safeParse(params.within)
  return { ...params, within: Math.min(asked.success ? asked.data : awaitsAtMostMs, awaitsAtMostMs) }
}
