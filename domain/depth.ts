/**
 * How deep what comes from outside may be nested. Whoever reads, hashes or checks it calls itself for each level: without a limit a hostile
 * one ends on the stack, in the middle of a task. Nothing of ours needs a tenth of it; each kind fits into the one before it.
 */
export const mostNested = { json: 100, message: 60, runbook: 50, params: 20 } as const

/** Looked at level by level, never by calling itself. */
export function isTooDeep(value: unknown, most: number = mostNested.message): boolean {
  let level: unknown[] = [value]
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > most) return true
    level = level.flatMap((each) => (each !== null && typeof each === 'object' ? Object.values(each) : []))
  }
  return false
}

const quote = 0x22
const backslash = 0x5c
/** Square and curly brackets differ in this bit alone. */
const curly = 0x20
const opening = 0x7b
const closing = 0x7d

/** How deep brackets are nested in the bytes of a JSON text. */
export function depthOf(json: Uint8Array): number {
  let depth = 0
  let deepest = 0
  let inText = false
  let escaped = false
  // By number: of all that a storm brings, an iterator would make an object for each byte.
  for (let i = 0; i < json.length; i += 1) {
    const byte = json[i] ?? 0
    if (inText) {
      if (byte === quote && !escaped) inText = false
      escaped = byte === backslash && !escaped
    } else if (byte === quote) inText = true
    else if ((byte | curly) === opening) {
      depth += 1
      deepest = Math.max(deepest, depth)
    } else if ((byte | curly) === closing) depth -= 1
  }
  return deepest
}
