import assert from 'node:assert/strict'
import { reexecute } from '../../workers/reexecute.ts'
import { storedIncidents } from './histories.ts'

describe('the runs of one incident', function () {
  this.timeout(120_000)

  it('are each re-executed for themselves, whatever becomes of the run before', async () => {
    const { incident, histories } =
      storedIncidents().find(({ play }) => play === 'many-notes') ?? assert.fail('no history is kept')
    const [one, two, three] = histories
    const another = { events: (two as { events: object[] }).events.map(withOtherActivity) }
    const made = await reexecute([one, another, {}, two, three], incident)
    assert.equal(made.length, 5)
    assert.match(made[1]?.broke ?? '', /activity/i)
    assert.notEqual(made[2]?.broke, undefined)
    // Each sandbox has prototypes of its own.
    for (const [place, history] of [
      [0, one],
      [3, two],
      [4, three],
    ] as const)
      assert.equal(JSON.stringify([made[place]]), JSON.stringify(await reexecute([history], incident)))
  })
})

/** As a history of other workflows would have it. */
function withOtherActivity(event: object): object {
  const changed = JSON.parse(JSON.stringify(event)) as {
    activityTaskScheduledEventAttributes?: { activityType: { name: string } }
  }
  if (changed.activityTaskScheduledEventAttributes !== undefined)
    changed.activityTaskScheduledEventAttributes.activityType.name = 'another'
  return changed
}
