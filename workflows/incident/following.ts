/** What lasts as long as the incident is open: its logs are kept. Nothing waits for it, and it keeps no run from its end. */
import { type Failure, failure } from '../../domain/failures.ts'
import { logsToKeep } from '../../domain/incident/logs.ts'
import { logsQueue } from '../../wire/messages.ts'
import { followLogs } from '../calls/logs.ts'
import { UnderWay } from '../machine/under-way.ts'
import { reasonOf } from '../reason.ts'
import type { IncidentPump } from './pump.ts'

const key = 'logs'
/** What ended by itself, such as for a right that is missing, is begun again after this: somebody may have granted it. */
const againAfterMs = 300_000

export class Following {
  readonly #pump: IncidentPump
  readonly #underWay: UnderWay
  #begun = 0
  #failed: { readonly name: Failure['name']; readonly atMs: number } | undefined

  constructor(pump: IncidentPump) {
    this.#pump = pump
    this.#underWay = new UnderWay(() => {
      pump.changed = true
    })
  }

  get size(): number {
    return this.#underWay.size
  }

  /** `leaving`: this run ends as soon as nothing is under way any more. */
  reconcile(leaving: boolean): void {
    const { state, head, nowMs } = this.#pump.ledger
    const about = leaving ? undefined : logsToKeep(state)
    if (about === undefined) {
      this.#underWay.cancel(key)
      return
    }
    if (this.#underWay.has(key)) return
    const isDueAgain = this.#failed !== undefined && nowMs - this.#failed.atMs >= againAfterMs
    if (this.#underWay.hasEnded(key) && !isDueAgain) return
    let endedMs: number | undefined
    const answered = (atMs: number): void => {
      endedMs = atMs
    }
    this.#begun += 1
    const call = this.#begun === 1 ? key : `${key}/${this.#begun}`
    const moment = { state, head, nowMs, answered }
    this.#underWay.start(key, () => followLogs(call, about, moment), {
      done: (outcome) => {
        const before = this.#failed?.name
        this.#failed = outcome.ok ? undefined : { name: outcome.failure.name, atMs: this.#pump.ledger.nowMs }
        // That it is still so is no news.
        if (outcome.ok || outcome.failure.name !== before)
          this.#pump.happened({ type: 'logs-ended', outcome }, endedMs)
      },
      // It ended with the incident, and no worker had it: of what was kept nobody can say anything.
      cancelled: () => {
        const { runbook } = this.#pump.ledger.state
        const queue = logsQueue(runbook.book.cluster)
        if (logsToKeep(this.#pump.ledger.state) === undefined)
          this.#pump.happened({
            type: 'logs-ended',
            outcome: { ok: false, failure: failure('no-worker', { queue }) },
          })
      },
      broke: (error) => this.#pump.happened({ type: 'internal-error', where: key, reason: reasonOf(error) }),
    })
  }
}
