/** What others are told when an incident changes: its desk, Temporal's search attributes, Temporal's own screen. */
import {
  CancellationScope,
  getExternalWorkflowHandle,
  setCurrentDetails,
  upsertSearchAttributes,
} from '@temporalio/workflow'
import type { DeskCommandType } from '../../domain/desk/commands.ts'
import type { Command } from '../../domain/incident/commands.ts'
import { saysNow } from '../../domain/incident/fold/gone.ts'
import { type IncidentState, isOver } from '../../domain/incident/fold/state.ts'
import { iso } from '../../domain/iso.ts'
import { present } from '../../domain/present.ts'
import { cutTo, system } from '../../domain/words.ts'
import { attributeKeys } from '../../wire/attributes.ts'
import { deskId, type IncidentOutline } from '../../wire/messages.ts'
import { sent } from '../machine/ledger.ts'
import { asText } from '../markdown.ts'
import type { IncidentPump } from './pump.ts'

export type Told = Pick<IncidentState, 'phase' | 'severity' | 'symptom'>

export class News {
  readonly #pump: IncidentPump
  readonly #desk: string
  #told: string
  #onTheWay = 0

  /** `told` is what the desk and the search attributes know already. */
  constructor(pump: IncidentPump, desk: string, told: Told) {
    this.#pump = pump
    this.#desk = desk
    this.#told = newsOf(told)
  }

  /** Temporal drops a signal that is still on its way when its sender's run ends: the end waits for it. */
  get onTheWay(): number {
    return this.#onTheWay
  }

  tell(): void {
    const { state } = this.#pump.ledger
    const { phase, severity, symptom, service, id } = state
    if (this.#told === newsOf(state)) return
    this.#told = newsOf(state)
    upsertSearchAttributes([
      { key: attributeKeys.HikeshiPhase, value: phase },
      { key: attributeKeys.HikeshiSeverity, value: severity },
      ...(symptom === undefined ? [] : [{ key: attributeKeys.HikeshiSymptom, value: symptom }]),
    ])
    const version = this.#pump.ledger.head.seq
    const news = { v: 1, by: system, incident: id, phase, severity, service, version }
    this.#tellDesk('incident-changed', symptom === undefined ? news : { ...news, symptom })
  }

  screen(): void {
    setCurrentDetails(details(this.#pump.ledger.state))
  }

  /** The desk sent this before it knew the incident was over: hand it back, so that it joins another incident or opens one. */
  handBack(command: Command): void {
    if (!isOver(this.#pump.ledger.state)) return
    if (command.type === 'report' || (command.type === 'alerts' && command.joins && command.firing === 0)) {
      const { by, declaration, id } = command
      this.tell()
      this.#tellDesk('declare', { v: 1, by, declaration, ...present({ id }) })
    }
    if (command.type === 'alerts' && command.firing > 0) {
      const { by, group, declaration, id } = command
      const { service, symptom, severity, description } = declaration
      const trouble = { service, severity, description, ...present({ symptom }) }
      const unheardBy = this.#pump.ledger.state.id
      this.tell()
      this.#tellDesk('alerts', {
        v: 1,
        by,
        group,
        trouble,
        alerts: [],
        unheardBy,
        ...present({ id }),
      })
    }
  }

  #tellDesk(signal: DeskCommandType, message: object): void {
    this.#onTheWay += 1
    const desk = getExternalWorkflowHandle(deskId(this.#desk))
    CancellationScope.nonCancellable(() => desk.signal(signal, sent('signal', signal, message)))
      .catch(() => undefined) // A desk that is gone must not stop an incident.
      .finally(() => {
        this.#onTheWay -= 1
        this.#pump.changed = true
      })
  }
}

function newsOf({ phase, severity, symptom }: Told): string {
  return `${phase} ${severity} ${symptom}`
}

const outlined = 200

/** What a list says of it. */
export function outlineOf({ declaredAtMs, description, runbook, commander }: IncidentState): IncidentOutline {
  return {
    declaredAt: iso(declaredAtMs),
    description: cutTo(description, outlined),
    timezone: runbook.book.timezone,
    ...present({ commander }),
  }
}

/** Markdown for Temporal's own screen. */
function details(state: IncidentState): string {
  const waiting = Object.values(state.steps)
    .filter((s) => s.status === 'proposed')
    .map((s) => s.id)
  return [
    [
      `**${state.severity} · ${state.phase}**`,
      ...[state.service, state.symptom ?? ''].map((name) => asText(name)),
    ]
      .filter((part) => part !== '')
      .join(' · '),
    ...(waiting.length === 0 ? [] : [`Waiting for approval: ${waiting.join(', ')}`]),
    ...state.findings.slice(0, 5).map((f) => `- ${asText(saysNow(state, f).en)}`),
  ].join('\n\n')
}
