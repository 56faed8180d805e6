import assert from 'node:assert/strict'
import type { Failure } from '../../domain/failures.ts'
import { said } from '../../domain/words.ts'
import { Refused } from '../../edge/refused.ts'
import type { Taken } from '../channel.ts'
import { teamLeadAfterFiveMinutes } from '../fixtures/team-lead-page.ts'
import { blockedPorts } from './blocked-ports.ts'
import { answering, hanging, type Receiver, startReceiver } from './fixtures/receiver.ts'
import { webhook } from './index.ts'
import { verifySignature } from './signature.ts'

const secret = 'a-secret-of-the-receiver'
const nowMs = 1_764_000_300_250
const call = teamLeadAfterFiveMinutes('oncall')

describe('a page over a webhook', () => {
  let receiver: Receiver
  beforeEach(async () => {
    receiver = await startReceiver()
  })
  afterEach(() => receiver.close())

  function send(
    options: {
      page?: typeof call
      timeoutMs?: number
      url?: string
      signal?: AbortSignal
      env?: Record<string, string>
    } = {},
  ): Promise<Taken> {
    const { timeoutMs = 1_000, url = receiver.url, env = { SECRET: secret } } = options
    const { signal = new AbortController().signal } = options
    const settings = { kind: 'webhook', url, secretEnv: 'SECRET', timeoutMs } as const
    return webhook.open('oncall', settings, env).page(options.page ?? call, { signal, now: () => nowMs })
  }

  async function failed(sending: Promise<Taken>): Promise<Failure> {
    try {
      await sending
    } catch (error) {
      assert.ok(error instanceof Refused, String(error))
      const found = error.failure
      assert.ok(!JSON.stringify([error.message, found]).includes(secret))
      assert.ok(!JSON.stringify([error.message, found]).includes('/pages'), 'addresses hold tokens')
      return found
    }
    return assert.fail('the page was sent')
  }

  it('carries no half of a character, which strict receivers refuse', async () => {
    receiver.expect(answering(202))
    await send({ page: { ...call, description: '\ud83d 停止 🔥 \ud83d' } })
    const [got = assert.fail('nothing came')] = receiver.received
    assert.equal(JSON.parse(got.body).description, '\ufffd 停止 🔥 \ufffd')
  })

  it('carries the key, the call and a signature that the receiver can check', async () => {
    receiver.expect(answering(202, '{"reference":"PD-1"}'))
    assert.deepEqual(await send(), { sentAtMs: nowMs, reference: 'PD-1' })
    const [got = assert.fail('nothing came')] = receiver.received
    assert.equal(got.headers['idempotency-key'], call.key)
    assert.equal(got.headers['content-type'], 'application/json')
    assert.deepEqual(JSON.parse(got.body), { version: 1, ...call })
    const timestamp = String(got.headers['x-hikeshi-timestamp'])
    const header = String(got.headers['x-hikeshi-signature'])
    assert.equal(timestamp, '1764000300')
    assert.ok(verifySignature({ secret, timestamp, body: got.body, header, nowMs }))
    assert.ok(!verifySignature({ secret, timestamp, body: `${got.body} `, header, nowMs }))
  })

  it('sends the same bytes when the same call comes again', async () => {
    receiver.expect(answering(204))
    receiver.expect(answering(204))
    await send()
    await send()
    const [first, second] = receiver.received
    assert.equal(first?.body, second?.body)
    assert.equal(first?.headers['idempotency-key'], second?.headers['idempotency-key'])
  })

  for (const status of [500, 503, 429]) {
    it(`is not taken when the receiver answers ${status}: another attempt may help`, async () => {
      receiver.expect(answering(status, 'busy'))
      const failure = await failed(send())
      assert.equal(failure.name, 'channel-unreachable')
      assert.deepEqual(failure.params, {
        channel: 'oncall',
        reason: { en: `it answered ${status}`, ja: `${status} を返しました` },
      })
    })
  }

  for (const status of [400, 401, 404, 410]) {
    it(`is refused when the receiver answers ${status}`, async () => {
      receiver.expect(answering(status))
      assert.equal((await failed(send())).name, 'channel-refused')
    })
  }

  it('follows no redirect', async () => {
    receiver.expect(answering(307, '', { location: `http://127.0.0.1:${receiver.port}/elsewhere` }))
    const failure = await failed(send())
    assert.equal(failure.name, 'channel-refused')
    assert.match(said(failure.params.reason).en, /307, and redirects are not followed/)
  })

  it('gives up on a receiver that never answers, after its limit and not before', async () => {
    receiver.expect(hanging)
    const started = performance.now()
    const failure = await failed(send({ timeoutMs: 300 }))
    const tookMs = performance.now() - started
    assert.equal(failure.name, 'channel-unreachable')
    assert.equal(said(failure.params.reason).en, 'no answer in 0.3 s')
    assert.ok(tookMs >= 290, `${tookMs} ms`)
  })

  it('is sent once the receiver says so, also when the answer never ends or is rubbish', async () => {
    receiver.expect((response) => {
      response.writeHead(200)
      response.write('{"refer')
    })
    receiver.expect(answering(200, 'ok'))
    receiver.expect(answering(200, JSON.stringify({ reference: 'x'.repeat(10_000) })))
    for (let i = 0; i < 3; i++) assert.deepEqual(await send({ timeoutMs: 300 }), { sentAtMs: nowMs })
  })

  it('says when nobody listens there', async () => {
    const nobody = await startReceiver()
    await nobody.close()
    const failure = await failed(send({ url: nobody.url }))
    assert.deepEqual(failure.params, { channel: 'oncall', reason: 'ECONNREFUSED' })
  })

  it('says of every port that the settings refuse that HTTP clients block it', async () => {
    for (const port of blockedPorts) {
      const failure = await failed(send({ url: `http://127.0.0.1:${port}/pages` }))
      assert.equal(said(failure.params.reason).en, 'HTTP clients block its port', port)
    }
  })

  it('ends at once when it is cancelled, with the reason of the cancellation', async () => {
    receiver.expect(hanging)
    const control = new AbortController()
    const sending = send({ timeoutMs: 5_000, signal: control.signal })
    const reason = new Error('cancelled')
    setTimeout(() => control.abort(reason), 100)
    await assert.rejects(sending, reason)
  })

  it('sends nothing without its secret', async () => {
    const failure = await failed(send({ env: {} }))
    assert.equal(failure.name, 'channel-refused')
    assert.equal(said(failure.params.reason).en, 'its secret is not set in the environment (SECRET)')
  })
})
