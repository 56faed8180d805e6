import assert from 'node:assert/strict'
import type { Channel } from '../../channels/channel.ts'
import { failure } from '../../domain/failures.ts'
import type { Alarm } from '../../domain/incident/fold/page.ts'
import { openArchiveAlarm } from '../../workers/alarm.ts'
import { quietLogs } from '../../workers/logs.ts'

describe('an archive that cannot be written', () => {
  before(() => quietLogs())

  const why = failure('archive-unwritable', { workflow: 'shodo-1', run: 1, folder: '/a', reason: 'ENOSPC' })
  const minutes = 60_000

  function alarmOver(answer: () => void) {
    const calls: Alarm[] = []
    const channel = {
      page: async (call: Alarm) => {
        answer()
        calls.push(call)
      },
    } as unknown as Channel
    let now = 0
    const tell = openArchiveAlarm(
      { channels: new Map([['oncall', channel]]), alarm: [{ person: 'tanaka', channel: 'oncall' }] },
      () => now,
    )
    const at = async (ms: number) => {
      now = ms
      tell('shodo-1', why, 0)
      await new Promise((resolve) => setImmediate(resolve))
    }
    return { calls, at }
  }

  it('calls whom the channels file names after ten minutes, and again every six hours', async () => {
    const { calls, at } = alarmOver(() => undefined)
    for (const ms of [0, 9, 10, 11, 60, 369, 370, 371, 730].map((n) => n * minutes)) await at(ms)
    assert.deepEqual(
      calls.map(({ attempt, dueMs, reason }) => [attempt, dueMs / minutes, reason]),
      [
        [1, 10, 'archive-failed'],
        [2, 370, 'archive-failed'],
        [3, 730, 'archive-failed'],
      ],
    )
    assert.equal(calls[0]?.key, 'archive/shodo-1/0/tanaka/oncall/1')
    assert.match(calls[0]?.says.en ?? '', /shodo-1 to the archive \/a: ENOSPC/)
  })

  it('tries again over a channel that failed, under the same key', async () => {
    let broken = true
    const { calls, at } = alarmOver(() => {
      if (broken) throw new Error('no answer')
    })
    await at(10 * minutes)
    broken = false
    await at(15 * minutes)
    await at(20 * minutes)
    assert.deepEqual(
      calls.map(({ key }) => key),
      ['archive/shodo-1/0/tanaka/oncall/1'],
    )
  })
})
