import { z } from 'zod'
import { plainLine } from '../../edge/plain-text.ts'

export const labels = z.record(
  z.string(),
  z.string().transform((value) => plainLine(value, 200)),
)
export type Labels = z.infer<typeof labels>

/** `http_requests_total{code="500",service="backend"}`, as Prometheus writes it. */
export function labelText({ __name__: metric = '', ...rest }: Labels): string {
  const pairs = Object.entries(rest)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
  return pairs.length === 0 && metric !== '' ? metric : `${metric}{${pairs.join(',')}}`
}
