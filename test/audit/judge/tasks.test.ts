import assert from 'node:assert/strict'
import { emptyTasks, failedTasks, type TaskEvent } from './tasks.ts'

/** A history by the names of its events; `<name` is a command of the task completed last. */
function history(...names: readonly string[]): readonly TaskEvent[] {
  let completed = ''
  return names.map((name, i) => {
    const eventId = String(i + 1)
    if (name === 'workflowTaskCompleted') completed = eventId
    const isCommand = name.startsWith('<')
    const attributes = isCommand ? { workflowTaskCompletedEventId: completed } : {}
    return { eventId, [`${name.replace('<', '')}EventAttributes`]: attributes }
  })
}

const task = ['workflowTaskScheduled', 'workflowTaskStarted', 'workflowTaskCompleted']

describe('empty tasks', () => {
  it('are those that brought an event and left no command', () => {
    const events = history(
      'workflowExecutionStarted',
      ...task,
      '<timerStarted',
      'activityTaskCompleted',
      ...task,
    )
    assert.deepEqual(emptyTasks(events), [
      { eventId: '9', brought: ['activityTaskCompletedEventAttributes'] },
    ])
  })

  it('are not those whose head is sealed with a memo', () => {
    const events = history(
      ...['workflowExecutionStarted', ...task, '<timerStarted', 'activityTaskCompleted', ...task],
      '<workflowPropertiesModified',
    )
    assert.deepEqual(emptyTasks(events), [])
  })

  it('are not those that brought nothing: a refused update is no event', () => {
    assert.deepEqual(emptyTasks(history('workflowExecutionStarted', ...task, '<timerStarted', ...task)), [])
  })

  it('are not those that took an update, which is a message and names no task', () => {
    const events = history(
      ...['workflowExecutionStarted', ...task, '<timerStarted', 'timerFired', ...task],
      ...['workflowExecutionUpdateAccepted', 'workflowExecutionUpdateCompleted'],
    )
    assert.deepEqual(emptyTasks(events), [])
  })

  it('are not those that brought the end of what was cancelled before', () => {
    const events: TaskEvent[] = [
      ...history('workflowExecutionStarted', ...task, '<timerStarted', '<activityTaskCancelRequested'),
      ...history('activityTaskTimedOut', ...task),
    ].map((event) => {
      const [name] = Object.keys(event).filter((key) => key.startsWith('activityTask'))
      return name === undefined
        ? event
        : { ...event, [name]: { ...(event as Record<string, object>)[name], scheduledEventId: '3' } }
    })
    assert.deepEqual(emptyTasks(events), [])
  })

  it('are seen through a worker that died: what its task brought, the next one brings', () => {
    const dead = ['workflowTaskScheduled', 'workflowTaskStarted', 'workflowTaskTimedOut']
    const events = history(
      'workflowExecutionStarted',
      ...task,
      '<timerStarted',
      'timerFired',
      ...dead,
      ...task,
    )
    assert.deepEqual(emptyTasks(events), [{ eventId: '12', brought: ['timerFiredEventAttributes'] }])
  })
})

describe('failed tasks', () => {
  it('are told with their cause, but for those that were only overtaken', () => {
    const failed = (cause: string): TaskEvent => ({
      eventId: '7',
      workflowTaskFailedEventAttributes: {
        cause: `WORKFLOW_TASK_FAILED_CAUSE_${cause}`,
        failure: { message: 'why\nwhere' },
      },
    })
    assert.deepEqual(failedTasks([failed('UNHANDLED_COMMAND'), failed('NON_DETERMINISTIC_ERROR')]), [
      'event 7: WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR: why',
    ])
  })
})
