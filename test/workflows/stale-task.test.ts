import assert from 'node:assert/strict'
import type { ActivateInput } from '@temporalio/workflow'
import { staleQuery } from '../../wire/messages.ts'
import { interceptors } from '../../workflows/machine/stale-task.ts'

describe('a workflow', () => {
  /** Activations in a row: of a new task, or again of the one before. */
  function living() {
    const [guard] = interceptors().internals ?? []
    let nanos = 0
    let historySizeBytes = 0
    let historyLength = 0
    let lived = 0
    let isReplaying = false
    const activate = (jobs: readonly object[], batchIndex = 0) => {
      const timestamp = { seconds: 1, nanos }
      const activation = { timestamp, historySizeBytes, historyLength, isReplaying, jobs }
      const input = { activation, batchIndex } as unknown as ActivateInput
      guard?.activate?.(input, () => {
        lived += 1
      })
    }
    const task = (...jobs: object[]) => {
      nanos += 1
      historySizeBytes += 100
      historyLength += 5
      activate(jobs)
    }
    return {
      task,
      replayed: (...jobs: object[]) => {
        isReplaying = true
        task(...jobs)
        isReplaying = false
      },
      taskUnderAClockThatWentBack: (...jobs: object[]) => {
        historySizeBytes += 100
        historyLength += 5
        activate(jobs)
      },
      eventsWithoutTask: (...jobs: object[]) => {
        historyLength += 1
        activate(jobs)
      },
      again: (...jobs: object[]) => activate(jobs),
      batch: (...jobs: object[]) => activate(jobs, 1),
      lived: () => lived,
    }
  }

  const note = { signalWorkflow: { signalName: 'note' } }

  const timer = { fireTimer: { seq: 1 } }
  const answer = { resolveActivity: { seq: 1, result: { completed: {} } } }

  it('hears nothing of a history that no task has taken up', () => {
    for (const early of [note, timer, answer]) {
      const it = living()
      it.task({ initializeWorkflow: {} })
      it.task(note)
      assert.throws(() => it.eventsWithoutTask(early), { message: staleQuery })
      assert.equal(it.lived(), 2)
    }
  })

  it('goes on when the clock of the server goes back', () => {
    const it = living()
    it.task({ initializeWorkflow: {} })
    it.taskUnderAClockThatWentBack(note)
    assert.equal(it.lived(), 2)
  })

  it('is activated again in the same task when it cancels, and in several batches', () => {
    const it = living()
    it.task({ initializeWorkflow: {} })
    it.again(answer)
    it.batch(note)
    assert.equal(it.lived(), 3)
  })

  it('is not asked when the query may have brought the newest task with it, and again when it is re-read', () => {
    const query = { queryWorkflow: { queryId: 'legacy_query' } }
    const cold = living()
    cold.replayed({ initializeWorkflow: {} })
    cold.task(timer)
    assert.throws(() => cold.again(query), { message: staleQuery })
    const again = living()
    again.replayed({ initializeWorkflow: {} })
    again.replayed(timer)
    again.again(query)
    again.task(note)
    again.again(query)
    assert.equal(again.lived(), 5)
    // One whose tasks went on, one that it was asked with a task, and one that this worker knows from its beginning.
    const known = living()
    known.replayed({ initializeWorkflow: {} })
    known.task(timer)
    known.again({ queryWorkflow: { queryId: 'q1' } })
    known.task(note)
    known.again(query)
    const own = living()
    own.task({ initializeWorkflow: {} })
    own.again(query)
    assert.deepEqual([known.lived(), own.lived()], [5, 2])
  })

  it('is asked whenever it may be, and hears the events then in their task', () => {
    const it = living()
    it.task({ initializeWorkflow: {} })
    it.eventsWithoutTask({ queryWorkflow: {} })
    it.task(timer)
    assert.equal(it.lived(), 3)
  })
})
