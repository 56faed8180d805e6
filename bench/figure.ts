import type { Client } from '@temporalio/client'
import type { Lab } from '../lab/index.ts'

export type Here = { readonly lab: Lab; readonly env: NodeJS.ProcessEnv; readonly client: Client }

/** One measured number; `limit` or `least` where hikeshi promises one. */
export type Figure = {
  readonly what: string
  readonly value: number
  readonly unit: string
  readonly limit?: number
  readonly least?: number
}

export function isKept({ value, limit, least }: Figure): boolean {
  return (limit === undefined || value <= limit) && (least === undefined || value >= least)
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN
}

/** Milliseconds that a piece of work takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}
