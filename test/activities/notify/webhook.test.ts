import assert from 'node:assert/strict'
import { ApplicationFailure, CancelledFailure } from '@temporalio/common'
import { notifyActivities } from '../../../activities/notify/send-page.ts'
import { verifySignature } from '../../../activities/notify/webhook/signature.ts'
import { webhookChannel } from '../../../activities/notify/webhook/webhook.ts'
import { failureIn } from '../../../activities/refusal.ts'
import type { PageSent } from '../../../domain/escalation/page.ts'
import type { Failure } from '../../../domain/failures.ts'
import { teamLeadAfterFiveMinutes } from './calls.ts'
import { answering, hanging, type Receiver, startReceiver } from './receiver.ts'

const secret = 'a-secret-of-the-receiver'
const nowMs = 1_764_000_300_250
const call = teamLeadAfterFiveMinutes('oncall')

describe('a page over a webhook', () => {
  let receiver: Receiver
  beforeEach(async () => {
    receiver = await startReceiver()
  })
  afterEach(() => receiver.close())

  const beats: unknown[] = []
  function send(
    options: {
      page?: typeof call
      timeoutMs?: number
      url?: string
      signal?: AbortSignal
      env?: Record<string, string>
    } = {},
  ): Promise<PageSent> {
    const { timeoutMs = 1_000, url = receiver.url, env = { SECRET: secret } } = options
    const { signal = new AbortController().signal } = options
    const settings = { kind: 'webhook', url, secretEnv: 'SECRET', timeoutMs } as const
    const { sendPage } = notifyActivities({
      channels: new Map([['oncall', webhookChannel('oncall', settings, env)]]),
      now: () => nowMs,
      life: () => ({ signal, beat: (detail) => beats.push(detail) }),
    })
    return sendPage(options.page ?? call)
  }

  async function failed(sending: Promise<PageSent>): Promise<Failure> {
    try {
      await sending
    } catch (error) {
      assert.ok(error instanceof ApplicationFailure, String(error))
      const found = failureIn(error) ?? assert.fail('no failure of the list')
      assert.equal(error.nonRetryable, true, 'only the incident decides about the next attempt')
      assert.equal(error.type, found.code)
      assert.ok(!JSON.stringify([error.message, error.details]).includes(secret))
      assert.ok(!JSON.stringify([error.message, error.details]).includes('/pages'), 'addresses hold tokens')
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
    beats.length = 0
    assert.deepEqual(await send(), { sentAtMs: nowMs, reference: 'PD-1' })
    assert.deepEqual(beats[0], { key: call.key })
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
      assert.deepEqual(failure.params, { channel: 'oncall', reason: `it answered ${status}` })
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
    assert.match(String(failure.params.reason), /307, and redirects are not followed/)
  })

  it('gives up on a receiver that never answers, after its limit and not before', async () => {
    receiver.expect(hanging)
    const started = performance.now()
    const failure = await failed(send({ timeoutMs: 300 }))
    const tookMs = performance.now() - started
    assert.equal(failure.name, 'channel-unreachable')
    assert.equal(failure.params.reason, 'no answer in 0.3 s')
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

  it('ends at once when it is cancelled, with the reason of the cancellation', async () => {
    receiver.expect(hanging)
    const control = new AbortController()
    const sending = send({ timeoutMs: 5_000, signal: control.signal })
    setTimeout(() => control.abort(new CancelledFailure('CANCELLED')), 100)
    await assert.rejects(sending, CancelledFailure)
  })

  it('sends nothing when it is cancelled before it starts', async () => {
    const control = new AbortController()
    control.abort(new CancelledFailure('CANCELLED'))
    await assert.rejects(send({ signal: control.signal }), CancelledFailure)
    assert.equal(receiver.received.length, 0)
  })

  it('sends nothing without its secret', async () => {
    const failure = await failed(send({ env: {} }))
    assert.equal(failure.name, 'channel-refused')
    assert.equal(failure.params.reason, 'its secret is not set in the environment (SECRET)')
  })

  it('names the channels that exist when the channel is none of them', async () => {
    const { sendPage } = notifyActivities({
      channels: new Map([['log', { send: async () => assert.fail('wrong channel') }]]),
      now: () => nowMs,
      life: () => ({ signal: new AbortController().signal, beat: () => {} }),
    })
    const failure = await failed(sendPage(call))
    assert.equal(failure.name, 'channel-unknown')
    assert.deepEqual(failure.params, { channel: 'oncall', known: 'log' })
  })
})
