/**
 * When open incidents are told what machines say: in rounds, so that a storm is one message for each incident and not one for each alert. A round is
 * two seconds, and ten in a storm: to tell an incident costs more than to take in its alerts, and what was heard must not keep the desk from
 * hearing.
 */

export const roundMs = 2_000
const stormRoundMs = 10_000
/** So many messages about alerts are a storm. */
const stormPerSecond = 10

/** Rounds as a run of a desk hands them over: the next run goes on where this one was, however short it is. Times in epoch ms. */
export type RoundsCarried = {
  readonly beganMs: number
  readonly lookedMs: number
  readonly heard: number
  readonly isStorm: boolean
  readonly told: { readonly everybody: boolean; readonly incidents: readonly string[] }
}

const nobody: RoundsCarried['told'] = { everybody: false, incidents: [] }

export class Rounds {
  /** In this round. */
  #told: { readonly everybody: boolean; readonly incidents: Set<string> }
  #beganMs: number
  /** When it was looked for a storm, and how much had been heard by then. */
  #lookedMs: number
  #heard: number
  #isStorm: boolean

  /** Without `before` the desk was at rest; no time of that is later than now. */
  constructor(
    nowMs: number,
    heard: number,
    before: RoundsCarried = { beganMs: 0, lookedMs: nowMs, heard, isStorm: false, told: nobody },
  ) {
    this.#beganMs = Math.min(before.beganMs, nowMs)
    this.#lookedMs = Math.min(before.lookedMs, nowMs)
    this.#heard = before.heard
    this.#isStorm = before.isStorm
    this.#told = { ...before.told, incidents: new Set(before.told.incidents) }
  }

  get carried(): RoundsCarried {
    const { everybody, incidents } = this.#told
    return {
      beganMs: this.#beganMs,
      lookedMs: this.#lookedMs,
      heard: this.#heard,
      isStorm: this.#isStorm,
      told: { everybody, incidents: [...incidents] },
    }
  }

  get isStorm(): boolean {
    return this.#isStorm
  }

  /** `heard` is how many messages about alerts have brought the desk something new so far. */
  look(heard: number, nowMs: number): void {
    const tookMs = nowMs - this.#lookedMs
    if (tookMs >= roundMs) {
      const isStorm = (heard - this.#heard) * 1_000 > stormPerSecond * tookMs
      // It begins with a round in which nobody is told: the most is yet to come.
      if (isStorm && !this.#isStorm) {
        this.#beganMs = nowMs
        this.#told = { everybody: true, incidents: new Set() }
      }
      this.#isStorm = isStorm
      this.#lookedMs = nowMs
      this.#heard = heard
    }
    if (this.#isOver(nowMs)) this.#told = { everybody: false, incidents: new Set() }
  }

  /** It is told in this round; the first one begins it. */
  tell(incident: string, nowMs: number): void {
    if (this.#isOver(nowMs)) this.#beganMs = nowMs
    this.#told.incidents.add(incident)
  }

  /** Whether it has to wait for the next round. */
  holds(incident: string): boolean {
    return this.#told.everybody || this.#told.incidents.has(incident)
  }

  /** How long to wait until it is worth asking again, in ms. What waits without a round begins one. */
  leftMs(nowMs: number): number {
    if (this.#isOver(nowMs)) this.#beganMs = nowMs
    const endMs = this.#beganMs + this.#lastsMs
    return Math.max(1, Math.min(endMs, this.#isStorm ? this.#lookedMs + roundMs : endMs) - nowMs)
  }

  #isOver(nowMs: number): boolean {
    return nowMs - this.#beganMs >= this.#lastsMs
  }

  get #lastsMs(): number {
    return this.#isStorm ? stormRoundMs : roundMs
  }
}
