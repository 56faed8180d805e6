/** What a query of Prometheus said over the time of an incident, as it lies in a bundle. */
import { z } from 'zod'

const moment = z.iso.datetime()

export const curve = z.object({
  connection: z.string(),
  query: z.string(),
  from: moment,
  to: moment,
  everyMs: z.number().min(1),
  /** Points are `[epoch ms, value]`; a value that is no figure (NaN, Inf) is null. */
  series: z.array(
    z.object({ name: z.string(), points: z.array(z.tuple([z.number(), z.number().nullable()])) }),
  ),
  /** Series that the query has besides. */
  more: z.number(),
  /** What Prometheus said of the answer, such as of a store that did not answer. */
  warnings: z.array(z.string()).readonly().optional(),
})
export type Curve = z.infer<typeof curve>
