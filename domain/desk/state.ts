/** What a desk knows: the fold of its events, plain JSON. */
import type { AlertGroup } from '../alert/group.ts'
import type { Declaration } from '../incident/commands.ts'
import type { Opening } from '../incident/open.ts'
import type { PublishedRunbook } from '../runbook/runbook.ts'
import type { Actor, Phase, Severity } from '../words.ts'

export type OpenIncident = {
  readonly service: string
  readonly symptom?: string
  readonly severity: Severity
  readonly phase: Phase
  readonly reports: number
  readonly openedAtMs: number
  /** How far its timeline was when it was last heard from. */
  readonly heard?: number
  /** A report did not reach it; until it is heard from again, reports go elsewhere. */
  readonly unreachable?: true
}

/** How a group of alerts stands. Whole numbers that grow: news that was overtaken is known by its version. */
export type AlertNews = {
  readonly group: string
  readonly version: number
  /** How often one of its alerts began to fire, how many fire now, and whether none is hidden. */
  readonly fired: number
  readonly firing: number
  readonly clear: boolean
}

/** Groups of alerts by the hash of their name, on shelves (alert-groups.ts). */
export type AlertShelves = readonly ({ readonly [group: string]: AlertGroup } | null)[]

/** Something that an open incident has yet to be told. */
export type Delivery = { readonly id: string; readonly incident: string; readonly by: Actor } & (
  | { readonly type: 'report'; readonly declaration: Declaration; readonly atMs: number }
  | { readonly type: 'freeze'; readonly on: boolean; readonly version: number }
  | ({
      readonly type: 'alerts'
      readonly declaration: Declaration
      readonly atMs: number
      readonly joins?: true
      readonly raises?: true
    } & AlertNews)
)

/** An opening without its runbook: in a storm hundreds of them are carried over a continue-as-new. */
export type Unstarted = Omit<Opening, 'runbook'> & { readonly version: number }

export type DeskState = {
  readonly desk: string
  readonly lab: boolean
  readonly runbook?: PublishedRunbook & { readonly publishedBy: Actor; readonly publishedAt: string }
  /** Waits for a second person's signature; until then the other one is in force. */
  readonly proposed?: Omit<PublishedRunbook, 'version'> & { readonly by: Actor; readonly at: string }
  /** Nothing is opened under the runbook any more. */
  readonly withdrawn?: { readonly by: Actor; readonly at: string; readonly reason: string }
  readonly lastNumber: number
  readonly open: { readonly [incident: string]: OpenIncident }
  /** Numbered, and not yet running; `openingOf` adds the runbook. */
  readonly unstarted: readonly Unstarted[]
  /** Runbooks of before, by version, that what is unstarted was declared under. */
  readonly outdated?: { readonly [version: string]: PublishedRunbook }
  readonly deliveries: readonly Delivery[]
  /** Marks of the reports' keys (see keys.ts), oldest first. */
  readonly keys: readonly { readonly mark: string; readonly atMs: number; readonly incident: string }[]
  /** Those that ended last: what one of them said before comes late, and opens it no more. */
  readonly over?: readonly string[]
  readonly frozen?: { readonly by: Actor; readonly at: string }
  /** How often the desk froze or thawed: two in one millisecond are two deliveries. */
  readonly freezes: number
  /** The newest run of its workflow that lies in the archive; not there before the first one does. */
  readonly archivedRun?: number
  /** Groups of alerts; there since the first one was heard from. */
  readonly alertGroups?: AlertShelves
  /** How many alerts and groups lie there. */
  readonly alertsKnown?: number
  /** How often news of alerts came: the version of the next is one more. */
  readonly alertVersion?: number
}

/** `open`: incidents of a desk before this one that go on. */
export function emptyDesk(
  desk: string,
  lab: boolean,
  lastNumber: number,
  open: DeskState['open'] = {},
): DeskState {
  return { desk, lab, lastNumber, open, unstarted: [], deliveries: [], keys: [], freezes: 0 }
}

/** `hasOwn`, because anybody may send the word `constructor`. */
export function openIncident(state: DeskState, incident: string): OpenIncident | undefined {
  return Object.hasOwn(state.open, incident) ? state.open[incident] : undefined
}

/** What an incident is started with: the runbook is the one that was in force when it was declared. */
export function openingOf(state: DeskState, { version, ...opening }: Unstarted): Opening | undefined {
  const { runbook: current, outdated = {} } = state
  if (current?.version !== version) {
    const runbook = outdated[String(version)]
    return runbook && { ...opening, runbook }
  }
  return { ...opening, runbook: withoutPublisher(current) }
}

/** What an incident is given of the runbook in force. */
export function withoutPublisher(current: NonNullable<DeskState['runbook']>): PublishedRunbook {
  const { publishedBy: _, publishedAt: __, ...runbook } = current
  return runbook
}
