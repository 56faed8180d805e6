import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { firstBytes, plainText } from '../../edge/plain-text.ts'
import { pulse } from '../pulse.ts'

/** What one GET brought. `ms` is the time until the first bytes of the body were there. */
export type Probe =
  | { readonly kind: 'answered'; readonly status: number; readonly ms: number; readonly excerpt: string }
  /** It took the connection and gave no answer, or not all of it. */
  | { readonly kind: 'silent'; readonly ms: number }
  /** The other side refused or broke the connection: it is down. */
  | { readonly kind: 'broken'; readonly ms: number; readonly reason: string }
  /** No way there at all: this says more about the address or our own network than about the service. */
  | { readonly kind: 'unreachable'; readonly ms: number; readonly reason: string }

const excerptBytes = 2_048
const mostRedirects = 3
const noConnection = 'ETIMEDOUT'
const noWay: ReadonlySet<string> = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EACCES',
  noConnection,
])

/**
 * One GET with a limit, over a connection of its own: behind a balancer a connection that is kept leads to the same pod again, and
 * several answers would be one pod's. Redirects are followed at the same place only: elsewhere somebody else's health would be shown.
 */
export async function probe(url: string, limitMs: number): Promise<Probe> {
  const started = performance.now()
  const elapsed = () => Math.round(performance.now() - started)
  const limit = AbortSignal.timeout(Math.ceil(limitMs))
  const way: Way = { signal: AbortSignal.any([limit, pulse().signal]), isConnected: false }
  try {
    const response = await getAtSamePlace(new URL(url), way)
    const excerpt = await readExcerpt(response)
    return { kind: 'answered', status: response.statusCode ?? 0, ms: elapsed(), excerpt }
  } catch (error) {
    pulse().signal.throwIfAborted()
    if (limit.aborted && way.isConnected) return { kind: 'silent', ms: elapsed() }
    const reason = limit.aborted ? noConnection : codeIn(error)
    return { kind: noWay.has(reason) ? 'unreachable' : 'broken', ms: elapsed(), reason }
  }
}

/** The address without what may be secret in it: user, password and query. */
export function shownUrl(url: string): string {
  const { origin, pathname } = new URL(url)
  return `${origin}${pathname}`
}

type Way = { readonly signal: AbortSignal; isConnected: boolean }

async function getAtSamePlace(first: URL, way: Way): Promise<IncomingMessage> {
  let at = first
  for (let redirects = 0; ; redirects++) {
    const response = await get(at, way)
    const { statusCode = 0, headers } = response
    const { location } = headers
    if (statusCode < 300 || statusCode >= 400 || location === undefined) return response
    const next = URL.canParse(location, at.href) ? new URL(location, at) : undefined
    if (next === undefined || !isSamePlace(at, next) || redirects === mostRedirects) return response
    response.destroy()
    at = next
  }
}

/** The same origin; or from the usual port of http to that of https, as many a server wants it. Never back. */
function isSamePlace(from: URL, to: URL): boolean {
  if (to.origin === from.origin) return true
  const isUpgrade = from.protocol === 'http:' && to.protocol === 'https:'
  return isUpgrade && to.hostname === from.hostname && from.port === '' && to.port === ''
}

function get(url: URL, way: Way): Promise<IncomingMessage> {
  const open = url.protocol === 'https:' ? requestHttps : requestHttp
  return new Promise((resolve, reject) => {
    const call = open(url, {
      agent: false,
      signal: way.signal,
      headers: { accept: '*/*', 'user-agent': 'hikeshi' },
    })
    call.once('socket', (socket) => {
      socket.once('connect', () => {
        way.isConnected = true
      })
    })
    call.once('response', resolve)
    call.on('error', reject)
    call.end()
  })
}

async function readExcerpt(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  // Leaving the loop ends the connection, and with it the rest of the body.
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    size += chunk.length
    if (size >= excerptBytes) break
  }
  return firstBytes(plainText(Buffer.concat(chunks).subarray(0, excerptBytes).toString()), excerptBytes)
}

/** The code of the system or of Node, such as ECONNREFUSED, which carries nothing of the address; never a library's sentence. */
function codeIn(error: unknown): string {
  const { code } = error as { readonly code?: unknown }
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]+$/.test(code) ? code : 'EUNKNOWN'
}
