import { z } from 'zod'
import { expects } from './expected.ts'

/** As Redis reads them: `k`, `m`, `g` are decimal, `kb`, `mb`, `gb` binary. */
const unitBytes = { '': 1, b: 1, k: 1e3, kb: 1024, m: 1e6, mb: 1024 ** 2, g: 1e9, gb: 1024 ** 3 } as const

/** Reads `1048576`, `512mb`, `2gb` into bytes; undefined when it is no such amount. */
export function bytesOf(source: string): number | undefined {
  const [, amount, unit] = /^(\d{1,15})(b|k|kb|m|mb|g|gb|)$/.exec(source.toLowerCase()) ?? []
  if (amount === undefined) return undefined
  const bytes = Number(amount) * unitBytes[unit as keyof typeof unitBytes]
  return Number.isSafeInteger(bytes) ? bytes : undefined
}

/** `512mb`-like text or bytes in, bytes out; parsing twice gives the same, so one schema serves file and snapshot. */
export const bytes = z.union([
  z.number().int().nonnegative(),
  z
    .string()
    .refine(
      (source) => bytesOf(source) !== undefined,
      expects('an amount of memory such as 512mb or 2gb', '512mb や 2gb のようなメモリ量'),
    )
    .transform((source) => bytesOf(source) ?? 0),
])

const shown = [
  [1024 ** 4, 'TiB'],
  [1024 ** 3, 'GiB'],
  [1024 ** 2, 'MiB'],
  [1024, 'KiB'],
] as const

/** Bytes as people say them: `512 MiB`, `1.5 GiB`, `17 B`. */
export function showBytes(amount: number): string {
  const [size, unit] = shown.find(([least]) => amount >= least) ?? [1, 'B']
  return `${Math.round((amount / size) * 10) / 10} ${unit}`
}
