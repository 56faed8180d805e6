import { z } from 'zod'
import type { Curve } from '../../domain/evidence/curve.ts'
import { name } from '../../domain/names.ts'
import type { Connections } from '../connections-file.ts'
import { askPrometheus } from './client.ts'
import { labelText } from './labels.ts'
import { range } from './query.ts'

/** Of one series; Prometheus itself allows 11,000. */
const mostPoints = 500
/** Finer than most systems are scraped. */
const finestMs = 15_000

/** What a curve needs of the parameters of `prometheus.query` or `prometheus.range`. */
const asked = z.object({ connection: name, query: z.string(), series: z.number() })

/** The values of a query over a time. Errors: those of `askPrometheus`. */
export async function readCurve(
  connections: Connections,
  params: unknown,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Promise<Curve> {
  const { connection, query, series: most } = asked.parse(params)
  const everyMs = Math.max(finestMs, Math.ceil((toMs - fromMs) / mostPoints / 1_000) * 1_000)
  const form = {
    query,
    start: String(fromMs / 1_000),
    end: String(toMs / 1_000),
    step: String(everyMs / 1_000),
    timeout: '3s',
  }
  const answer = await askPrometheus(connections, connection, '/api/v1/query_range', form, range)
  const { result } = answer.data
  const { warnings } = answer
  const iso = (ms: number) => new Date(ms).toISOString()
  return {
    connection,
    query,
    from: iso(fromMs),
    to: iso(toMs),
    everyMs,
    series: result.slice(0, most).map(({ metric, values }) => ({
      name: labelText(metric),
      points: values.map(([at, value]) => [Math.round(at * 1_000), figureOf(value)]),
    })),
    more: Math.max(0, result.length - most),
    ...(warnings.length === 0 ? {} : { warnings }),
  }
}

function figureOf(value: string): number | null {
  const figure = Number(value)
  return Number.isFinite(figure) ? figure : null
}
