import assert from 'node:assert/strict'
import { withPulse } from '../../activities/pulse.ts'
import { inTurns, type Read, sharedReadings } from '../../activities/shared-readings.ts'
import type { Reading, StepContext } from '../../domain/steps/contract.ts'

const context = (namespace = 'shodo'): StepContext => ({
  incident: 'shodo-42',
  stepRun: 'shodo-42/situation/1',
  cluster: 'lab',
  namespace,
  nowMs: 0,
  head: { seq: 7, hash: 'abc123' },
})
const url = 'http://127.0.0.1:8080/health'
const sharing = { sharesMs: 2_000, where: 'health:backend' }

/** A reading that answers when it is told to. */
function heldReading() {
  const asked: { readonly answer: (reading: Reading) => void; readonly fail: (error: Error) => void }[] = []
  const read: Read = () => new Promise((answer, fail) => asked.push({ answer, fail }))
  const answer = (of: number) => asked[of]?.answer({ facts: { answer: of }, findings: [] })
  const time = { ms: 0 }
  return { asked, answer, time, ask: sharedReadings(read, () => time.ms) }
}

describe('readings that are shared', () => {
  it('are begun once for the same question, also when its parameters come in another order', async () => {
    const { asked, answer, ask } = heldReading()
    const one = ask('http.health', { url, slowAfter: 1_000 }, context(), sharing)
    const other = ask('http.health', { slowAfter: 1_000, url }, context(), sharing)
    answer(0)
    assert.deepEqual(await other, await one)
    assert.equal(asked.length, 1)
  })

  it('are not mixed up between desks, namespaces, kinds and parameters', () => {
    const { asked, ask } = heldReading()
    ask('http.health', { url }, context(), sharing)
    ask('http.health', { url }, context('other'), sharing)
    ask('http.health', { url: `${url}/b` }, context(), sharing)
    ask('http.healthy', { url }, context(), sharing)
    ask('http.health', { url }, { ...context(), incident: 'shodo-2-1' }, sharing)
    assert.equal(asked.length, 5)
    ask('http.health', { url }, { ...context(), incident: 'shodo-43' }, sharing)
    assert.equal(asked.length, 5)
  })

  it('are given to nobody two seconds later, however long somebody would share', async () => {
    const { asked, answer, time, ask } = heldReading()
    const first = ask('http.health', { url }, context(), sharing)
    time.ms = 2_000
    ask('http.health', { url }, context(), { ...sharing, sharesMs: 60_000 })
    assert.equal(asked.length, 1)
    time.ms = 2_001
    const later = ask('http.health', { url }, context(), { ...sharing, sharesMs: 60_000 })
    assert.equal(asked.length, 2)
    answer(0)
    answer(1)
    assert.deepEqual([(await first).facts, (await later).facts], [{ answer: 0 }, { answer: 1 }])
  })

  it('are forgotten at once when they fail: only who waited already hears of it', async () => {
    const { asked, answer, ask } = heldReading()
    const first = ask('http.health', { url }, context(), sharing)
    const other = ask('http.health', { url }, context(), sharing)
    asked[0]?.fail(new Error('refused'))
    await assert.rejects(first, /refused/)
    await assert.rejects(other, /refused/)
    const later = ask('http.health', { url }, context(), sharing)
    answer(1)
    assert.deepEqual((await later).facts, { answer: 1 })
  })

  it('go on for the others when whoever asked first is over', async () => {
    const { answer, ask } = heldReading()
    const over = new AbortController()
    const alone = { signal: over.signal, beat: () => {} }
    const first = withPulse(alone, () => ask('http.health', { url }, context(), sharing))
    const other = ask('http.health', { url }, context(), sharing)
    over.abort(new Error('the incident is over'))
    answer(0)
    assert.deepEqual((await other).facts, { answer: 0 })
    await first
  })
})

describe('turns', () => {
  it('are taken by so many at a time, and given up by who must stop meanwhile', async () => {
    const inTurn = inTurns(2)
    const ends: (() => void)[] = []
    const work = () => new Promise<void>((resolve) => ends.push(resolve))
    const over = new AbortController()
    const running = [inTurn(work), inTurn(work)]
    const stopped = withPulse({ signal: over.signal, beat: () => {} }, () => inTurn(work))
    const waiting = inTurn(work)
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(ends.length, 2)
    over.abort(new Error('no longer wanted'))
    ends[0]?.()
    await assert.rejects(stopped, /no longer wanted/)
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(ends.length, 3, 'the next one took its place')
    for (const end of ends) end()
    await Promise.all([...running, waiting])
  })
})
