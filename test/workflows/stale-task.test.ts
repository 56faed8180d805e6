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

  const fromEvents: Readonly<Record<string, object>> = {
    'a timer': { fireTimer: { seq: 1 } },
    'a signal': { signalWorkflow: { signalName: 'note' } },
    'an activity that ended': { resolveActivity: { seq: 1, result: { completed: {} } } },
    'an activity that failed': { resolveActivity: { seq: 1, result: { failed: {} } } },
    'a child that started': { resolveChildWorkflowExecutionStart: { seq: 1, succeeded: {} } },
    'a signal that was delivered': { resolveSignalExternalWorkflow: { seq: 1 } },
  }

  for (const [what, job] of Object.entries(fromEvents)) {
    it(`lives through ${what} in a task of its own, never under the clock of the task before`, () => {
      const it = living()
      it.task({ initializeWorkflow: {} })
      it.task(job)
      assert.throws(() => it.again(job), { message: staleQuery })
      assert.throws(() => it.batch(job), { message: staleQuery })
      assert.equal(it.lived(), 2)
    })
  }

  it('goes on when the clock of the server goes back', () => {
    const it = living()
    it.task({ initializeWorkflow: {} })
    it.taskUnderAClockThatWentBack({ fireTimer: { seq: 1 } })
    assert.equal(it.lived(), 2)
  })

  it('is answered within its task about what it has just cancelled', () => {
    const it = living()
    it.task({ initializeWorkflow: {} })
    it.again({ resolveActivity: { seq: 1, result: { cancelled: {} } } })
    it.again({ resolveSignalExternalWorkflow: { seq: 1, failure: {} } })
    it.again({ notifyHasPatch: { patchId: 'x' } })
    assert.equal(it.lived(), 4)
  })
})
