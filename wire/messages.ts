/**
 * The doors of the two workflows: names and shapes of updates, signals and queries. The only file of workflows/ that client/ uses,
 * so it holds types and names only.
 */
import type { DeskCommandInput, DeskCommandType } from '../domain/desk/commands.ts'
import type { DeskState } from '../domain/desk/state.ts'
import type { Looking, Trust } from '../domain/diagnosis/looks.ts'
import type { Failure } from '../domain/failures.ts'
import type { CommandInput, CommandType } from '../domain/incident/commands.ts'
import type { IncidentEvent, PartResult } from '../domain/incident/fold/events.ts'
import type { IncidentState } from '../domain/incident/fold/state.ts'
import type { Opening } from '../domain/incident/open.ts'
import type { DrillReport, DrillTimes } from '../domain/restore/drill.ts'
import type { PublishedRunbook } from '../domain/runbook/runbook.ts'
import type { Receipt, Severity } from '../domain/words.ts'
import type { CollectCall } from './activities.ts'

/** Task queue of the workflows and of everything that needs no cluster's credentials. */
export const incidentsQueue = 'incidents'

/** Task queue of a cluster's own workers. */
export function clusterQueue(cluster: string): string {
  return `cluster/${cluster}`
}

/** Task queue of what lasts as long as an incident: it takes no place from pictures and steps. */
export function logsQueue(cluster: string): string {
  return `${clusterQueue(cluster)}/logs`
}

/** Input of a collection: by whose runbook, of what. */
export type CollectInput = {
  readonly desk: string
  /** Of one service and what is near it; of all without it. */
  readonly service?: string
  /** What databases say of themselves now belongs to it. */
  readonly databases?: true
  /** Nobody waits for the answer: a worker of the cluster may come days later. */
  readonly waits?: true
} & Omit<CollectCall, 'context' | 'about' | 'figures'>

/** Input of a look: whose runbook, and what of it. */
export type LookInput = { readonly desk: string; readonly looking: Looking }

export type Looked = {
  readonly tookMs: number
  readonly parts: { readonly [part: string]: PartResult }
  readonly trust?: Trust
  /** The newest drills of the runbook's restores, by their entry of the connections file. */
  readonly drills?: { readonly [backups: string]: readonly DrillReport[] | Failure }
}

/** Input of a drill: whose restores are tried out, and when that comes by itself. */
export type DrillInput = { readonly desk: string; readonly times?: DrillTimes }

/** What became of the drill of one restore. */
export type Drilled = {
  readonly backups: string
  readonly report?: DrillReport
  /** Why there is no report. */
  readonly failure?: Failure
  /** The incident that its failure was reported to. */
  readonly incident?: string
}

export function drillId(runbook: string, id: string): string {
  return `drill/${runbook}/${id}`
}

/** Input of a rehearsal: whose runbook is tried. With times it comes by itself, and tells its runbook's people of what fails. */
export type RehearseInput = DrillInput

export function rehearsalId(runbook: string, id: string): string {
  return `rehearse/${runbook}/${id}`
}

export function lookId(at: string, id: string): string {
  return `look/${at}/${id}`
}

export function deskId(runbook: string): string {
  return `desk/${runbook}`
}

/** Every incident command is an update and, under the same name, a signal; both take one argument. */
export type IncidentMessages = { readonly [T in CommandType]: CommandInput<T> }
export type DeskMessages = { readonly [T in DeskCommandType]: DeskCommandInput<T> }

/** What every update of an incident answers: its last event's place in the chain. */
export type CommandReceipt = { readonly receipt: Receipt }

/** What `declare` answers. `next` is the next page that is due if nobody does anything. */
export type DeclareReceipt = CommandReceipt & {
  readonly incident: string
  readonly created: boolean
  readonly reports: number
  /** The report itself was known already (same key). */
  readonly repeated: boolean
  /** The report made the incident that it joined more severe. */
  readonly raisedTo?: Severity
  /** Who is called next, and in which zone the team reads times. */
  readonly next?: { readonly level: string; readonly at: string; readonly timezone: string }
}

/**
 * Several commands in one message: an update of the desk that answers each of them, and a signal to an incident. A storm of alerts
 * costs so few tasks.
 */
export const batch = 'batch'
/** More than this is refused whole; whoever has more sends another one. */
export const batchedAtMost = 500

