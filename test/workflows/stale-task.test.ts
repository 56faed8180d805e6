import assert from 'node:assert/strict'
import type { ActivateInput } from '@temporalio/workflow'
import { staleQuery } from '../../workflows/messages.ts'
import { interceptors } from '../../workflows/stale-task.ts'

describe('a workflow', () => {
  /** Activations in a row, each of some jobs at a time of its own or, without one, at the time of the one before. */
  function living() {
    const [guard] = interceptors().internals ?? []
    let nanos = 0
    let historySizeBytes = 0
    let lived = 0
    const activate = (jobs: readonly object[], batchIndex = 0) => {
      const input = { activation: { timestamp: { seconds: 1, nanos }, historySizeBytes, jobs }, batchIndex }
      guard?.activate?.(input as unknown as ActivateInput, () => {
        lived += 1
      })
    }
    return {
      task: (...jobs: object[]) => {
        nanos += 1
        historySizeBytes += 100
        activate(jobs)
      },
      taskUnderAClockThatWentBack: (...jobs: object[]) => {
        historySizeBytes += 100
        activate(jobs)
      },
      again: (...jobs: object[]) => activate(jobs),
      batch: (...jobs: object[]) => activate(jobs, 1),
      lived: () => lived,
    }
  }

  const note = { signalWorkflow: { signalName: 'note' } }

  it('takes a signal in a task of its own, never under the clock of the task before', () => {
    const it = living()
    it.task({ initializeWorkflow: {} })
    it.task(note)
    assert.throws(() => it.again(note), { message: staleQuery })
    assert.throws(() => it.batch({}, note), { message: staleQuery })
    assert.equal(it.lived(), 2)
  })

  it('goes on when the clock of the server goes back', () => {
    const it = living()
    it.task({ initializeWorkflow: {} })
    it.taskUnderAClockThatWentBack(note)
    assert.equal(it.lived(), 2)
  })

  it('is answered about everything else whenever that is: it has a recorded time', () => {
    const it = living()
    it.task({ initializeWorkflow: {} })
    it.again({ fireTimer: { seq: 1 } })
    it.again({ resolveActivity: { seq: 1, result: { completed: {} } } })
    assert.equal(it.lived(), 3)
  })
})
