/** What is known of an incident, and from where. Knows no client of Temporal: a door that comes through the API loads no more than this. */
import type { Proof } from '../../domain/rehearsal/rehearsal.ts'
import type { Words } from '../../domain/words.ts'
import { refused } from '../../edge/refused.ts'
import { type IncidentView, incidentsQueue } from '../../wire/messages.ts'
import type { Pending } from './pending.ts'

/** The workflow itself tells it, or only what visibility holds of it is known. */
export type Shown = Told | Outline

type Told = { readonly source: 'worker'; readonly proofs?: Proofs } & Pending & IncidentView

/** Of each run that waits for people, what the last rehearsal of its step found; null where none has tried it. */
export type Proofs = { readonly [run: string]: Proof | null }

export type Outline = {
  readonly source: 'visibility'
  readonly incident: string
  readonly status: 'starting' | 'running' | 'over'
  readonly service?: string | undefined
  readonly symptom?: string | undefined
  readonly severity?: string | undefined
  readonly phase?: string | undefined
  readonly startedAt?: string | undefined
  readonly description?: string | undefined
  readonly commander?: string | undefined
  /** The team's, from its runbook. */
  readonly timezone?: string | undefined
  /** Its task fails again and again, and with what. */
  readonly stuck?: true
  readonly problem?: Words
}

/** What only a worker can tell; refused (`no-worker`) where none does. */
export function toldByWorker(shown: Shown): Told {
  if (shown.source === 'worker') return shown
  throw refused('no-worker', { queue: incidentsQueue })
}
