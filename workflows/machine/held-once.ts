/**
 * What many workflows of a worker hold alike, such as the runbook of their incidents, it holds once: this module is loaded once per worker
 * (preload.ts). Whatever is held is frozen, and found again by its whole text: no workflow can tell whether it is its own.
 */
const held = new Map<string, object>()
/** Several versions of several runbooks; each may have 128 KB. */
const mostHeld = 32

/** The first value of the same JSON, member by member in the same order; frozen. `value` is JSON that a workflow was given. */
export function heldOnce<T extends object>(value: T): T {
  const text = JSON.stringify(value)
  const known = held.get(text) ?? frozen(value)
  // Whatever was asked for last goes last.
  held.delete(text)
  held.set(text, known)
  for (const [oldest] of held) {
    if (held.size <= mostHeld) break
    held.delete(oldest)
  }
  return known as T
}

function frozen<T extends object>(value: T): T {
  for (const inner of Object.values(value)) if (typeof inner === 'object' && inner !== null) frozen(inner)
  return Object.freeze(value)
}
