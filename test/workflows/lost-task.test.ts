import assert from 'node:assert/strict'
import type { ActivateInput } from '@temporalio/workflow'
import { isLost } from '../../workflows/machine/lost-task.ts'
import { storedIncidents } from '../replay/histories.ts'

type Activation = ActivateInput['activation']
type Job = NonNullable<Activation['jobs']>[number]

const answer = { resolveActivity: { result: { completed: {} } } } as Job
const timer = { fireTimer: { seq: 1 } } as Job
const query = { queryWorkflow: {} } as Job

const task = (historyLength: number, ...jobs: Job[]) => ({ historyLength, jobs }) as Activation

describe('a task', () => {
  it('is lost where what comes next leaves no room for its end and its seal', () => {
    // As it was seen: started at 25, timed out at 26, two answers (27 to 30), scheduled at 31, started at 32.
    assert.equal(isLost(25, task(32, answer, answer)), true)
    assert.equal(isLost(25, task(34, answer, answer)), false)
    assert.equal(isLost(25, task(29, timer)), true)
    assert.equal(isLost(25, task(30, timer)), false)
  })

  it('is not looked for by a query, nor in the same task again', () => {
    assert.equal(isLost(25, task(26, query)), false)
    assert.equal(isLost(25, task(25, timer)), false)
  })

  it('is never lost where a history has its seal', () => {
    let pairs = 0
    for (const { histories, play } of storedIncidents())
      for (const { events } of histories as unknown as readonly { readonly events: readonly Event[] }[])
        for (const [sealedIn, activation] of followed(events)) {
          pairs += 1
          assert.equal(
            isLost(sealedIn, activation),
            false,
            `${play}: ${sealedIn}, ${activation.historyLength}`,
          )
        }
    assert.ok(pairs > 50, `${pairs} tasks`)
  })
})

type Event = {
  readonly eventId: string
  readonly eventType: string
  readonly workflowTaskCompletedEventAttributes?: { readonly startedEventId: string }
}

/** Every task that left a seal, by the number of its start, with the task that came next. */
function followed(events: readonly Event[]): readonly (readonly [number, Activation])[] {
  const completed = events.filter((event) => event.workflowTaskCompletedEventAttributes !== undefined)
  const startOf = (event: Event) => Number(event.workflowTaskCompletedEventAttributes?.startedEventId)
  return completed.slice(1).flatMap((next, i) => {
    const before = completed[i] ?? assert.fail()
    const [from, to] = [startOf(before), startOf(next)]
    const between = events.filter(({ eventId }) => Number(eventId) > from && Number(eventId) < to)
    const isSealed = between.some(({ eventType }) => eventType === 'EVENT_TYPE_WORKFLOW_PROPERTIES_MODIFIED')
    const jobs = between.flatMap(({ eventType }) => jobOf[eventType] ?? [])
    return isSealed && jobs.length > 0 ? [[from, task(to, ...jobs)] as const] : []
  })
}

const jobOf: Readonly<Record<string, Job>> = {
  EVENT_TYPE_ACTIVITY_TASK_COMPLETED: answer,
  EVENT_TYPE_ACTIVITY_TASK_FAILED: { resolveActivity: { result: { failed: {} } } } as Job,
  EVENT_TYPE_ACTIVITY_TASK_CANCELED: { resolveActivity: { result: { cancelled: {} } } } as Job,
  EVENT_TYPE_TIMER_FIRED: timer,
  EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED: { signalWorkflow: {} } as Job,
  EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_SIGNALED: { resolveSignalExternalWorkflow: {} } as Job,
}
