/** Proof of who sent a webhook and when; docs/webhook.md tells receivers how to check it in other languages. */
import { createHmac, timingSafeEqual } from 'node:crypto'

/** `v1=<hex HMAC-SHA256 over "<timestamp>.<raw body>">`; the timestamp is in epoch seconds. */
export function sign(secret: string, timestamp: string, body: string | Uint8Array): string {
  return `v1=${mac(secret, timestamp, body).toString('hex')}`
}

/**
 * True when the body is the sender's and the timestamp lies within the tolerance, in the past and in the future. The header
 * may hold several signatures, separated by commas: one per secret while a secret is being replaced.
 */
export function verifySignature({
  secret,
  timestamp,
  body,
  header,
  nowMs,
  toleranceMs = 300_000,
}: {
  readonly secret: string
  /** X-Hikeshi-Timestamp */
  readonly timestamp: string
  /** The bytes as they arrived, before any parsing. */
  readonly body: string | Uint8Array
  /** X-Hikeshi-Signature */
  readonly header: string
  readonly nowMs: number
  readonly toleranceMs?: number
}): boolean {
  if (!/^\d{1,12}$/.test(timestamp)) return false
  if (Math.abs(nowMs - Number(timestamp) * 1_000) > toleranceMs) return false
  const wanted = mac(secret, timestamp, body)
  // No early end: every signature is compared, each in constant time.
  return header
    .split(',')
    .map((part) => /^v1=([0-9a-f]{64})$/.exec(part.trim())?.[1])
    .filter((hex) => hex !== undefined)
    .map((hex) => timingSafeEqual(Buffer.from(hex, 'hex'), wanted))
    .includes(true)
}

function mac(secret: string, timestamp: string, body: string | Uint8Array): Buffer {
  return createHmac('sha256', secret).update(`${timestamp}.`).update(body).digest()
}
