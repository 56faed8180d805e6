/**
 * Readings that several incidents may share: who asks for the same within a moment is given what was begun for the first. A storm
 * of alerts then asks a service once and not once for each incident.
 */
import type { Reading, StepContext, StepParams } from '../domain/steps/contract.ts'
import { canonicalJson } from '../domain/timeline/canonical.ts'
import { pulse, withDeadline, withPulse } from './pulse.ts'

/** Looks once, by the name of a reading step. */
export type Read = (kind: string, params: StepParams, context: StepContext) => Promise<Reading>

export type Sharing = {
  /** What was begun up to so long ago may be given. */
  readonly sharesMs: number
  /** The reading itself has so long. */
  readonly withinMs: number
  /** What it is called where it does not answer. */
  readonly where: string
}

type Begun = { readonly atMs: number; readonly reading: Promise<Reading> }

export function sharedReadings(read: Read, clock: () => number = () => performance.now()) {
  const begun = new Map<string, Begun>()
  return (
    kind: string,
    params: StepParams,
    context: StepContext,
    { sharesMs, withinMs, where }: Sharing,
  ): Promise<Reading> => {
    const { cluster, namespace } = context
    const key = canonicalJson([cluster, namespace, kind, params])
    const known = begun.get(key)
    if (known !== undefined && clock() - known.atMs <= sharesMs) return known.reading
    // Under no incident's own cancellation: whoever asked first may be over while the others still wait.
    const reading = withPulse(nobodys(), () =>
      withDeadline(withinMs, where, () => read(kind, params, context)),
    )
    begun.set(key, { atMs: clock(), reading })
    const forget = () => {
      if (begun.get(key)?.reading === reading) begun.delete(key)
    }
    setTimeout(forget, sharesMs).unref()
    // Whoever waits hears of its failure; there may be nobody left who does.
    reading.catch(() => undefined)
    return reading
  }
}

function nobodys() {
  return { signal: new AbortController().signal, beat: () => {} }
}

/** At most so many pieces of work at the same time; the others wait their turn, and give it up when they must stop meanwhile. */
export function inTurns(places: number) {
  let free = places
  const waiting: (() => void)[] = []
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (free > 0) free -= 1
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      pulse().signal.throwIfAborted()
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) free += 1
      else next()
    }
  }
}
