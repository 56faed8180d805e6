/** Chance that can be had again: the same seed gives the same decisions, in whatever order things happen meanwhile. */
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'

export type Chance = {
  /** A whole number, both ends included. */
  readonly between: (lowest: number, highest: number) => number
  readonly happens: (probability: number) => boolean
  readonly of: <T>(choices: readonly T[]) => T
  /** A pause of a random length, both ends included. */
  readonly pause: (lowestMs: number, highestMs: number) => Promise<void>
  /** Chance of its own for one part of the whole: what others draw changes nothing in it. */
  readonly branch: (name: string) => Chance
}

export function chanceOf(seed: string): Chance {
  // mulberry32: 32 bits of state are plenty for decisions, and they are the same on every machine.
  let state = createHash('sha256').update(seed).digest().readUInt32LE(0)
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const between = (lowest: number, highest: number) => lowest + Math.floor(next() * (highest - lowest + 1))
  return {
    between,
    happens: (probability) => next() < probability,
    of: <T>(choices: readonly T[]) => choices[between(0, choices.length - 1)] as T,
    pause: async (lowestMs, highestMs) => {
      await sleep(between(lowestMs, highestMs))
    },
    branch: (name) => chanceOf(`${seed}/${name}`),
  }
}
