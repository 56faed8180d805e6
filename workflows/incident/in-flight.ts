/** Effects: the state says what is wanted, this makes it so. */
import { CancellationScope, isCancellation } from '@temporalio/workflow'
import { failure } from '../../domain/failures.ts'
import type { Occurrence } from '../../domain/incident/decide.ts'
import {
  archiveEffect,
  type Effect,
  effects,
  pageEffect,
  unwantedPages,
} from '../../domain/incident/effects.ts'
import { reasonOf } from '../failure-of.ts'
import { perform } from '../perform.ts'
import type { Pump } from './pump.ts'

export class InFlight {
  readonly #pump: Pump
  readonly #runIdOf: (run: number) => string
  readonly #scopes = new Map<string, CancellationScope>()
  readonly #ended = new Set<string>()

  constructor(pump: Pump, runIdOf: (run: number) => string) {
    this.#pump = pump
    this.#runIdOf = runIdOf
  }

  get size(): number {
    return this.#scopes.size
  }

  /**
   * Starts what the state wants done and cancels what it does not want any more. While draining only pages are started, and when nothing
   * else is under way only first tries: the further ones of a channel that hangs would keep a long run from ever coming to rest. So would
   * an archive that cannot be written for days: the next run begins it again.
   */
  reconcile(draining: boolean): void {
    // Asked for and dropped in one task: it was never under way, so its end is told here.
    for (const key of unwantedPages(this.#pump.ledger.state))
      if (!this.#scopes.has(pageEffect(key))) this.#pump.happened({ type: 'page-cancelled', key })
    const wanted = effects(this.#pump.ledger.state)
    const onlyArchive = [...this.#scopes.keys()].every((key) => key.startsWith(archiveEffect('')))
    for (const [key, scope] of this.#scopes)
      if (!wanted.some((e) => e.key === key) || (draining && onlyArchive)) scope.cancel()
    const onlyPages = [...this.#scopes.keys()].every((key) => key.startsWith(pageEffect('')))
    const mayStart = (effect: Effect) =>
      !draining || (effect.type === 'page' && (!onlyPages || isFirst(effect)))
    for (const effect of wanted) {
      if (this.#scopes.has(effect.key) || !mayStart(effect)) continue
      if (!this.#ended.has(effect.key)) this.#start(effect)
      else this.#stuck(effect.key)
    }
  }

  #start(effect: Effect): void {
    const scope = new CancellationScope({ cancellable: true })
    this.#scopes.set(effect.key, scope)
    let endedMs: number | undefined
    const answered = (atMs: number): void => {
      endedMs = Math.max(endedMs ?? 0, atMs)
    }
    const { state, head, nowMs } = this.#pump.ledger
    const moment = { state, head, nowMs, runIdOf: this.#runIdOf, answered }
    scope
      .run(() => perform(effect, moment))
      .then(
        (occurrence) => {
          // A try that failed while it was left to the next run is not the end of trying.
          const isLeft = scope.consideredCancelled && occurrence.type === 'archive-ended'
          if (!isLeft || occurrence.outcome.ok) this.#pump.happened(occurrence, endedMs)
        },
        (error: unknown) => this.#threw(effect, error),
      )
      .finally(() => {
        this.#scopes.delete(effect.key)
        this.#ended.add(effect.key)
        this.#pump.changed = true
      })
  }

  #threw(effect: Effect, error: unknown): void {
    if (!isCancellation(error)) {
      const reason = reasonOf(error)
      this.#pump.happened({ type: 'internal-error', where: effect.key, reason })
      const end = brokenEnd(effect, reason)
      if (end !== undefined) this.#pump.happened(end)
    } else if (effect.type === 'page') this.#pump.happened({ type: 'page-cancelled', key: effect.page.key })
  }

  /** It ended and the rules did not take its end: say so once, never start it in a circle. */
  #stuck(key: string): void {
    if (this.#ended.has(`${key} stuck`)) return
    this.#ended.add(`${key} stuck`)
    const reason = 'its answer was not taken by the rules'
    this.#pump.happened({ type: 'internal-error', where: key, reason })
  }
}

function isFirst({ page: { attempt, reason } }: Extract<Effect, { type: 'page' }>): boolean {
  return attempt === 1 || reason === 'internal-error'
}

/** An effect that broke in our own hands still ends: a step fails and can be tried again, a page goes on to its next attempt. */
function brokenEnd(effect: Effect, reason: string): Occurrence | undefined {
  const outcome = { ok: false, failure: failure('internal', { where: effect.key, reason }) } as const
  if (effect.type === 'step')
    return { type: 'stage-ended', run: effect.step.id, stage: effect.stage, outcome }
  if (effect.type === 'page') return { type: 'page-ended', key: effect.page.key, outcome }
  return undefined
}
