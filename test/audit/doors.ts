/** How the audit's people and machines come in: by the one typed client, with patience, and each message with its own id. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '@temporalio/client'
import type { CommandOrder } from '../../client/incidents/commands.ts'
import { openIncidents } from '../../client/incidents/incidents.ts'
import type { Temporal } from '../../client/temporal/connect.ts'
import { queryWithin } from '../../client/temporal/query.ts'
import type { Declaration } from '../../domain/incident/commands.ts'
import { present } from '../../domain/present.ts'
import type { Actor } from '../../domain/words.ts'
import { Refused } from '../../edge/refused.ts'
import { type DeskView, deskId, type IncidentView, queries } from '../../wire/messages.ts'
import { hopeless } from './attempt.ts'
import type { Entry, Journal } from './journal.ts'
import { timedLevels } from './runbook.ts'

export type Doors = {
  readonly temporal: Temporal
  readonly declare: (order: {
    readonly desk: string
    readonly declaration: Declaration
    readonly by: Actor
    readonly key?: string
    readonly fresh: boolean
    readonly id: string
  }) => Promise<Entry>
  readonly command: (
    desk: string,
    incident: string,
    order: CommandOrder,
    id: string,
    text?: string,
  ) => Promise<Entry>
  readonly signal: (
    desk: string,
    incident: string,
    name: Entry['name'],
    payload: unknown,
    text?: string,
  ) => Promise<Entry>
  readonly alerts: (
    desk: string,
    group: string,
    alert: { readonly id: string; readonly startsAtMs: number; readonly endsAtMs?: number },
    by: Actor,
  ) => Promise<Entry>
  readonly freeze: (desk: string, on: boolean, by: Actor) => Promise<Entry>
  /** Somebody waited in vain for its answer: nobody goes on trying. */
  readonly isStuck: (incident: string) => boolean
  readonly view: (incident: string, withinMs?: number) => Promise<IncidentView>
  readonly desk: (desk: string, withinMs?: number) => Promise<DeskView>
}

/** Nobody gives up before this: worker and Temporal are back by then, or something stands still. */
const patienceMs = 60_000

/** Said while something is down, or before visibility has heard of a desk that surely runs: not an answer. */
const passing: readonly string[] = [
  'temporal-unreachable',
  'no-worker',
  'internal',
  'unknown-incident',
  'unknown-service',
  'no-runbook',
  'alert-in-doubt',
]

export function openDoors(temporal: Temporal, { write, entries }: Journal): Doors {
  const incidents = openIncidents(temporal)
  const { client } = temporal
  return {
    temporal,
    declare: async ({ desk, declaration, by, key, fresh, id }) => {
      const entry = write({
        kind: 'declare',
        name: 'declare',
        desk,
        text: declaration.description,
        ...present({ key }),
        sentMs: Date.now(),
      })
      const order = { declaration, by, key, fresh, system: desk, id }
      const answer = await insist(client, entry, () => incidents.declare(order))
      if (answer === undefined) return entry
      const { incident, receipt, created, next } = answer
      Object.assign(entry, { incident, receipt, created })
      if (next?.level === 'team-lead') entry.firstDueMs = Date.parse(next.at)
      // Who is called at once comes first; the timed levels count from that same moment.
      if (next?.level === 'security') entry.firstDueMs = Date.parse(next.at) + timedLevels['team-lead']
      return entry
    },
    command: async (desk, incident, order, id, text) => {
      const entry = write({
        kind: 'update',
        name: order.type,
        desk,
        incident,
        ...present({ text }),
        sentMs: Date.now(),
      })
      const answer = await insist(client, entry, () => incidents.command(incident, order, { id }))
      if (answer !== undefined) entry.receipt = answer.receipt
      return entry
    },
    signal: async (desk, incident, name, payload, text) => {
      const entry = write({
        kind: 'signal',
        name,
        desk,
        incident,
        ...present({ text }),
        sentMs: Date.now(),
      })
      await insist(client, entry, () => client.workflow.getHandle(incident).signal(name, payload))
      return entry
    },
    alerts: async (desk, group, alert, by) => {
      const entry = write({ kind: 'alerts', name: 'alerts', desk, group, sentMs: Date.now() })
      const trouble = { service: 'backend', severity: 'HIGH', description: `alert ${group}` } as const
      const heard = { group, runbook: desk, trouble, alerts: [alert], hidden: 0 }
      const answer = await insist(client, entry, () => incidents.alerts(heard, by))
      if (answer?.incident !== undefined) entry.incident = answer.incident
      if (answer !== undefined) entry.receipt = answer.receipt
      return entry
    },
    freeze: async (desk, on, by) => {
      const entry = write({ kind: 'freeze', name: 'freeze', desk, sentMs: Date.now() })
      const answer = await insist(client, entry, () => incidents.freeze(on, by))
      const told = answer?.find((one) => one.desk === desk)
      if (told !== undefined) entry.receipt = told.receipt
      return entry
    },
    isStuck: (incident) =>
      entries.some((entry) => entry.incident === incident && entry.unanswered !== undefined),
    view: (incident, withinMs = 5_000) =>
      queryWithin(temporal, withinMs, (asked) =>
        asked.workflow.getHandle(incident).query<IncidentView>(queries.state),
      ),
    desk: (desk, withinMs = 5_000) =>
      queryWithin(temporal, withinMs, (asked) =>
        asked.workflow.getHandle(deskId(desk)).query<DeskView>(queries.desk),
      ),
  }
}

async function insist<T>(client: Client, entry: Entry, send: () => Promise<T>): Promise<T | undefined> {
  const workflow = entry.incident ?? deskId(entry.desk)
  for (const until = Date.now() + patienceMs; ; ) {
    try {
      const answer = await send()
      entry.answeredMs = Date.now()
      return answer
    } catch (error) {
      const name = error instanceof Refused ? error.failure.name : goneOrNot(error)
      if (name !== undefined && !passing.includes(name)) {
        entry.answeredMs = Date.now()
        entry.refused = name
        return undefined
      }
      const attempt = await hopeless(client, workflow).catch(() => undefined)
      if (attempt !== undefined || Date.now() > until) {
        const why = error instanceof Error ? error.message : String(error)
        entry.unanswered = attempt === undefined ? why : `its task is tried for the ${attempt}th time`
        return undefined
      }
      await sleep(200)
    }
  }
}

/** A signal to an incident that has ended is not taken; every other error of a plain signal passes. */
function goneOrNot(error: unknown): string | undefined {
  return error instanceof Error && error.name === 'WorkflowNotFoundError' ? 'not-open' : undefined
}
