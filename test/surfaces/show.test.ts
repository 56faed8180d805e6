import assert from 'node:assert/strict'
import { currentView, showIncident } from '../../client/incidents/show.ts'
import type { Temporal } from '../../client/temporal/connect.ts'
import { Refused } from '../../edge/refused.ts'
import { staleQuery } from '../../wire/messages.ts'

/** A run whose newest events no task has taken up: every query of it comes too early. */
function untaken(status: 'TERMINATED' | 'RUNNING'): Temporal {
  const describe = async () => ({
    runId: 'run-1',
    type: 'incident',
    status: { name: status },
    startTime: new Date('2026-11-02T03:04:05Z'),
    typedSearchAttributes: { get: () => undefined },
  })
  const query = async () => {
    throw new Error(staleQuery)
  }
  return {
    address: 'nowhere',
    connection: {
      withDeadline: (_: unknown, call: () => unknown) => call(),
      workflowService: { describeWorkflowExecution: async () => ({}) },
    },
    client: { workflow: { getHandle: () => ({ query, describe }) } },
  } as unknown as Temporal
}

describe('an incident whose newest events no task will take up', () => {
  it('is shown by what visibility knows of it', async () => {
    const { source, ...shown } = await showIncident(untaken('TERMINATED'), 'shodo-42')
    assert.equal(source, 'visibility')
    assert.ok('status' in shown && shown.status === 'over')
  })

  it('has no state, and waits for a worker only while it runs', async () => {
    const nameOf = (temporal: Temporal) =>
      currentView(temporal, 'shodo-42').then(
        () => assert.fail(),
        (error) => {
          assert.ok(error instanceof Refused)
          return error.failure.name
        },
      )
    assert.equal(await nameOf(untaken('RUNNING')), 'no-worker')
    assert.equal(await nameOf(untaken('TERMINATED')), 'internal')
  })
})
