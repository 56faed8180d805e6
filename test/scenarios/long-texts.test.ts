import assert from 'node:assert/strict'
import { historiesOf } from '../../client/replay/histories.ts'
import { replay } from '../../client/replay/replay.ts'
import { reexecute } from '../../workers/reexecute.ts'
import {
  aoki,
  command,
  finish,
  ofType,
  openDesk,
  refusal,
  sato,
  timeline,
  until,
  type World,
  world,
} from './world.ts'

describe('300 notes, a long description, Japanese and emoji', function () {
  this.timeout(180_000)
  let here: World
  before(async () => {
    here = await world()
  })

  it('all stand in the timeline, over continue-as-new forced every 200 events', async () => {
    const { client } = here
    const desk = await openDesk(here, { continueAfterEvents: 200 })
    const description = '火消し🧯👩🏽‍🚒 注文が通らない\n'.repeat(476)
    const { incident } = await desk.declare({ service: 'frontend', severity: 'LOW', description })
    await until(client, incident, 'running', () => true)
    const waiting = Array.from({ length: 300 }, (_, i) => `ノート ${i} 🔥 ${'あ'.repeat(i)}`)
    const wanted = [...waiting]
    const noteAll = async () => {
      for (let text = waiting.shift(); text !== undefined; text = waiting.shift())
        await command(client, incident, 'note', sato, { text })
    }
    await Promise.all(Array.from({ length: 8 }, noteAll))
    const no = await refusal(command(client, incident, 'note', sato, { text: 'bell \u0007' }))
    assert.equal(no.name, 'bad-input')
    await finish(client, incident, aoki)
    const events = await timeline(client, incident)
    assert.deepEqual(
      ofType(events, 'noted')
        .map((e) => e.data.text)
        .toSorted(),
      wanted.toSorted(),
    )
    assert.equal(ofType(events, 'declared')[0]?.data.description, description)
    assert.deepEqual(
      events.map((e) => e.seq),
      events.map((_, i) => i + 1),
    )
    const evidence = await historiesOf(incident, client, undefined)
    const { histories } = evidence
    assert.equal(ofType(events, 'continued').length, histories.length - 1)
    assert.ok(histories.length >= 2)
    for (const history of histories as readonly History[])
      assert.deepEqual(begunBeyond(history, 200 + room), [])
    const verdict = await replay(incident, evidence, reexecute)
    assert.equal(verdict.difference, undefined)
    assert.equal(verdict.events, events.length)
  })
})

/** By so many events a long run may grow while something that takes its time is under way (workflows/machine/ledger.ts). */
const room = 600

type History = { readonly events: readonly HistoryEvent[] }
type HistoryEvent = {
  readonly eventId: string
  readonly eventType: string
  readonly workflowTaskCompletedEventAttributes?: { readonly startedEventId: string }
  readonly activityTaskScheduledEventAttributes?: { readonly workflowTaskCompletedEventId: string }
}

/**
 * What a run still begins in tasks that find it longer than the limit and the room beyond it: there it should only wait for what is in
 * flight, and then go on in its successor. How many events that takes hangs on the machine: a task that is slow is tried again, and each
 * try stands in the history.
 */
function begunBeyond({ events }: History, limit: number): readonly string[] {
  const late = new Set(
    events
      .filter((e) => Number(e.workflowTaskCompletedEventAttributes?.startedEventId ?? 0) >= limit)
      .map((e) => e.eventId),
  )
  return events
    .filter((e) => late.has(e.activityTaskScheduledEventAttributes?.workflowTaskCompletedEventId ?? ''))
    .map((e) => `${e.eventId} ${e.eventType}`)
}