export type Batch<Type extends string = string> = {
  readonly v: number
  readonly items: readonly { readonly type: Type; readonly [member: string]: unknown }[]
}

/** Answers in the order of the items. */
export type BatchAnswer = {
  readonly answers: readonly (
    | { readonly answer: CommandReceipt | DeclareReceipt }
    | { readonly refusal: Failure }
  )[]
}

export const queries = {
  /** → IncidentView */
  state: 'state',
  /** (fromSeq: number) → TimelinePage */
  timeline: 'timeline',
  /** → DeskView */
  desk: 'desk',
  /** → RunbookView: for workers, which look it up in the middle of a picture. */
  runbook: 'runbook',
} as const

export type IncidentView = {
  readonly state: IncidentState
  readonly head: Receipt
  /** What will be due when if nothing else happens. */
  readonly next?: { readonly level: string; readonly at: string }
  /** The runs of the workflow before this one, oldest first, with the number of the first event of each. */
  readonly earlierRuns: readonly { readonly runId: string; readonly firstSeq: number }[]
}

/** Events of one run from `fromSeq` on, about 1 MB at most; `nextSeq` where more follow. */
export type TimelinePage = { readonly events: readonly IncidentEvent[]; readonly nextSeq?: number }

export type DeskView = {
  readonly state: Omit<
    DeskState,
    'keys' | 'unstarted' | 'outdated' | 'alertGroups' | 'deliveries' | 'proposed'
  > & {
    readonly proposed?: Omit<NonNullable<DeskState['proposed']>, 'book'>
    readonly starting: readonly string[]
    /** So many messages have not reached their incidents yet. */
    readonly untold: number
  }
  readonly head: Receipt
}

export type RunbookView = {
  readonly runbook?: PublishedRunbook
  readonly lab: boolean
  /** A desk of before did not tell them. */
  readonly unresolved?: readonly string[]
  readonly withdrawn?: NonNullable<DeskState['withdrawn']>
}

/** Where the memo of a workflow holds the head of its chain, written at the end of every task (workflows/machine/seal.ts). */
export const headMemo = 'hikeshiHead'

/** Where the memo of an incident holds what a list says of it, written whenever it changes. */
export const outlineMemo = 'hikeshiOutline'

export type IncidentOutline = {
  readonly declaredAt: string
  /** Its first words. */
  readonly description: string
  readonly timezone: string
  readonly commander?: string
}

/**
 * How long a worker may take for one task, the reading of a long history included. Temporal hands a task of a killed worker out again
 * only after this time.
 */
export const taskTimeout = '2s'

/** Name of the worker that re-executes a history: there, and only there, somebody hears `ReplaySinks` (workflows/machine/ledger.ts). */
export const proofWorker = 'hikeshi-replay'

/** What a query fails with that came before the task of events which it would have seen: ask again (workflows/machine/stale-task.ts). */
export const staleQuery = 'hikeshi: the query came before the task of the newest events'

/** Input of a desk's first run. */
export type DeskInput = {
  readonly desk: string
  /** Drawn by whoever starts it: a workflow's own random numbers follow from its run id, which anybody may know. */
  readonly secret: string
  readonly lab: boolean
  /** Highest incident number that is known from before, 0 for a new system. */
  readonly lastNumber: number
  /** Incidents of a desk before this one that go on: it tells them what they have to know, and reports join them. */
  readonly open?: DeskState['open']
  /** Continue as new after this many events of history (tests force it); else when Temporal suggests it. */
  readonly continueAfterEvents?: number
}

/** Input of an incident: its opening, or where the run before left off. */
export type IncidentInput = {
  readonly desk: string
  /** What the salts of its events come from (domain/timeline/chain.ts); its desk makes it of its own. */
  readonly secret: string
  readonly continueAfterEvents?: number
} & (
  | { readonly opening: Opening }
  | {
      readonly carried: {
        readonly state: IncidentState
        readonly head: Receipt
        readonly receipts: readonly { readonly id: string; readonly receipt: Receipt }[]
        readonly earlierRuns: IncidentView['earlierRuns']
      }
    }
)

/** What an incident's workflow leaves behind when it is over. */
export type IncidentResult = { readonly incident: string; readonly phase: string; readonly receipt: Receipt }
