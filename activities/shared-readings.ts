/**
 * Readings that several incidents of one desk, or several looks at it, may share: who asks for the same within a moment is given what was
 * begun for the first. A storm of alerts then asks a service once and not once for each incident.
 */
import { firstPictureSharesMs, partAnswersWithinMs } from '../domain/incident/fold/picture.ts'
import type { Reading, StepContext, StepParams } from '../domain/steps/contract.ts'
import { canonicalJson } from '../domain/timeline/canonical.ts'
import { pulse, withDeadline, withPulse } from './pulse.ts'

/** Looks once, by the name of a reading step. */
export type Read = (kind: string, params: StepParams, context: StepContext) => Promise<Reading>

export type Sharing = {
  /** What was begun up to so long ago may be given; two seconds at most. */
  readonly sharesMs: number
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
    { sharesMs: wantedMs, where }: Sharing,
  ): Promise<Reading> => {
    const sharesMs = Math.min(wantedMs, firstPictureSharesMs)
    const { cluster, namespace } = context
    const key = canonicalJson([deskOf(context), cluster, namespace, kind, params])
    const known = begun.get(key)
    if (known !== undefined && clock() - known.atMs <= sharesMs) return known.reading
    // Under no incident's own cancellation and no incident's rest of time: whoever asked first may be over while the others still wait.
    const reading = withPulse(nobodys(), () =>
      withDeadline(partAnswersWithinMs, where, () => read(kind, params, context)),
    )
    begun.set(key, { atMs: clock(), reading })
    const forget = () => {
      if (begun.get(key)?.reading === reading) begun.delete(key)
    }
    setTimeout(forget, sharesMs).unref()
    // Whoever waits hears of its failure, and there may be nobody left who does; whoever asks from now on asks for himself.
    reading.catch(forget)
    return reading
  }
}

/** An incident is called after its desk and its number there, a look after its desk and what it is at. */
function deskOf({ incident }: StepContext): string {
  const [look, desk] = incident.split('/')
  return desk === undefined ? incident.slice(0, incident.lastIndexOf('-')) : `${look}/${desk}`
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
