/**
 * The server's clock, as a worker can tell it: whenever it starts an attempt it learns when the server handed that out, and counts on
 * from there by a clock that nobody sets. A task that waited in its queue tells an earlier time than there is, so the latest of what was
 * heard is believed; for a while only, since two clocks never run quite alike. A time far ahead of that is believed of its own attempt
 * alone: one host of several whose clock is wrong, or one workflow whose time is skipped, must not make all others late.
 */
const believedForMs = 600_000
const farAheadMs = 30_000

export class ServerClock {
  readonly #ownMs: () => number
  #best: { readonly aheadMs: number; readonly heardMs: number } | undefined

  /** `ownMs` counts milliseconds from anywhere and never jumps. */
  constructor(ownMs: () => number = () => performance.now()) {
    this.#ownMs = ownMs
  }

  /** The server said that it is this time, or was a moment ago; epoch ms. Gives the clock of what was handed out with it, epoch ms too. */
  heard(serverMs: number): () => number {
    const heardMs = this.#ownMs()
    const aheadMs = serverMs - heardMs
    const best = this.#best
    const isOld = best === undefined || heardMs - best.heardMs > believedForMs
    if (isOld || (aheadMs >= best.aheadMs && aheadMs - best.aheadMs < farAheadMs))
      this.#best = { aheadMs, heardMs }
    return () => Math.round(this.#ownMs() + Math.max(aheadMs, this.#best?.aheadMs ?? aheadMs))
  }
}
