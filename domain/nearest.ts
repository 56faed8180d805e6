/** The candidate that `word` was most likely meant to be; undefined when none is near enough to be worth naming. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  // Distance is quadratic in the length; nobody mistypes a name of a hundred characters.
  if (word === '' || word.length > 100) return undefined
  const wanted = word.toLowerCase()
  const limit = Math.max(1, Math.floor(word.length / 3))
  let best: { readonly candidate: string; readonly distance: number } | undefined
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) > limit) continue
    const distance = editDistance(wanted, candidate.toLowerCase())
    if (distance <= limit && (best === undefined || distance < best.distance)) best = { candidate, distance }
  }
  return best?.candidate ?? containing(wanted, candidates)
}

/** `restart` for `kubernetes.rollout-restart`: people leave the first half of a name away. Only when it is unmistakable. */
function containing(wanted: string, candidates: readonly string[]): string | undefined {
  if (wanted.length < 3) return undefined
  const found = candidates.filter((candidate) => candidate.toLowerCase().includes(wanted))
  return found.length === 1 ? found[0] : undefined
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let beforeLast: readonly number[] = []
  let last: readonly number[] = [...Array(b.length).keys(), b.length]
  for (let i = 1; i <= a.length; i++) {
    const row: number[] = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let cost = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + (same ? 0 : 1))
      // Before the first character there is none, which is none of the other word's either.
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, at(beforeLast, j - 2) + 1)
      }
      row.push(cost)
    }
    beforeLast = last
    last = row
  }
  return at(last, b.length)
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY
}
