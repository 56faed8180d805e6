import { z } from 'zod'
import { showDuration } from '../../domain/duration.ts'
import type { Reading } from '../../domain/steps/contract.ts'
import { excerptOf } from '../../edge/plain-text.ts'
import type { Connections } from '../connections-file.ts'
import { askPrometheus, warns } from './client.ts'
import { type Labels, labels, labelText } from './labels.ts'

type Params = { readonly connection: string; readonly query: string; readonly series: number }
type RangeParams = Params & { readonly last: number; readonly every: number }

const textBytes = 16_384
const sample = z.tuple([z.number(), z.string()])

export const instant = z.discriminatedUnion('resultType', [
  z.object({
    resultType: z.literal('vector'),
    result: z.array(z.object({ metric: labels, value: sample.optional() })),
  }),
  z.object({
    resultType: z.literal('matrix'),
    result: z.array(z.object({ metric: labels, values: z.array(sample) })),
  }),
  z.object({ resultType: z.literal('scalar'), result: sample }),
  z.object({ resultType: z.literal('string'), result: sample }),
])

export const range = z.object({
  resultType: z.literal('matrix'),
  // A native histogram has no `values`; it is named and has no figures.
  result: z.array(z.object({ metric: labels, values: z.array(sample).default([]) })),
})

/** The value of each series now. NaN and Inf stay words: JSON has no figure for them. */
export async function readQuery(connections: Connections, params: Params): Promise<Reading> {
  const { connection, query, series } = params
  const { data, warnings } = await askPrometheus(
    connections,
    connection,
    '/api/v1/query',
    { query, timeout: '3s' },
    instant,
  )
  const all = valuesOf(data)
  return reading(params, { found: all.length, warnings }, all.slice(0, series), (one) => one.value)
}

/** Least, greatest and last value of each series over the time before now. */
export async function readRange(connections: Connections, params: RangeParams): Promise<Reading> {
  const { connection, query, series, last, every } = params
  const end = Date.now() / 1_000
  const { data, warnings } = await askPrometheus(
    connections,
    connection,
    '/api/v1/query_range',
    {
      query,
      start: String(end - last / 1_000),
      end: String(end),
      step: String(every / 1_000),
      timeout: '3s',
    },
    range,
  )
  const all = data.result.map(({ metric, values }) => ({ labels: metric, ...spanOf(values) }))
  const over = { last: showDuration(last), every: showDuration(every) }
  const read = reading(
    params,
    { found: all.length, warnings },
    all.slice(0, series),
    ({ min, max, now }) => `min ${min}  max ${max}  last ${now}`,
  )
  return { ...read, facts: { ...(read.facts as object), ...over } }
}

type One = { readonly labels: Labels; readonly value: string }

export function valuesOf(data: z.infer<typeof instant>): readonly One[] {
  switch (data.resultType) {
    case 'vector':
      return data.result.map(({ metric, value }) => ({ labels: metric, value: value?.[1] ?? 'histogram' }))
    case 'matrix':
      return data.result.map(({ metric, values }) => ({
        labels: metric,
        value: values.at(-1)?.[1] ?? 'none',
      }))
    default:
      return [{ labels: {}, value: data.result[1].slice(0, 300) }]
  }
}

function spanOf(values: readonly (readonly [number, string])[]) {
  const figures = values.map(([, value]) => Number(value)).filter(Number.isFinite)
  return {
    points: values.length,
    min: figures.length === 0 ? null : Math.min(...figures),
    max: figures.length === 0 ? null : Math.max(...figures),
    now: values.at(-1)?.[1] ?? 'none',
  }
}

function reading<T extends { readonly labels: Labels }>(
  { connection, query }: Params,
  { found, warnings }: { readonly found: number; readonly warnings: readonly string[] },
  shown: readonly T[],
  say: (one: T) => string,
): Reading {
  const more = found - shown.length
  return {
    facts: { connection, query, series: found, shown: shown as never },
    findings: [],
    ...(warnings.length === 0 ? {} : { partial: true as const }),
    text: excerptOf(
      [
        ...warnings.map(warns),
        ...(found === 0 ? [{ en: 'no series', ja: '系列なし' }] : []),
        ...shown.map((one) => `${labelText(one.labels)}  ${say(one)}`),
        ...(more > 0 ? [{ en: `and ${more} more series`, ja: `他 ${more} 系列` }] : []),
      ],
      textBytes,
    ),
  }
}
