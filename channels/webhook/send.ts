import type { Alarm, PageCall } from '../../domain/incident/fold/page.ts'
import { present } from '../../domain/present.ts'
import type { Words } from '../../domain/words.ts'
import { plainLine } from '../../edge/plain-text.ts'
import { type Environment, readSecret } from '../../edge/secret.ts'
import { type Channel, unsent } from '../channel.ts'
import type { WebhookSettings } from './settings.ts'
import { sign } from './signature.ts'

/** The answer's body is only read for a reference. */
const answerLimitBytes = 4_096

export function webhookChannel(name: string, settings: WebhookSettings, env: Environment): Channel {
  return {
    async page(call, { signal, now }) {
      const read = await readSecret(settings, env)
      if ('problem' in read) throw unsent('channel-refused', { channel: name, reason: read.problem })
      const body = bodyOf(call)
      const timestamp = String(Math.floor(now() / 1_000))
      const timeout = AbortSignal.timeout(settings.timeoutMs)
      const ended = AbortSignal.any([signal, timeout])
      let response: Response
      try {
        response = await fetch(settings.url, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            'user-agent': 'hikeshi',
            'idempotency-key': call.key,
            'x-hikeshi-timestamp': timestamp,
            'x-hikeshi-signature': sign(read.secret, timestamp, body),
          },
          body,
          // A redirect would carry the page, and its proof, to somebody the operator never named.
          redirect: 'manual',
          signal: ended,
        })
      } catch (error) {
        signal.throwIfAborted()
        const reason = timeout.aborted
          ? {
              en: `no answer in ${settings.timeoutMs / 1_000} s`,
              ja: `${settings.timeoutMs / 1_000} 秒以内に応答なし`,
            }
          : networkReason(error)
        throw unsent('channel-unreachable', { channel: name, reason })
      }
      const sentAtMs = now()
      if (response.ok) {
        const reference = await referenceIn(response)
        return { sentAtMs, ...present({ reference }) }
      }
      await response.body?.cancel().catch(() => {})
      throw unsent(...refusedBy(name, response.status))
    },
  }
}

/**
 * The same bytes for every repeat of a key: nothing in it but the call, which Temporal keeps. A text that was cut within an emoji ends
 * in half a character, and strict receivers refuse the whole page for it.
 */
function bodyOf(call: PageCall | Alarm): string {
  return JSON.stringify({ version: 1, ...call }, (_, value: unknown) =>
    typeof value === 'string' ? Buffer.from(value).toString() : value,
  )
}

function refusedBy(channel: string, status: number): Parameters<typeof unsent> {
  if (status === 429 || status >= 500) {
    return [
      'channel-unreachable',
      { channel, reason: { en: `it answered ${status}`, ja: `${status} を返しました` } },
    ]
  }
  const reason =
    status >= 300 && status < 400
      ? {
          en: `it answered ${status}, and redirects are not followed`,
          ja: `${status} を返しました（リダイレクトには対応していません）`,
        }
      : { en: `it answered ${status}`, ja: `${status} を返しました` }
  return ['channel-refused', { channel, reason }]
}

/** `{"reference": "…"}` of the answer. The message is taken whatever stands there, also when the body never ends. */
async function referenceIn(response: Response): Promise<string | undefined> {
  try {
    const parsed: unknown = JSON.parse(await firstText(response))
    if (parsed === null || typeof parsed !== 'object' || !('reference' in parsed)) return undefined
    const { reference } = parsed
    return typeof reference === 'string' && reference !== '' ? plainLine(reference, 200) : undefined
  } catch {
    return undefined
  }
}

async function firstText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk)
    size += chunk.length
    if (size > answerLimitBytes) return ''
  }
  return Buffer.concat(chunks).toString()
}

/** The system's own word (ECONNREFUSED, ENOTFOUND); fetch wraps it, and its own message quotes the address. */
function networkReason(error: unknown): Words {
  const cause = error instanceof Error ? error.cause : undefined
  const inner = cause instanceof AggregateError ? cause.errors[0] : cause
  if (inner instanceof Error && inner.message === 'bad port')
    return { en: 'HTTP clients block its port', ja: 'HTTP クライアントが遮断するポートです' }
  return inner instanceof Error && 'code' in inner
    ? String(inner.code)
    : { en: 'the connection failed', ja: '接続に失敗しました' }
}
