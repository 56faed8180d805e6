import { z } from 'zod'
import { expects } from './expected.ts'

const factors: { readonly [suffix: string]: number } = {
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
}
const parts: { readonly [suffix: string]: number } = { n: 1e9, u: 1e6, m: 1e3 }

/**
 * Reads a Kubernetes quantity such as `6Gi`, `500m` or `1e3` into bytes or cores; undefined when it is none
 * (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/).
 */
export function quantity(source: string): number | undefined {
  const [, amount, exponent, suffix = ''] =
    /^\+?(\d+(?:\.\d*)?|\.\d+)(?:[eE]([+-]?\d{1,3})|([numkMGTPE]|[KMGTPE]i))?$/.exec(source) ?? []
  if (amount === undefined) return undefined
  if (exponent !== undefined) return Number(`${amount}e${exponent}`)
  // Divided, not multiplied by a thousandth: so 300m and 0.3 are the same number.
  return (Number(amount) * (factors[suffix] ?? 1)) / (parts[suffix] ?? 1)
}

/** Amounts by resource: `memory`, `cpu`, and whatever else a cluster hands out. */
export type Amounts = { readonly [resource: string]: string | undefined }

/** The first resource of which more is requested than its limit allows. */
export function requestedTooMuch(requests: Amounts = {}, limits: Amounts = {}): string | undefined {
  return Object.entries(requests).find(([resource, request]) => {
    const limit = limits[resource]
    if (request === undefined || limit === undefined) return false
    return (quantity(request) ?? 0) > (quantity(limit) ?? Number.POSITIVE_INFINITY)
  })?.[0]
}

export const memoryQuantity = z
  .string()
  .max(40)
  .refine(
    (source) => (quantity(source) ?? 0) > 0,
    expects('an amount of memory such as 512Mi or 6Gi', '512Mi や 6Gi のようなメモリ量'),
  )
  // `400m` is 0.4 bytes, and what was meant is 400Mi.
  .refine(
    (source) => !/[num]$/.test(source),
    expects(
      'bytes: 400m is 0.4 of a byte, 400Mi is meant',
      'バイト単位の量（400m は 0.4 バイトを意味します。400Mi の誤りではありませんか）',
    ),
  )

export const cpuQuantity = z
  .string()
  .max(40)
  .refine(
    (source) => (quantity(source) ?? 0) >= 0.001,
    expects('an amount of CPU such as 500m or 2', '500m や 2 のような CPU 量'),
  )

export const amounts = z
  .strictObject({ memory: memoryQuantity.optional(), cpu: cpuQuantity.optional() })
  .refine(
    (given) => given.memory !== undefined || given.cpu !== undefined,
    expects('memory or cpu', 'memory か cpu'),
  )
