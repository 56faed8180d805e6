/** One request to Prometheus' HTTP API. What is wrong with a query is said in Prometheus' own words; nothing else quotes its answers. */

import { type RequestOptions, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { z } from 'zod'
import { present } from '../../domain/present.ts'
import type { Text } from '../../domain/words.ts'
import { plainLine } from '../../edge/plain-text.ts'
import { carriedBy } from '../../wire/carried.ts'
import { authorityOf, type Connections, type PrometheusSettings } from '../connections-file.ts'
import { pulse } from '../pulse.ts'
import { refusal, refuse } from '../refusal.ts'

/** Below the 4 s of a part of the picture, so that the reason is said and not only that nothing came. */
const answerWithinMs = 3_500
/** Some 100,000 samples; a query that brings more asks for too much. */
const mostBytes = 8 * 1024 * 1024

const refusedAnswer = z.object({ status: z.literal('error'), errorType: z.string(), error: z.string() })

const mostWarnings = 5

type Form = Readonly<Record<string, string>>

/** `warnings` in Prometheus' own words, such as of a store that did not answer: what is there may not be all. */
export type Answered<T> = { readonly data: T; readonly warnings: readonly string[] }

const warned = z.array(z.string()).nullish()

/** Failures: query-refused, database-unreachable, unknown-connection, bad-input for an unreadable secret. */
export async function askPrometheus<T>(
  connections: Connections,
  connection: string,
  path: string,
  form: Form,
  shape: z.ZodType<T>,
): Promise<Answered<T>> {
  const settings = connections.prometheus(connection)
  const secret = await connections.secretOf(connection, settings)
  const ca = await authorityOf(connection, settings)
  const answer = await send(settings, connection, path, form, { secret, ca })
  const content = jsonOf(answer.text)
  const no = refusedAnswer.safeParse(content)
  if (no.success) return refuseError(connection, addressOf(settings), no.data)
  const parsed = z.object({ status: z.literal('success'), data: shape, warnings: warned }).safeParse(content)
  if (answer.status === 200 && parsed.success) {
    const { data, warnings } = parsed.data
    return {
      data,
      warnings: (warnings ?? []).slice(0, mostWarnings).map((warning) => plainLine(warning, 300)),
    }
  }
  if (answer.status === 401 || answer.status === 403 || answer.status === 404)
    return refuse('query-refused', {
      connection,
      reason: `HTTP ${answer.status}`,
    })
  const reason =
    answer.status === 200
      ? { en: 'the answer is not from Prometheus', ja: 'Prometheus の応答ではありません' }
      : `HTTP ${answer.status}`
  return refuse('database-unreachable', { connection, address: addressOf(settings), reason })
}

export function warns(warning: string): Text {
  return { en: `Prometheus warns: ${warning}`, ja: `Prometheus の警告: ${warning}` }
}

/** `bad_data` and `execution` are the query's fault; the rest passes, or is the server's. */
function refuseError(
  connection: string,
  address: string,
  { errorType, error }: z.infer<typeof refusedAnswer>,
): never {
  const reason = plainLine(error, 300)
  if (errorType === 'bad_data' || errorType === 'execution' || errorType === 'not_found')
    return refuse('query-refused', { connection, reason })
  return refuse('database-unreachable', {
    connection,
    address,
    reason: `${plainLine(errorType, 40)}: ${reason}`,
  })
}

function send(
  settings: PrometheusSettings,
  connection: string,
  path: string,
  form: Form,
  { secret, ca }: { readonly secret: string | undefined; readonly ca: string | undefined },
): Promise<{ readonly status: number; readonly text: string }> {
  const base = settings.url.replace(/\/+$/, '')
  const isQuery = Object.keys(form).length > 0
  const body = new URLSearchParams(form).toString()
  const limit = AbortSignal.timeout(answerWithinMs)
  const options: RequestOptions & { ca?: string } = {
    // A query goes in the body: addresses are logged by proxies, and have a limit.
    method: isQuery ? 'POST' : 'GET',
    // A connection that is kept may be closed by a proxy just as the next query comes.
    agent: false,
    signal: AbortSignal.any([limit, pulse().signal]),
    headers: {
      accept: 'application/json',
      'user-agent': 'hikeshi',
      ...(isQuery
        ? { 'content-type': 'application/x-www-form-urlencoded', 'content-length': Buffer.byteLength(body) }
        : {}),
      ...present({ authorization: secret === undefined ? undefined : `Bearer ${secret}` }),
    },
    ...present({ ca }),
  }
  const open = base.startsWith('https:') ? requestHttps : requestHttp
  return new Promise((resolve, reject) => {
    const unreachable = (reason: string | Text) =>
      refusal('database-unreachable', { connection, address: addressOf(settings), reason })
    const fail = (error: unknown) => reject(failureOf(error))
    const failureOf = (error: unknown): unknown => {
      if (pulse().signal.aborted) return pulse().signal.reason
      if (carriedBy(error) !== undefined) return error
      // A code of the system's or of Node; what a library says besides may quote what was sent, and with it the secret.
      const { code } = error as { readonly code?: unknown }
      const said =
        typeof code === 'string'
          ? plainLine(code, 60)
          : { en: 'the connection broke', ja: '接続が切れました' }
      return unreachable(
        limit.aborted
          ? {
              en: `no answer in ${answerWithinMs / 1_000} s`,
              ja: `${answerWithinMs / 1_000} 秒以内に応答なし`,
            }
          : said,
      )
    }
    const call = open(`${base}${path}`, options, (response) => {
      const chunks: Buffer[] = []
      let size = 0
      response.on('data', (chunk: Buffer) => {
        size += chunk.length
        chunks.push(chunk)
        if (size > mostBytes)
          response.destroy(
            unreachable({
              en: `the answer exceeds ${mostBytes / 1_048_576} MiB`,
              ja: `応答が ${mostBytes / 1_048_576} MiB を超えました`,
            }),
          )
      })
      response.once('error', fail)
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
      )
    })
    call.once('error', fail)
    call.end(isQuery ? body : undefined)
  })
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Without what may be secret in it. */
function addressOf({ url }: PrometheusSettings): string {
  const { origin, pathname } = new URL(url)
  return `${origin}${pathname === '/' ? '' : pathname}`
}
