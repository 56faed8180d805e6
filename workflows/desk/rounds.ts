/**
 * When open incidents are told what machines say: in rounds, so that a storm is one message for each incident and not one for each alert. A round is
 * two seconds, or longer where telling takes more than a twentieth of that: what was heard must not keep the desk from hearing.
 */

export const roundMs = 2_000
const longestMs = 10_000
const partOfTime = 1 / 20

export class Rounds {
  readonly #told = new Set<string>()
  #beganMs = Number.NEGATIVE_INFINITY
  #lastsMs = roundMs
  /** Messages under way, since when there are any, and for how long there were any in this round. */
  #underWay = 0
  #sinceMs = 0
  #tookMs = 0

  /** Whether it was told in this round. */
  has(incident: string): boolean {
    return this.#told.has(incident)
  }

  /** A message to an incident goes out. */
  begin(incident: string, nowMs: number): void {
    if (this.#told.size === 0) this.#beganMs = nowMs
    this.#told.add(incident)
    if (this.#underWay === 0) this.#sinceMs = nowMs
    this.#underWay += 1
  }

  /** A message has come to its end. */
  end(nowMs: number): void {
    this.#underWay -= 1
    if (this.#underWay === 0) this.#tookMs += nowMs - this.#sinceMs
  }

  isOver(nowMs: number): boolean {
    return nowMs - this.#beganMs >= this.#lastsMs
  }

  /** Everybody may be told again. */
  next(nowMs: number): void {
    this.#told.clear()
    if (this.#underWay > 0) {
      this.#tookMs += nowMs - this.#sinceMs
      this.#sinceMs = nowMs
    }
    this.#lastsMs = Math.max(roundMs, Math.min(this.#tookMs / partOfTime, longestMs))
    this.#tookMs = 0
  }

  /** How long to wait for the next one, in ms. What waits without a round begins one. */
  leftMs(nowMs: number): number {
    if (this.isOver(nowMs)) this.#beganMs = nowMs
    return Math.max(1, this.#beganMs + this.#lastsMs - nowMs)
  }
}
