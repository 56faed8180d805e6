import assert from 'node:assert/strict'
import { sign, verifySignature } from './signature.ts'

const secret = 'a-secret-of-the-receiver'
const timestamp = '1764000300'
const body = '{"version":1,"key":"shodo-42/team-lead/team-lead/oncall/1"}'
const nowMs = 1_764_000_300_000
// Worked out with: printf '%s.%s' "$timestamp" "$body" | openssl dgst -sha256 -hmac "$secret"
const header = 'v1=3458300837b4ab9b56565e14026c001558665470b85aed26f30713b6de041d43'
const given = { secret, timestamp, body, header, nowMs }

describe("a webhook's signature", () => {
  it('is what openssl works out', () => assert.equal(sign(secret, timestamp, body), header))

  it('is taken for the very bytes, from text and from bytes', () => {
    assert.ok(verifySignature(given))
    assert.ok(verifySignature({ ...given, body: Buffer.from(body) }))
  })

  it('is taken among others while a secret is replaced', () => {
    assert.ok(verifySignature({ ...given, header: `v1=${'0'.repeat(64)}, ${header}` }))
  })

  for (const [what, change] of [
    ['another body', { body: `${body} ` }],
    ['another secret', { secret: `${secret}x` }],
    ['another timestamp', { timestamp: '1764000301' }],
    ['no signature', { header: '' }],
    ['another version', { header: header.replace('v1', 'v0') }],
    ['half a signature', { header: header.slice(0, 40) }],
    ['a signature with something behind it', { header: `${header}00` }],
    ['a timestamp that is no number', { timestamp: '1764000300.0' }],
    ['an empty timestamp', { timestamp: '' }],
    ['an old message', { nowMs: nowMs + 300_001 }],
    ['a message from the future', { nowMs: nowMs - 300_001 }],
    ['a tolerance that is smaller', { nowMs: nowMs + 11_000, toleranceMs: 10_000 }],
  ] as const) {
    it(`is refused for ${what}`, () => assert.equal(verifySignature({ ...given, ...change }), false))
  }

  it('is taken up to the edge of the tolerance', () => {
    assert.ok(verifySignature({ ...given, nowMs: nowMs + 300_000 }))
    assert.ok(verifySignature({ ...given, nowMs: nowMs - 300_000 }))
  })
})
