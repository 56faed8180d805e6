/** How many an incident reached: one number about the time from its declaration to its recovery. */
import { z } from 'zod'
import { expects } from '../expected.ts'
import { kubernetesName, labelSelector, name } from '../names.ts'
import { sql } from '../restore/checks.ts'
import { boundedPattern, compiled, longestPattern } from './bounded-pattern.ts'
import { readKind } from './contract.ts'
import { nothing } from './needs.ts'

/** Without them the last hour is counted. */
const span = { since: z.iso.datetime().optional(), until: z.iso.datetime().optional() }

/** In PromQL the length of that time stands where a range is wanted: `increase(failures_total[$window])`. */
export const windowPlaceholder = '$window'

/** A regular expression that no line can make slow (bounded-pattern.ts). */
const pattern = z
  .string()
  .min(1)
  .max(longestPattern)
  .check((given) => {
    const problem = problemOf(given.value)
    if (problem !== undefined)
      given.issues.push({ code: 'custom', input: given.value, continue: true, message: problem })
  })

function problemOf(value: string): string | undefined {
  const read = boundedPattern(value)
  if (!read.ok) return expects(read.problem.en, read.problem.ja)
  try {
    compiled(read.pattern)
    return undefined
  } catch {
    return expects('a range such as [a-z] in its order', '[a-z] のような正しい順の範囲')
  }
}

export const countSteps = {
  /**
   * Lines of a workload's logs in the time: those that were kept since the incident began (docs/evidence.md), and what the kubelets have
   * besides. With `distinct` what the pattern's group matched counts once, so a user counts once.
   */
  'kubernetes.log-count': readKind({
    title: { ja: 'ログの件数', en: 'A count of log lines' },
    counts: true,
    params: z
      .strictObject({
        deployment: kubernetesName.optional(),
        selector: labelSelector.optional(),
        contains: z.string().min(1).max(200).optional(),
        pattern: pattern.optional(),
        distinct: z.boolean().default(false),
        ...span,
      })
      .refine(({ deployment, selector }) => (deployment === undefined) !== (selector === undefined), {
        path: ['deployment'],
        error: expects('deployment or selector', 'deployment か selector のどちらか'),
      })
      .refine(({ contains, pattern }) => contains !== undefined || pattern !== undefined, {
        path: ['contains'],
        error: expects('contains or pattern', 'contains または pattern'),
      }),
    byHand: ['since', 'until'],
    needs: { kubernetes: { needs: ['list pods', 'get pods/log'] } },
    finds: [],
    heavy: () => true,
  }),
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
