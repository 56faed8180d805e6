import assert from 'node:assert/strict'
import { tellOwner } from '../../activities/notify/tell-owner.ts'
import { type Channel, unsent } from '../../channels/channel.ts'
import type { Alarm } from '../../domain/incident/fold/page.ts'
import { carriedBy } from '../../wire/carried.ts'

describe('what a rehearsal found', () => {
  const startedMs = Date.parse('2026-11-30T18:00:00.000Z')
  const call = (...channels: readonly string[]) => ({
    desk: 'shodo',
    rehearsal: 'rehearse/shodo/1',
    says: { ja: '手順 1 件', en: '1 step' },
    timezone: 'Asia/Tokyo',
    startedMs,
    person: 'tanaka',
    level: 'team-lead',
    channels,
  })
  const sending = { signal: new AbortController().signal, now: () => startedMs }

  function channelsOver(answer: (call: Alarm) => void): Parameters<typeof tellOwner>[0] {
    const page = (channel: string) =>
      ({
        page: async (message: Alarm) => {
          if (channel === 'broken') throw unsent('channel-unreachable', { channel, reason: 'ECONNREFUSED' })
          if (channel === 'closed') throw unsent('channel-refused', { channel, reason: 'HTTP 403' })
          answer(message)
          return { sentAtMs: startedMs }
        },
      }) as unknown as Channel
    return new Map(['broken', 'closed', 'chat', 'mail'].map((name) => [name, page(name)]))
  }

  it('goes to a person over the first channel that takes it, once', async () => {
    const sent: Alarm[] = []
    const taken = await tellOwner(
      channelsOver((message) => sent.push(message)),
      call('broken', 'missing', 'chat', 'mail'),
      sending,
    )
    assert.equal(taken, 'chat')
    assert.deepEqual(
      sent.map(({ key, incident, reason, severity, channel, head }) => [
        key,
        incident,
        reason,
        severity,
        channel,
        head,
      ]),
      [
        [
          'rehearse/shodo/1/tanaka/chat',
          'desk/shodo',
          'rehearsal-failed',
          'LOW',
          'chat',
          { seq: 0, hash: '' },
        ],
      ],
    )
  })

  it('is tried again where a channel may answer later, and given up where each one said no', async () => {
    const channels = channelsOver(() => {})
    const refusalOver = (...names: readonly string[]) =>
      tellOwner(channels, call(...names), sending).then(
        () => assert.fail(),
        (error: { readonly nonRetryable?: boolean }) => [carriedBy(error)?.name, error.nonRetryable],
      )
    assert.deepEqual(await refusalOver('closed', 'broken', 'missing'), ['channel-unreachable', false])
    assert.deepEqual(await refusalOver('closed', 'missing'), ['channel-refused', true])
    assert.deepEqual(await refusalOver('missing'), ['channel-unknown', true])
  })

  it('has the same key at the next attempt', async () => {
    const keys: string[] = []
    let isBroken = true
    const channels = channelsOver(({ key }) => {
      keys.push(key)
      if (isBroken) throw new Error('a defect')
    })
    await assert.rejects(tellOwner(channels, call('chat'), sending), /a defect/)
    isBroken = false
    assert.equal(await tellOwner(channels, call('chat'), sending), 'chat')
    assert.deepEqual(keys, ['rehearse/shodo/1/tanaka/chat', 'rehearse/shodo/1/tanaka/chat'])
  })
})
