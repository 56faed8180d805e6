/** Waiting for a picture: however many wait for one incident, it is asked for once, and less often the longer it takes. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Shown } from '../../incidents/shown.ts'

type Look = (incident: string) => Promise<Shown>

/** Within this time one answer serves all who wait for the same incident. */
const sharedMs = 250
/** A picture is there within five seconds, and mostly within one. */
const firstPauseMs = 250
const longestPauseMs = 2_000

export type Waiting = {
  /** The newest answer that satisfies, or the one at the end of the time. */
  readonly until: (
    incident: string,
    isThere: (shown: Shown) => boolean,
    withinMs: number,
    signal: AbortSignal,
  ) => Promise<Shown>
}

export function waiting(look: Look): Waiting {
  const shared = new Map<string, Promise<Shown>>()

  function together(incident: string): Promise<Shown> {
    const known = shared.get(incident)
    if (known !== undefined) return known
    const asked = look(incident)
    shared.set(incident, asked)
    // From the answer on: whoever comes while it is under way gets it as well.
    const forget = () => pause(sharedMs, undefined, { ref: false }).then(() => shared.delete(incident))
    asked.then(forget, forget)
    return asked
  }

  return {
    until: async (incident, isThere, withinMs, signal) => {
      const end = performance.now() + withinMs
      let shown = await look(incident)
      for (let pauseMs = firstPauseMs; !isThere(shown); pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
        const left = end - performance.now()
        if (left <= 0 || signal.aborted) return shown
        await pause(Math.min(pauseMs, left))
        shown = await together(incident)
      }
      return shown
    },
  }
}
