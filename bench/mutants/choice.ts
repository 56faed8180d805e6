/** So many mutations by a seed. A change to one file leaves the rolls of all others as they were. */
import { relative } from 'node:path'
import type { Mutation } from './mutations.ts'

export function chosen(
  root: string,
  all: readonly Mutation[],
  count: number,
  seed: number,
): readonly Mutation[] {
  const nth = new Map<string, number>()
  return all
    .map((mutation) => {
      const file = relative(root, mutation.file)
      const n = nth.get(file) ?? 0
      nth.set(file, n + 1)
      return { mutation, roll: hash(`${seed} ${file} ${n}`) }
    })
    .sort((a, b) => a.roll - b.roll)
    .slice(0, count)
    .map(({ mutation }) => mutation)
}

/** FNV-1a with the last step of murmur3, which spreads what differs in the last byte only. */
function hash(text: string): number {
  let h = 0x811c9dc5
  for (const byte of new TextEncoder().encode(text)) h = Math.imul(h ^ byte, 0x01000193)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
