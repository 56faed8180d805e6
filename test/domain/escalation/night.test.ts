/** One night in fast-forward: who is called when, and why. The table that is printed is the one that is asserted. */
import assert from 'node:assert/strict'
import type { Effect } from '../../../domain/incident/effects.ts'
import { person, sato, World } from '../incident/world.ts'

const minute = 60_000
/** 23:00 in Tokyo. */
const evening = Date.UTC(2026, 10, 24, 14)

class Night extends World {
  /** To a time of this night or of the morning after; what is sent goes out at once. */
  until(clock: string): void {
    const [hours = 0, minutes = 0] = clock.split(':').map(Number)
    const at = evening + (((hours + 1) % 24) * 60 + minutes) * minute
    while (this.now < at) {
      this.wait(Math.min(minute, at - this.now))
      this.allGoesWell((effect: Effect) => effect.type !== 'page')
    }
  }

  calls(): readonly string[] {
    return this.events.flatMap((event) => {
      if (event.type !== 'page-requested') return []
      const { person, reason, severity } = event.data.page
      return [`${clockOf(Date.parse(event.at))} ${person.padEnd(6)} ${severity.padEnd(8)} ${reason}`]
    })
  }
}

function clockOf(ms: number): string {
  return new Date(ms + 9 * 60 * minute).toISOString().slice(11, 16)
}

describe('one night', () => {
  it('LOW at 23:00 gets worse twice, data loss at 01:00, two people asleep, over at 02:10, reopened at 04:00', () => {
    const mori = person('mori')
    const policy = { pauses: { repeatEvery: '30m', acknowledgedFor: '60m' } }
    const night = new Night({ severity: 'LOW', atMs: evening, policy })
    const report = (severity: 'HIGH' | 'CRITICAL') =>
      night.command('report', sato, { declaration: { service: 'backend', severity, description: 'worse' } })

    night.until('23:30')
    report('HIGH')
    night.until('00:15')
    report('CRITICAL')
    night.until('01:00')
    night.command('set-risk', sato, { dataLoss: true })
    night.until('01:03')
    night.command('acknowledge', mori, {})
    night.until('01:40')
    night.command('note', mori, { text: 'restoring the rows' })
    night.until('02:10')
    night.command('resolve', mori, {})
    night.until('04:00')
    night.command('report', person('watanabe', false), {
      declaration: { service: 'backend', severity: 'LOW', description: 'it is back' },
    })
    night.until('04:02')
    night.command('acknowledge', mori, {})
    night.until('05:10')
    night.command('resolve', mori, {})
    night.until('07:00')
    night.command('close', mori, { waive: 'a test' })

    const calls = night.calls()
    console.log(calls.map((line) => `      ${line}`).join('\n'))
    assert.deepEqual(calls, [
      // tanaka and suzuki sleep: they are called again every half hour, and at once when it gets worse.
      '23:05 tanaka LOW      due',
      '23:10 suzuki LOW      due',
      '23:30 tanaka HIGH     worse',
      '23:30 suzuki HIGH     worse',
      '00:00 tanaka HIGH     repeat',
      '00:00 suzuki HIGH     repeat',
      '00:15 tanaka CRITICAL worse',
      '00:15 suzuki CRITICAL worse',
      // The recovery that CRITICAL starts has 30 s, and its hands do not answer.
      '00:15 tanaka CRITICAL recovery-failed',
      '00:45 tanaka CRITICAL repeat',
      '00:45 suzuki CRITICAL repeat',
      '01:00 tanaka CRITICAL data-loss',
      '01:00 suzuki CRITICAL data-loss',
      '01:00 mori   CRITICAL data-loss',
      '01:00 ito    CRITICAL data-loss',
      // mori acknowledges at 01:03: nobody is called again.
      '02:10 tanaka CRITICAL all-clear',
      '02:10 suzuki CRITICAL all-clear',
      '02:10 mori   CRITICAL all-clear',
      '02:10 ito    CRITICAL all-clear',
      // Reported again: the policy starts over, and data may still be lost.
      '04:00 tanaka CRITICAL data-loss',
      '04:00 suzuki CRITICAL data-loss',
      '04:00 mori   CRITICAL data-loss',
      '04:00 ito    CRITICAL data-loss',
      '04:00 tanaka CRITICAL recovery-failed',
      // mori acknowledges at 04:02 and falls asleep: after an hour without a deed the policy starts over.
      '05:02 tanaka CRITICAL data-loss',
      '05:02 suzuki CRITICAL data-loss',
      '05:02 mori   CRITICAL data-loss',
      '05:02 ito    CRITICAL data-loss',
      '05:10 tanaka CRITICAL all-clear',
      '05:10 suzuki CRITICAL all-clear',
      '05:10 mori   CRITICAL all-clear',
      '05:10 ito    CRITICAL all-clear',
    ])
    assert.ok(night.told('escalated').every(({ lateMs }) => lateMs === 0))
  })
})
