/** Ids of requests that come twice. Of one that says what it holds (`KEY#DIGEST`), a repeat with other content is no repeat. */

export function requestId(key: string, content: string): string {
  return `${key}#${content}`
}

/** Of what was answered before, the answer to this very request; `other` where its key was used for another one. */
export function repeated<Kept extends { readonly id: string }>(
  kept: readonly Kept[],
  id: string | undefined,
): Kept | 'other' | undefined {
  if (id === undefined) return undefined
  const same = kept.find((known) => known.id === id)
  if (same !== undefined || !id.includes('#')) return same
  const key = id.slice(0, id.indexOf('#') + 1)
  return kept.some((known) => known.id.startsWith(key)) ? 'other' : undefined
}
