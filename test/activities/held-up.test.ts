import assert from 'node:assert/strict'
import { CancelledFailure } from '@temporalio/common'
import { heldUpBy } from '../../activities/held-up.ts'
import { pulse, withPulse } from '../../activities/pulse.ts'
import { refusal } from '../../activities/refusal.ts'
import { parseCommand } from '../../domain/incident/commands.ts'
import { type Json, system, type Text } from '../../domain/words.ts'
import { carriedBy } from '../../wire/carried.ts'
import { context } from './signed-calls.ts'

const minuteMs = 60_000
const notReady = () =>
  refusal('job-not-ready', { job: 'hikeshi-backups', reason: 'held', namespace: 'shodo' })

/** Attempts of one step run, of which each takes so many minutes and ends with this; between them Temporal keeps the last sign of life. */
class Attempts {
  nowMs = 0
  readonly told: string[] = []
  refuses = false
  #before: Json = null
  #number = 0
  #heldUp = this.#worker()

  /** Another process takes over; its own clock begins elsewhere. */
  restart(): void {
    this.#heldUp = this.#worker()
  }

  /** The same step is called once more, such as to be verified: of what was before Temporal says nothing. */
  newCall(): void {
    this.#before = null
    this.#number = 0
  }

  /** One during which its worker is killed after so many minutes: nobody hears of its end. */
  async dies(minutes: number): Promise<void> {
    void this.next(minutes, undefined, undefined, undefined, () => new Promise(() => {}))
    await new Promise((resolve) => setImmediate(resolve))
    this.restart()
  }

  async next(
    minutes: number,
    error?: Error,
    stands?: Text,
    waitsFor?: Text,
    more = async () => {},
  ): Promise<unknown> {
    this.#number += 1
    const life = {
      signal: new AbortController().signal,
      beat: (detail: Json) => {
        this.#before = detail
      },
      attempt: { before: this.#before, scheduledMs: this.nowMs, number: this.#number },
    }
    const ended = withPulse(life, () =>
      this.#heldUp({ ...context, stepRun: 'shodo-42/cut-over' }, async () => {
        if (stands !== undefined) pulse().stands?.(stands)
        if (waitsFor !== undefined) pulse().heldUp?.(waitsFor)
        pulse().beat({ at: 'cut-over' })
        this.nowMs += minutes * minuteMs
        pulse().beat({ at: 'cut-over' })
        if (error !== undefined) throw error
        await more()
        return 'done'
      }),
    )
    return ended.catch((thrown: unknown) => thrown)
  }

  #worker() {
    const startedMs = this.nowMs
    return heldUpBy(
      async (_, message) => {
        if (this.refuses) throw new Error('Temporal does not answer')
        this.told.push(message)
      },
      () => this.nowMs - startedMs,
    )
  }
}

describe('a change that takes hours and is held up', () => {
  const stands = { en: 'The live database is down. ', ja: 'データベースは停止しています。' }

  it('tells people after five minutes what it fails with, how things stand and what to do, and is tried on', async () => {
    const attempts = new Attempts()
    for (let minute = 0; minute < 6; minute += 1) {
      assert.deepEqual(attempts.told, [])
      const error = notReady()
      assert.equal(await attempts.next(1, error, stands), error)
    }
    const [message = ''] = attempts.told
    for (const word of [
      /^cut-over: The live database is down\. it keeps failing/,
      /HK561/,
      /held/,
      /describe job/,
    ])
      assert.match(message, word)
    assert.match(message, /\ncut-over: データベースは停止しています。失敗が続いています/)
    // As an incident takes it.
    const command = parseCommand('notify', { v: 1, by: system, id: 'x', message })
    assert.equal('code' in command, false)
    for (let minute = 0; minute < 20; minute += 1) await attempts.next(1, notReady())
    assert.equal(attempts.told.length, 1)
  })

  it('tells at once what its work itself says that it waits for', async () => {
    const attempts = new Attempts()
    await attempts.next(1, undefined, stands, { en: 'the volume is held', ja: 'ボリューム使用中' })
    assert.deepEqual(attempts.told, [
      'cut-over: The live database is down. the volume is held\ncut-over: データベースは停止しています。ボリューム使用中',
    ])
  })

  it('keeps the message as short as an incident takes it, however much there is to say', async () => {
    const attempts = new Attempts()
    const long = { en: 'down '.repeat(200), ja: '停止'.repeat(300) }
    for (let minute = 0; minute < 7; minute += 1) await attempts.next(1, notReady(), long)
    const command = parseCommand('notify', { v: 1, by: system, id: 'x', message: attempts.told[0] })
    assert.equal('code' in command, false)
  })

  it('tells nobody where it gets on in between, and nothing of what is not tried again', async () => {
    const attempts = new Attempts()
    for (const error of [notReady(), undefined, notReady(), refusal('restore-refused', { reason: 'x' })]) {
      await attempts.next(4, error)
      if (error === undefined || carriedBy(error)?.name === 'restore-refused') attempts.newCall()
    }
    await attempts.next(4, notReady())
    // It worked for hours, and then something failed once.
    await attempts.next(90, notReady())
    await attempts.next(1, notReady())
    await attempts.next(90, new CancelledFailure('WORKER_SHUTDOWN'))
    attempts.restart()
    await attempts.next(1, notReady())
    assert.deepEqual(attempts.told, [])
  })

  it('counts on where its worker is replaced every few minutes, whether or not that stops the attempt under way', async () => {
    for (const stopped of [undefined, new CancelledFailure('WORKER_SHUTDOWN')]) {
      const attempts = new Attempts()
      for (let worker = 0; worker < 2; worker += 1) {
        for (let minute = 0; minute < 3; minute += 1) await attempts.next(1, notReady())
        if (stopped !== undefined) await attempts.next(1, stopped)
        attempts.restart()
      }
      assert.equal(attempts.told.length, 1)
    }
  })

  it('tells people of attempts that only die, of which no failure is ever heard', async () => {
    const attempts = new Attempts()
    for (let number = 0; number < 6; number += 1) await attempts.dies(1)
    assert.deepEqual(attempts.told, [])
    await attempts.dies(1)
    const [message = '', ...more] = attempts.told
    assert.deepEqual(more, [])
    assert.match(message, /^cut-over: attempt 7 has begun; the 6 before it ended without a word/)
    assert.match(message, /\ncut-over: 7 回目の試行を開始しました。その前の 6 回は/)
    const command = parseCommand('notify', { v: 1, by: system, id: 'x', message })
    assert.equal('code' in command, false)
  })

  it('tells nobody of a worker that dies now and then, nor where an attempt works for an hour or ends with a word', async () => {
    const attempts = new Attempts()
    for (const minutes of [10, 10, 90, 10]) await attempts.dies(minutes)
    await attempts.next(1, new CancelledFailure('WORKER_SHUTDOWN'))
    attempts.restart()
    for (const minutes of [10, 10]) await attempts.dies(minutes)
    await attempts.next(1)
    assert.deepEqual(attempts.told, [])
  })

  it('counts from the first death: whoever worked for an hour before it was well', async () => {
    const attempts = new Attempts()
    await attempts.dies(55)
    for (let death = 0; death < 3; death++) await attempts.dies(0.2)
    await attempts.next(0)
    assert.deepEqual(attempts.told, [])
  })

  it('tells it at the next failure where it could not be told', async () => {
    const attempts = new Attempts()
    attempts.refuses = true
    for (let minute = 0; minute < 8; minute += 1) await attempts.next(1, notReady())
    attempts.refuses = false
    await attempts.next(1, notReady())
    assert.equal(attempts.told.length, 1)
  })
})
