import { firstBytes, plainLine, plainText } from '../plain-text.ts'
import { pulse } from '../pulse.ts'

/** What one GET brought. `ms` is the time until the first bytes of the body were there. */
export type Probe =
  | { readonly kind: 'answered'; readonly status: number; readonly ms: number; readonly excerpt: string }
  | { readonly kind: 'silent'; readonly ms: number }
  /** The other side refused or broke the connection: it is down. */
  | { readonly kind: 'broken'; readonly ms: number; readonly reason: string }
  /** No way there at all: this says more about the address or our own network than about the service. */
  | { readonly kind: 'unreachable'; readonly ms: number; readonly reason: string }

const excerptBytes = 2_048
const mostRedirects = 3
const noWay: ReadonlySet<string> = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EACCES',
])

/** One GET with a limit. Redirects are followed on the same host only: elsewhere somebody else's health would be shown. */
export async function probe(url: string, limitMs: number): Promise<Probe> {
  const started = performance.now()
  const elapsed = () => Math.round(performance.now() - started)
  const limit = AbortSignal.timeout(Math.ceil(limitMs))
  const signal = AbortSignal.any([limit, pulse().signal])
  try {
    const response = await getOnSameHost(new URL(url), signal)
    const excerpt = await readExcerpt(response)
    return { kind: 'answered', status: response.status, ms: elapsed(), excerpt }
  } catch (error) {
    pulse().signal.throwIfAborted()
    if (limit.aborted) return { kind: 'silent', ms: elapsed() }
    const reason = reasonOf(error)
    return { kind: noWay.has(reason) ? 'unreachable' : 'broken', ms: elapsed(), reason }
  }
}

/** The address without what may be secret in it: user, password and query. */
export function shownUrl(url: string): string {
  const { origin, pathname } = new URL(url)
  return `${origin}${pathname}`
}

async function getOnSameHost(first: URL, signal: AbortSignal): Promise<Response> {
  let at = first
  for (let redirects = 0; ; redirects++) {
    const response = await fetch(at.href, {
      signal,
      redirect: 'manual',
      headers: { accept: '*/*', 'user-agent': 'hikeshi' },
    })
    const location = response.headers.get('location')
    if (response.status < 300 || response.status >= 400 || location === null) return response
    const next = URL.canParse(location, at.href) ? new URL(location, at) : undefined
    if (next?.hostname !== first.hostname || !/^https?:$/.test(next.protocol)) return response
    if (redirects === mostRedirects) return response
    await response.body?.cancel()
    at = next
  }
}

async function readExcerpt(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  // Leaving the loop cancels the rest of the body.
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk)
    size += chunk.length
    if (size >= excerptBytes) break
  }
  return firstBytes(plainText(Buffer.concat(chunks).subarray(0, excerptBytes).toString()), excerptBytes)
}

/** fetch hides the reason in its cause: `ECONNREFUSED`, or a sentence without address and body. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  const { code, message } = cause as { readonly code?: unknown; readonly message?: unknown }
  return typeof code === 'string' ? code : plainLine(String(message ?? cause), 120)
}
