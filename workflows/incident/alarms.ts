/** A timer for every deadline. What it means when one fires is that its moment has come, even where the clock says that it has not. */
import { CancellationScope, sleep } from '@temporalio/workflow'
import { type Deadline, deadlines } from '../../domain/incident/deadlines.ts'
import type { IncidentPump } from './pump.ts'

export class Alarms {
  readonly #pump: IncidentPump
  readonly #set = new Map<string, { readonly scope: CancellationScope; rung: boolean }>()
  readonly #dropped = new Set<string>()

  constructor(pump: IncidentPump) {
    this.#pump = pump
  }

  /**
   * Tells the rules of every deadline whose moment has come, and how late it is: of a call that comes again and again, what was missed in
   * an outage is due once, and not once for each time that it was missed.
   */
  fireWhatIsDue(): void {
    const { ledger } = this.#pump
    const clockMs = Date.now()
    for (const deadline of this.#upcoming()) {
      const name = nameOf(deadline)
      if (deadline.atMs > ledger.nowMs && !this.#set.get(name)?.rung) continue
      // A deadline whose rules throw would stay due for ever: it is left alone in this run, the others go on.
      const atMs = Math.max(clockMs, deadline.atMs)
      if (!this.#pump.happened({ type: 'due', deadline }, atMs)) this.#dropped.add(name)
    }
  }

  /** Sets a timer where one is missing, and stops those whose deadline is no more. */
  set(): void {
    const wanted = new Map(this.#upcoming().map((deadline) => [nameOf(deadline), deadline.atMs]))
    for (const [name, { scope }] of this.#set) {
      if (wanted.has(name)) continue
      scope.cancel()
      this.#set.delete(name)
    }
    for (const [name, atMs] of wanted) if (!this.#set.has(name)) this.#start(name, atMs)
  }

  stop(): void {
    for (const { scope } of this.#set.values()) scope.cancel()
  }

  #start(name: string, atMs: number): void {
    const alarm = { scope: new CancellationScope({ cancellable: true }), rung: false }
    this.#set.set(name, alarm)
    alarm.scope
      .run(() => sleep(Math.max(1, atMs - Math.max(this.#pump.ledger.nowMs, Date.now()))))
      .then(
        () => {
          alarm.rung = true
          this.#pump.changed = true
        },
        () => undefined,
      )
  }

  #upcoming(): readonly Deadline[] {
    return deadlines(this.#pump.ledger.state).filter((deadline) => !this.#dropped.has(nameOf(deadline)))
  }
}

function nameOf(deadline: Deadline): string {
  return JSON.stringify(deadline)
}
