import assert from 'node:assert/strict'
import { currentView, showIncident } from '../../client/incidents/show.ts'
import type { Temporal } from '../../client/temporal/connect.ts'
import { Refused } from '../../edge/refused.ts'
import { staleQuery } from '../../wire/messages.ts'

/** A run whose newest events no task has taken up: every query of it comes too early, for `early` ms. */
function untaken(
  status: 'TERMINATED' | 'RUNNING',
  early = Number.POSITIVE_INFINITY,
  pollers: readonly { identity: string; lastAccessTime: { seconds: number } }[] = [],
): Temporal {
  const until = Date.now() + early
  const describe = async () => ({
    runId: 'run-1',
    type: 'incident',
    status: { name: status },
    startTime: new Date('2026-11-02T03:04:05Z'),
    typedSearchAttributes: { get: () => undefined },
  })
  const query = async () => {
    if (Date.now() < until) throw new Error(staleQuery)
    return 'the state'
  }
  return {
    address: 'nowhere',
    connection: {
      withDeadline: (_: unknown, call: () => unknown) => call(),
      workflowService: {
        describeWorkflowExecution: async () => ({}),
        describeTaskQueue: async () => ({ pollers }),
      },
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

  it('is waited for where its worker is there and has more to do than it can', async () => {
    const polled = (ago: number) => [
      { identity: 'w', lastAccessTime: { seconds: Math.floor(Date.now() / 1_000) - ago } },
    ]
    const state: unknown = await currentView(untaken('RUNNING', 3_000, polled(40)), 'shodo-42')
    assert.equal(state, 'the state')
    await assert.rejects(currentView(untaken('RUNNING', 3_000, polled(200)), 'shodo-42'), /HK506/)
  })
})
