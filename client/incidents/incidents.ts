/** The one typed client that every door shares: command line, API and whatever comes later. */
import { readdir } from 'node:fs/promises'
import type { Diagnosis } from '../../domain/diagnosis/diagnosis.ts'
import type { Overview } from '../../domain/diagnosis/overview.ts'
import type { Similar } from '../../domain/figures/similar.ts'
import type { IncidentEvent } from '../../domain/incident/fold/events.ts'
import type { Actor, Receipt } from '../../domain/words.ts'
import { refused } from '../../edge/refused.ts'
import { archiveFolder, runIn } from '../../wire/archive.ts'
import type { CommandReceipt, DeclareReceipt, DeskView, IncidentView } from '../../wire/messages.ts'
import { failureIn } from '../failure-in.ts'
import type { About } from '../stats/similar.ts'
import type { Temporal } from '../temporal/connect.ts'
import { type CommandOrder, sendCommand } from './commands.ts'
import { type DeclareOrder, declareIncident } from './declare.ts'
import { deskView, freezeAll, withdrawRunbook } from './desks.ts'
import { diagnoseService } from './diagnose.ts'
import { type Desk, findDesks } from './directory.ts'
import { type Listed, type ListFilter, listIncidents } from './list.ts'
import { lookOverServices, type OverviewOrder } from './overview.ts'
import { type Published, type PublishOrder, publishRunbook } from './publish.ts'
import { type ReadOrder, readStep, type StepLook } from './read-step.ts'
import { type AlertsReceipt, type HeardAlerts, reportAlerts } from './report-alerts.ts'
import { showIncident } from './show.ts'
import type { Shown } from './shown.ts'
import { takeSituation } from './situation.ts'
import { readTimeline } from './timeline.ts'
import { type WatchOptions, watchIncident } from './watch.ts'

/**
 * What people do with incidents, whichever way leads there: straight to Temporal, or through the API that verified them. Every function
 * throws `Refused` with a failure of the one list, and nothing else.
 */
export type Incidents = {
  readonly declare: (order: DeclareOrder) => Promise<DeclareReceipt>
  /** `id` makes a repeat harmless: the same id gets the first receipt. */
  readonly command: (
    incident: string,
    order: CommandOrder,
    options?: { readonly id?: string },
  ) => Promise<CommandReceipt>
  readonly show: (incident: string) => Promise<Shown>
  readonly list: (filter?: ListFilter) => Promise<readonly Listed[]>
  readonly timeline: (incident: string) => Promise<readonly IncidentEvent[]>
  readonly watch: (
    incident: string,
    signal: AbortSignal,
    options?: WatchOptions,
  ) => AsyncIterable<IncidentEvent>
  /** Has a fresh 5-second picture taken, waits for it, returns the state that holds it. */
  readonly situation: (incident: string, by: Actor) => Promise<IncidentView>
  /** Looks at a service now, with or without an incident. */
  readonly diagnose: (wanted: {
    readonly service: string
    readonly system?: string | undefined
  }) => Promise<Diagnosis>
  /** How every service of a runbook stands now, or one of them. Whoever asks in the same moment is told the same. */
  readonly overview: (order: OverviewOrder) => Promise<Overview>
  /** The runbooks that are published, with their services. */
  readonly desks: () => Promise<readonly Desk[]>
  /** Has one reading step of a published runbook read now, without an incident. */
  readonly read: (order: ReadOrder) => Promise<StepLook>
  /** Earlier incidents that are like this one, the newest first: few, and none where nothing is known of any within 1.5 s. */
  readonly similar: (incident: string, about?: About) => Promise<readonly Similar[]>
  readonly publish: (order: PublishOrder) => Promise<Published>
  /** Nothing more is opened under the runbook until it is published again. */
  readonly withdraw: (
    runbook: string,
    order: { readonly reason: string; readonly by: Actor; readonly id?: string },
  ) => Promise<CommandReceipt>
  /** Stops or allows all automation, on every desk. */
  readonly freeze: (
    on: boolean,
    by: Actor,
  ) => Promise<readonly { readonly desk: string; readonly receipt: Receipt }[]>
}

/** The same straight at Temporal, with what monitoring systems say, and what the desks hold. */
export type DirectIncidents = Incidents & {
  /** A monitoring system's message about a group of alerts; the same one any number of times. */
  readonly alerts: (heard: HeardAlerts, by: Actor) => Promise<AlertsReceipt>
  readonly desk: (desk: string) => Promise<DeskView>
}

export type IncidentsOptions = {
  /** Folder of the archive (HIKESHI_ARCHIVE), for runs that Temporal has forgotten. */
  readonly archive?: string | undefined
}

export function openIncidents(temporal: Temporal, options: IncidentsOptions = {}): DirectIncidents {
  const { archive } = options
  const forgotten = (incident: string) => (error: unknown) => whereItLies(incident, archive, error)
  const show = (incident: string) => showIncident(temporal, incident).catch(forgotten(incident))
  return {
    declare: (order) => declareIncident(temporal, order),
    command: (incident, order, { id } = {}) => sendCommand(temporal, incident, order, id),
    show,
    list: (filter) => listIncidents(temporal, filter),
    timeline: (incident) => readTimeline(temporal, incident, archive).catch(forgotten(incident)),
    similar: async (incident, about) => {
      const known = about ?? aboutOf(await show(incident))
      if (known === undefined) return []
      const { similarIncidents } = await import('../stats/similar.ts')
      return similarIncidents(archive, incident, known)
    },
    watch: (incident, signal, watching) => watchIncident(temporal, incident, signal, watching),
    situation: (incident, by) => takeSituation(temporal, incident, by),
    diagnose: (wanted) => diagnoseService(temporal, wanted),
    overview: (order) => lookOverServices(temporal, order),
    read: (order) => readStep(temporal, order),
    alerts: (heard, by) => reportAlerts(temporal, heard, by),
    publish: (order) => publishRunbook(temporal, order),
    withdraw: (runbook, order) => withdrawRunbook(temporal, runbook, order),
    freeze: (on, by) => freezeAll(temporal, on, by, crypto.randomUUID()),
    desks: () => findDesks(temporal),
    desk: (desk) => deskView(temporal, desk),
  }
}

/** Undefined while nobody tells of which service it is. */
function aboutOf(shown: Shown): About | undefined {
  const { service, symptom } = shown.source === 'worker' ? shown.state : shown
  return service === undefined ? undefined : { service, symptom }
}

/** An incident that Temporal knows no more was one: its runs lie in the archive. */
async function whereItLies(incident: string, archive: string | undefined, error: unknown): Promise<never> {
  if (archive === undefined || failureIn(error)?.name !== 'unknown-incident') throw error
  const folder = archiveFolder(archive, incident)
  const files = await readdir(folder).catch((): string[] => [])
  throw files.some((file) => runIn(file) !== undefined)
    ? refused('incident-archived', { incident, folder })
    : error
}
