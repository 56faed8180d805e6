import assert from 'node:assert/strict'
import { tellEach } from '../../activities/notify/tell-owners.ts'
import { type Channel, unsent } from '../../channels/channel.ts'
import type { Alarm } from '../../domain/incident/fold/page.ts'

describe('what a rehearsal found', () => {
  const startedMs = Date.parse('2026-11-30T18:00:00.000Z')
  const call = {
    desk: 'shodo',
    rehearsal: 'rehearse/shodo/1',
    says: { ja: '手順 1 件', en: '1 step' },
    timezone: 'Asia/Tokyo',
    startedMs,
    people: [
      { person: 'tanaka', level: 'team-lead', channels: ['broken', 'missing', 'chat', 'mail'] },
      { person: 'suzuki', level: 'team-lead', channels: ['missing', 'broken'] },
    ],
  }
  const sending = { signal: new AbortController().signal, now: () => startedMs }

  function channelsOver(answer: (call: Alarm) => void): Parameters<typeof tellEach>[0] {
    const page = (channel: string) =>
      ({
        page: async (message: Alarm) => {
          if (channel === 'broken') throw unsent('channel-unreachable', { channel, reason: 'ECONNREFUSED' })
          answer(message)
          return { sentAtMs: startedMs }
        },
      }) as unknown as Channel
    return new Map(['broken', 'chat', 'mail'].map((name) => [name, page(name)]))
  }

  it('goes to each person over the first channel that takes it, once', async () => {
    const sent: Alarm[] = []
    const reached = await tellEach(
      channelsOver((message) => sent.push(message)),
      call,
      sending,
    )
    assert.deepEqual(reached, ['tanaka'])
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

  it('is tried again under the same keys where something else went wrong', async () => {
    const keys: string[] = []
    let isBroken = true
    const channels = channelsOver(({ key }) => {
      keys.push(key)
      if (isBroken) throw new Error('a defect')
    })
    await assert.rejects(tellEach(channels, call, sending), /a defect/)
    isBroken = false
    assert.deepEqual(await tellEach(channels, call, sending), ['tanaka'])
    assert.deepEqual(keys, ['rehearse/shodo/1/tanaka/chat', 'rehearse/shodo/1/tanaka/chat'])
  })
})
