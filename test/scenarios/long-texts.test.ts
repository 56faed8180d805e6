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
    const description = '火消し🧯👩🏽‍🚒 注文が通らない\n'.repeat(500).slice(0, 10_000)
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
    const histories = await historiesOf(incident, client, undefined)
    const lengths = histories.map((history) => (history as { events: unknown[] }).events.length)
    assert.equal(ofType(events, 'continued').length, histories.length - 1)
    // What the task holds that crosses the limit may come on top: at most ten updates in flight, two events each.
    assert.ok(histories.length >= 2 && lengths.every((length) => length < 240), `runs of ${lengths} events`)
    const verdict = await replay(incident, histories, reexecute)
    assert.equal(verdict.difference, undefined)
    assert.equal(verdict.events, events.length)
  })
})
