/** Effects: the state says what is wanted, this makes it so. */
import { failure } from '../../domain/failures.ts'
import type { Occurrence } from '../../domain/incident/decide.ts'
import {
  archiveEffect,
  type Effect,
  effects,
  pageEffect,
  unwantedPages,
} from '../../domain/incident/effects.ts'
import { UnderWay } from '../machine/under-way.ts'
import { reasonOf } from '../reason.ts'
import { perform } from './perform.ts'
import type { IncidentPump } from './pump.ts'

export class InFlight {
  readonly #pump: IncidentPump
  readonly #runIdOf: (run: number) => string
  readonly #underWay: UnderWay
  /** Those of which it was said that they would go in a circle. */
  readonly #stuck = new Set<string>()

  constructor(pump: IncidentPump, runIdOf: (run: number) => string) {
    this.#pump = pump
    this.#runIdOf = runIdOf
    this.#underWay = new UnderWay(() => {
      pump.changed = true
    })
  }

  get size(): number {
    return this.#underWay.size
  }

  /**
   * Starts what the state wants done and cancels what it does not want any more. While draining only pages are started, and when nothing
   * else is under way only first tries: the further ones of a channel that hangs would keep a long run from ever coming to rest. So would
   * an archive that cannot be written for days: the next run begins it again. The run of now is put away when nothing `lasts` any more: what
   * comes of that belongs to it.
   */
  reconcile(draining: boolean, lasts: boolean): void {
    // Asked for and dropped in one task: it was never under way, so its end is told here.
    for (const key of unwantedPages(this.#pump.ledger.state))
      if (!this.#underWay.has(pageEffect(key))) this.#pump.happened({ type: 'page-cancelled', key })
    const wanted = effects(this.#pump.ledger.state)
    const keys = this.#underWay.keys()
    const onlyArchive = keys.every((key) => key.startsWith(archiveEffect('')))
    for (const key of keys)
      if (!wanted.some((e) => e.key === key) || (draining && onlyArchive)) this.#underWay.cancel(key)
    const onlyPages = this.#underWay.keys().every((key) => key.startsWith(pageEffect('')))
    const { run } = this.#pump.ledger.state
    const mayStart = (effect: Effect) =>
      (!draining || (effect.type === 'page' && (!onlyPages || isFirst(effect)))) &&
      (effect.type !== 'archive' || effect.run < run || !lasts)
    for (const effect of wanted) {
      if (this.#underWay.has(effect.key) || !mayStart(effect)) continue
      if (!this.#underWay.hasEnded(effect.key)) this.#start(effect)
      else this.#goesInCircle(effect.key)
    }
  }

  #start(effect: Effect): void {
    let endedMs: number | undefined
    const answered = (atMs: number): void => {
      endedMs = Math.max(endedMs ?? 0, atMs)
    }
    const { state, head, nowMs } = this.#pump.ledger
    const moment = { state, head, nowMs, runIdOf: this.#runIdOf, answered }
    this.#underWay.start(effect.key, () => perform(effect, moment), {
      done: (occurrence, wasCancelled) => {
        // A try that failed while it was left to the next run is not the end of trying.
        const isLeft = wasCancelled && occurrence.type === 'archive-ended'
        if (!isLeft || occurrence.outcome.ok) this.#pump.happened(occurrence, endedMs)
      },
      cancelled: () => {
        if (effect.type === 'page') this.#pump.happened({ type: 'page-cancelled', key: effect.page.key })
      },
      broke: (error) => this.#broke(effect, reasonOf(error)),
    })
  }

  #broke(effect: Effect, reason: string): void {
    this.#pump.happened({ type: 'internal-error', where: effect.key, reason })
    const end = brokenEnd(effect, reason)
    if (end !== undefined) this.#pump.happened(end)
  }

  /** It ended and the rules did not take its end: say so once, never start it again. */
  #goesInCircle(key: string): void {
    if (this.#stuck.has(key)) return
    this.#stuck.add(key)
    const reason = {
      en: 'the rules did not accept its answer',
      ja: '応答がルールで受け付けられませんでした',
    }
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
