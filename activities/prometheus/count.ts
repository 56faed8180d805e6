import type { Reading, StepContext } from '../../domain/steps/contract.ts'
import { windowPlaceholder } from '../../domain/steps/count.ts'
import type { Connections } from '../connections-file.ts'
import { type Counted, countedReading, spanOf } from '../counted-reading.ts'
import { refuse } from '../refusal.ts'
import { askPrometheus, warns } from './client.ts'
import { instant, valuesOf } from './query.ts'

type Params = Counted & { readonly connection: string; readonly query: string }

/** The one number that the runbook's query answers at the end of a time, rounded: PromQL extrapolates. */
export async function readCount(
  connections: Connections,
  params: Params,
  context: StepContext,
): Promise<Reading> {
  const { connection, query } = params
  const span = spanOf(params, context.nowMs)
  const window = `${Math.max(1, Math.ceil(span.ms / 1_000))}s`
  const asked = query.replaceAll(windowPlaceholder, window)
  const time = String(Date.parse(span.until) / 1_000)
  const form = { query: asked, time, timeout: '3s' }
  const answer = await askPrometheus(connections, connection, '/api/v1/query', form, instant)
  // Of what did not answer nobody knows how many it counts.
  const [warning] = answer.warnings
  if (warning !== undefined) return refuse('query-refused', { connection, reason: warns(warning) })
  const values = valuesOf(answer.data)
  const [only, ...more] = values
  const count = Number(only?.value ?? Number.NaN)
  // No series may be none, or a metric that does not exist: the query has to say it.
  if (more.length > 0 || !Number.isFinite(count) || count < 0)
    return refuse('query-refused', {
      connection,
      reason: {
        en: `expected one number, got ${values.length === 1 ? only?.value : `${values.length} series`}; add "or vector(0)" where none means 0`,
        ja: `1 つの数値が必要です（結果: ${values.length === 1 ? only?.value : `${values.length} 系列`}）。系列なしが 0 件なら「or vector(0)」を付けてください`,
      },
    })
  return countedReading({ connection, query: asked }, span, Math.round(count))
}
