import assert from 'node:assert/strict'
import { type Replayed, replay } from '../../client/replay/replay.ts'
import { headMemo } from '../../wire/messages.ts'
import { reexecute } from '../../workers/reexecute.ts'
import { storedIncidents } from './histories.ts'

// biome-ignore lint/suspicious/noExplicitAny: Temporal's JSON, changed in every place.
type JsonEvent = any
type History = { events: JsonEvent[] }

/** Somebody who may write to the archive changes more than payloads. */
describe('a forged history', function () {
  this.timeout(120_000)
  const kept =
    storedIncidents().find(({ play }) => play === 'bad-deploy') ?? assert.fail('no history is kept')

  async function judged(change: (events: JsonEvent[]) => void, head?: { seq: number; hash: string }) {
    const [history] = structuredClone(kept.histories) as History[]
    assert.ok(history !== undefined)
    change(history.events)
    return replay(kept.incident, { histories: [history] }, reexecute, head)
  }

  const different = (verdict: Replayed, at: RegExp) => {
    assert.equal(verdict.verdict, 'different')
    assert.match(verdict.difference?.at ?? '', at)
  }

  const updates = (events: JsonEvent[]) =>
    events.filter((event) => event.workflowExecutionUpdateCompletedEventAttributes)
  const outcomeOf = (event: JsonEvent) => event.workflowExecutionUpdateCompletedEventAttributes.outcome

  it('whose seal has another name', async () => {
    for (const which of [0, -1]) {
      const verdict = await judged((events) => {
        const seals = events.filter((event) => event.workflowPropertiesModifiedEventAttributes)
        const { upsertedMemo } = seals.at(which).workflowPropertiesModifiedEventAttributes
        upsertedMemo.fields = { renamed: upsertedMemo.fields[headMemo] }
      })
      different(verdict, /^seal$/)
    }
  })

  it('where an update that was taken is said to be refused', async () => {
    const verdict = await judged((events) => {
      const refused = updates(events).find((event) => outcomeOf(event).failure)
      const taken = updates(events).findLast((event) => outcomeOf(event).success)
      taken.workflowExecutionUpdateCompletedEventAttributes.outcome = structuredClone(outcomeOf(refused))
    })
    different(verdict, /^(refusal|update) /)
  })

  it('where a refused update is said to be refused for another reason', async () => {
    const verdict = await judged((events) => {
      const { applicationFailureInfo: info } = outcomeOf(
        updates(events).find((e) => outcomeOf(e).failure),
      ).failure
      const [payload] = info.details.payloads
      const text = Buffer.from(payload.data, 'base64').toString()
      payload.data = Buffer.from(text.replace('aoki', 'sato')).toString('base64')
    })
    different(verdict, /^refusal /)
  })

  it('with one more command after its last task, and with one less', async () => {
    const open = (events: JsonEvent[]) => {
      const closes = events.findLastIndex((event) => event.workflowTaskCompletedEventAttributes)
      // As it was before its last task began: open, and at rest.
      events.splice(closes - 2)
      return events.findLastIndex((event) => event.workflowTaskCompletedEventAttributes)
    }
    const whole = await running(kept, (events) => void open(events))
    assert.equal(whole.verdict, 'identical')
    const more = await running(kept, (events) => {
      const task = open(events)
      events.splice(task + 1, 0, structuredClone(events.find((e) => e.timerStartedEventAttributes)))
      number(events)
    })
    assert.notEqual(more.verdict, 'identical')
    const less = await running(kept, (events) => {
      const task = open(events)
      events.splice(task + 1, 1)
      number(events)
    })
    assert.notEqual(less.verdict, 'identical')
  })

  it('that was set back says so, and is incomplete where nobody knows what was lost', async () => {
    const approved = (events: JsonEvent[]) =>
      events.findIndex(
        (event) =>
          event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.input?.name === 'approve',
      )
    const verdict = await judged((events) => {
      const completes = events
        .slice(0, approved(events))
        .findLastIndex((event) => event.workflowTaskCompletedEventAttributes)
      const { workflowTaskStartedEventAttributes: _, ...started } = events[completes - 1]
      events.splice(completes, 0, {
        ...structuredClone(started),
        eventType: 'EVENT_TYPE_WORKFLOW_TASK_FAILED',
        workflowTaskFailedEventAttributes: {
          cause: 'WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW',
          baseRunId: 'another-run',
          newRunId: events[0].workflowExecutionStartedEventAttributes.originalExecutionRunId,
          failure: { message: 'to approve it another way' },
        },
      })
      number(events)
    })
    assert.notEqual(verdict.verdict, 'identical')
    assert.equal(verdict.resets.length, 1)
    assert.ok(verdict.missing.some(({ what, says }) => what === 'reset' && says.en.includes('another way')))
  })

  it('is held against a head that was given out elsewhere', async () => {
    const nothing = () => undefined
    const event = kept.events[9] ?? assert.fail('too few events')
    const { seq, hash } = event
    assert.equal((await judged(nothing, { seq, hash })).verdict, 'identical')
    different(await judged(nothing, { seq, hash: 'f'.repeat(64) }), /^head$/)
    const later = await judged(nothing, { seq: kept.events.length + 1, hash })
    assert.deepEqual([later.verdict, later.missing.map(({ what }) => what)], ['incomplete', ['head']])
  })
})

async function running(
  kept: { incident: string; histories: readonly unknown[] },
  change: (events: JsonEvent[]) => void,
) {
  const [history] = structuredClone(kept.histories) as History[]
  assert.ok(history !== undefined)
  change(history.events)
  return replay(kept.incident, { histories: [history], source: 'running' }, reexecute)
}

/** As whoever forges would: without a gap. */
function number(events: JsonEvent[]): void {
  for (const [index, event] of events.entries()) event.eventId = String(index + 1)
}
