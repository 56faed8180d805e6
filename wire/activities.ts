/** The activities by name: what each is handed, and what it answers. Workflows call by this list, and workers are held to it. */

import type { Trust } from '../domain/diagnosis/looks.ts'
import type { About } from '../domain/evidence/about.ts'
import type { KeptLogs } from '../domain/evidence/kept-logs.ts'
import type { Failure } from '../domain/failures.ts'
import type { Declaration } from '../domain/incident/commands.ts'
import type { PageCall, PageSent } from '../domain/incident/fold/page.ts'
import type { Parts, PartsCall } from '../domain/incident/fold/picture.ts'
import type { TriedStep } from '../domain/rehearsal/rehearsal.ts'
import type { DrillReport } from '../domain/restore/drill.ts'
import type { Part } from '../domain/runbook/parts.ts'
import type { PublishedRunbook } from '../domain/runbook/runbook.ts'
import type { ReadCall, StepContext } from '../domain/steps/contract.ts'
import type { Json, Receipt, Text } from '../domain/words.ts'

export type Activities = {
  readonly sendPage: (call: PageCall) => Promise<PageSent>
  readonly archiveRun: (call: ArchiveCall) => Promise<Json>
  /** The highest number that an incident of a desk has in the archive; 0 where there is none. */
  readonly highestArchived: (desk: string) => Promise<number>
  readonly publishedRunbook: (call: { readonly desk: string }) => Promise<DeskRunbook>
  readonly readParts: (call: PartsCall) => Promise<Parts>
  readonly trust: (call: object) => Promise<Trust>
  /** The drill of one restore, with the parameters that the runbook gives it. */
  readonly drill: (call: ReadCall) => Promise<DrillReport>
  /** What the newest drills of this restore found, the newest first. */
  readonly drillReports: (call: ReadCall) => Promise<readonly DrillReport[]>
  /** Tries one step of a runbook as far as it changes nothing. */
  readonly rehearse: (call: RehearseCall) => Promise<TriedStep>
  /** Tells one of the people whom a runbook calls first what its rehearsal found. Answers with the channel that took it. */
  readonly tellOwner: (call: OwnerCall) => Promise<string>
  /** For as long as nobody cancels it; null where this worker keeps no logs. */
  readonly followLogs: (call: FollowCall) => Promise<KeptLogs | null>
  readonly collect: (call: CollectCall) => Promise<Collected>
  readonly declare: (call: DeclareCall) => Promise<Declared>
}

export type RehearseCall = ReadCall & { readonly kind: string }

/** A message of a rehearsal to one of the people of its runbook. */
export type OwnerCall = {
  readonly desk: string
  readonly rehearsal: string
  readonly says: Text
  readonly timezone: string
  readonly startedMs: number
  readonly person: string
  readonly level: string
  /** The first that takes it. */
  readonly channels: readonly string[]
}

/** Has the logs of what an incident is about kept in the archive while it is open. */
export type FollowCall = { readonly context: StepContext; readonly about: About }

/** Has what can be had now put into the archive: events, manifests, logs, figures. */
export type CollectCall = {
  readonly context: StepContext
  readonly about: About
  /** The incident that it belongs to; by itself without one. */
  readonly of?: string
  /** Names the collection: a UUID, or that of the close of an incident (wire/archive.ts). */
  readonly id: string
  readonly objects: boolean
  /** Of which time; no logs without it. Epoch ms. */
  readonly logs?: { readonly fromMs: number; readonly toMs: number }
  /** Readings whose figures are put there (domain/evidence/figures.ts). */
  readonly figures: readonly Part[]
  /** Of which time Prometheus is asked; no curves without it. Epoch ms. */
  readonly curves?: { readonly fromMs: number; readonly toMs: number }
}

export type Collected = {
  /** Below the archive. */
  readonly folder: string
  readonly files: number
  readonly bytes: number
  readonly masked: number
  /** What could not be had, and why. */
  readonly missing: readonly Text[]
}

/** A declaration of our own. With the same key it is the same report. */
export type DeclareCall = {
  readonly desk: string
  readonly id: string
  readonly key: string
  readonly declaration: Declaration
}

export type Declared = { readonly incident: string; readonly created: boolean }

/** A run of an incident or a desk, to be put away. */
export type ArchiveCall = {
  /** `shodo-42`, or `desk/shodo`. */
  readonly incident: string
  readonly run: number
  readonly runId: string
  /** The timeline's head when the call was scheduled. */
  readonly head: Receipt
}

export type DeskRunbook = {
  readonly runbook: PublishedRunbook
  readonly lab: boolean
  /** Incidents of the desk that nobody has resolved. */
  readonly unresolved: readonly string[]
  /** Why nothing is opened under it any more. */
  readonly withdrawn?: Failure
}

export type ActivityName = keyof Activities

/** The activity that carries out one stage of a step kind: `kubernetes.rollout-undo.run`. */
export function stageActivity<Kind extends string, Stage extends 'read' | 'plan' | 'run' | 'verify'>(
  kind: Kind,
  stage: Stage,
): `${Kind}.${Stage}` {
  return `${kind}.${stage}`
}

/** Every activity answers with its value, the attempt that brought it, and when it ended (workers/attempts.ts). */
export type Answer<T> = { readonly value: T; readonly attempt: number; readonly endedAtMs: number }
