/** How many an incident reached: one number about the time from its declaration to its recovery. */
import { z } from 'zod'
import { expects } from '../expected.ts'
import { name } from '../names.ts'
import { sql } from '../restore/checks.ts'
import { readKind } from './contract.ts'
import { nothing } from './needs.ts'

/** Without them the last hour is counted. */
const span = { since: z.iso.datetime().optional(), until: z.iso.datetime().optional() }

/** In PromQL the length of that time stands where a range is wanted: `increase(failures_total[$window])`. */
export const windowPlaceholder = '$window'

export const countSteps = {
  /** `incident.since` and `incident.until` are what the statement may say of the time. */
  'postgres.count': readKind({
    title: { ja: 'SQL による件数', en: 'A count by SQL' },
    counts: true,
    params: z.strictObject({ connection: name.default('postgres-primary'), sql, ...span }),
    byHand: ['since', 'until'],
    needs: { postgres: { needs: ['pg_read_all_data'] } },
    finds: [],
    heavy: () => true,
  }),
  'prometheus.count': readKind({
    title: { ja: 'PromQL による件数', en: 'A count by PromQL' },
    counts: true,
    params: z.strictObject({
      connection: name.default('prometheus'),
      query: z
        .string()
        .max(4_000)
        .refine(
          (query) => query.includes(windowPlaceholder),
          expects(`a query with ${windowPlaceholder}`, `${windowPlaceholder} を含むクエリ`),
        ),
      ...span,
    }),
    byHand: ['since', 'until'],
    needs: nothing,
    finds: [],
    heavy: () => true,
  }),
}
