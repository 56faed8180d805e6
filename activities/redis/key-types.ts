/** What `redis-cli --bigkeys` says of each type: how many keys, how big together, and the biggest. */
import type { Sized } from './key-sizes.ts'

export type TypeSum = {
  readonly type: string
  readonly keys: number
  readonly size: number
  readonly biggest: { readonly key: Buffer; readonly size: number } | undefined
}

/** One look more; of keys of the same size the first counts, as redis-cli has it. */
export function addedTo(
  sums: ReadonlyMap<string, TypeSum>,
  sized: readonly Sized[],
): ReadonlyMap<string, TypeSum> {
  const added = new Map(sums)
  for (const { key, type, size } of sized) {
    const { keys, size: before, biggest } = added.get(type) ?? { keys: 0, size: 0, biggest: undefined }
    const isBigger = size !== null && size > (biggest?.size ?? 0)
    added.set(type, {
      type,
      keys: keys + 1,
      size: before + (size ?? 0),
      biggest: isBigger ? { key, size } : biggest,
    })
  }
  return added
}
