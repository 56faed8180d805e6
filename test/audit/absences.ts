/** When somebody was not there: by it a late page is told from one that came while everybody stood by. */

export type Absences = {
  readonly begin: () => void
  readonly end: () => void
  /** Whether it was away at any moment of this time. Epoch ms. */
  readonly touch: (fromMs: number, toMs: number) => boolean
  readonly count: () => number
}

export function absences(): Absences {
  const known: { readonly fromMs: number; toMs: number }[] = []
  return {
    begin: () => {
      known.push({ fromMs: Date.now(), toMs: Number.POSITIVE_INFINITY })
    },
    end: () => {
      const last = known.at(-1)
      if (last !== undefined) last.toMs = Date.now()
    },
    touch: (fromMs, toMs) => known.some((away) => away.fromMs <= toMs && away.toMs >= fromMs),
    count: () => known.length,
  }
}
