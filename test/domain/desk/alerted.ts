/** A desk without its shell, which hears alerts. */
import assert from 'node:assert/strict'
import { type DeskCommandInput, parseDeskCommand } from '../../../domain/desk/commands.ts'
import { type Declared, type DeskOccurrence, decideDesk } from '../../../domain/desk/decide.ts'
import type { DeskFact } from '../../../domain/desk/events.ts'
import { evolveDesk } from '../../../domain/desk/evolve.ts'
import { type DeskState, emptyDesk } from '../../../domain/desk/state.ts'
import type { Actor, Phase } from '../../../domain/words.ts'
import { smallBook } from '../incident/small-runbook.ts'
import { noon, sato } from '../incident/world.ts'

export const alertmanager: Actor = { kind: 'alert', id: 'alertmanager', verified: true }
export const group = 'a'.repeat(32)
export const trouble = { service: 'backend', symptom: '5xx', severity: 'HIGH', description: '5xx' } as const
export const minute = 60_000

export type Told = Partial<Omit<DeskCommandInput<'alerts'>, 'v' | 'by'>>

export class Desk {
  state: DeskState
  now = noon
  readonly facts: DeskFact[] = []

  constructor() {
    this.state = emptyDesk('shodo', false, 0)
    this.send('publish', { v: 1, by: sato, book: smallBook() })
  }

  /** What the sender is told; the name of the refusal where it is refused. */
  hear(told: Told): Declared | string | undefined {
    return this.send('alerts', { v: 1, by: alertmanager, group, trouble, alerts: [], ...told })
  }

  declare(told: Omit<DeskCommandInput<'declare'>, 'v' | 'by'>): Declared | string | undefined {
    return this.send('declare', { v: 1, by: sato, ...told })
  }

  /** Every numbered incident starts, and every delivery arrives. */
  settle(): void {
    for (const { incident } of this.state.unstarted) this.feed({ type: 'started', incident })
    this.feed({ type: 'delivered', deliveries: this.state.deliveries.map(({ id }) => id) })
  }

  changed(incident: string, phase: Phase): void {
    this.send('incident-changed', { v: 1, by: sato, incident, phase, severity: 'HIGH' })
  }

  feed(occurrence: DeskOccurrence): void {
    const decision = decideDesk(this.state, occurrence, this.now)
    if ('facts' in decision) this.#take(decision.facts)
  }

  news() {
    return this.state.deliveries.flatMap((d) =>
      d.type === 'alerts' ? [[d.incident, d.fired, d.firing, d.clear]] : [],
    )
  }

  send(type: string, payload: object): Declared | string | undefined {
    const command = parseDeskCommand(type, payload)
    if ('code' in command) return assert.fail(JSON.stringify(command))
    const decision = decideDesk(this.state, command, this.now)
    if ('refusal' in decision) return decision.refusal.name
    this.#take(decision.facts)
    return decision.declared
  }

  #take(facts: readonly DeskFact[]): void {
    for (const fact of facts) this.state = evolveDesk(this.state, fact, this.now)
    this.facts.push(...facts)
    // As a continue-as-new would.
    this.state = JSON.parse(JSON.stringify(this.state))
  }
}

export const firing = (id: string, startsAtMs = noon) => ({ id, startsAtMs })
export const ended = (id: string, startsAtMs = noon, endsAtMs = noon + minute) => ({
  id,
  startsAtMs,
  endsAtMs,
})
export const created = (incident: string) => ({ incident, created: true, reports: 1, repeated: false })
export const known = (incident: string, repeated: boolean) => ({
  incident,
  created: false,
  reports: 1,
  repeated,
})
