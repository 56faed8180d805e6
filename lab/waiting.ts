import { setTimeout as sleep } from 'node:timers/promises'
import { LabError } from './failure.ts'

export type Patience = {
  /** What is awaited, as the error names it: "kube-apiserver to be ready". */
  readonly what: string
  readonly withinMs: number
  readonly everyMs?: number
  /** Throws when waiting longer is senseless, for example because the process has died. */
  readonly giveUp?: () => void
}

/** Asks `probe` until it answers something other than undefined or false; an error of the probe counts as "not yet". */
export async function until<T>(
  probe: () => Promise<T | undefined | false>,
  { what, withinMs, everyMs = 50, giveUp }: Patience,
): Promise<T> {
  const end = performance.now() + withinMs
  let last = 'no answer'
  for (;;) {
    try {
      const answer = await probe()
      if (answer !== undefined && answer !== false) return answer
      last = 'not yet'
    } catch (error) {
      last = error instanceof Error ? error.message : String(error)
    }
    giveUp?.()
    if (performance.now() > end) {
      throw new LabError(`waited ${withinMs / 1000} s in vain for ${what}`, `the last answer was: ${last}`)
    }
    await sleep(everyMs)
  }
}
