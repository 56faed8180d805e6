/** What a forger attacks: a Temporal of its own, a worker for incidents, one with hands that are watched, and one that is his. */
import { fileURLToPath } from 'node:url'
import { Client, Connection, WithStartWorkflowOperation } from '@temporalio/client'
import type { Workflow } from '@temporalio/common'
import { NativeConnection, Worker } from '@temporalio/worker'
import type { Guard } from '../../activities/guard.ts'
import { rehearsalActivities } from '../../activities/rehearsal.ts'
import { stepActivities } from '../../activities/step-activities.ts'
import { clusterQueue, incidentsQueue, taskTimeout } from '../../wire/messages.ts'
import { withAttempt } from '../../workers/attempts.ts'
import { startWorker } from '../../workers/main.ts'
import { startServer } from '../audit/server.ts'
import { testLabName } from '../lab/shared.ts'
import { spiedHands, type Touched } from './spied-hands.ts'

export type Stage = {
  readonly client: Client
  readonly env: Readonly<Record<string, string>>
  /** Calls an activity; answers with `done`, or the code of what refused it. */
  readonly call: (activity: string, input: unknown, queue?: string) => Promise<string>
  /** An update as anybody may send it; `desk` starts that desk where it does not run. */
  readonly update: (
    workflow: string,
    type: string,
    input: object,
    start?: { readonly desk: string },
  ) => Promise<unknown>
  readonly close: () => Promise<void>
}

export type StageParts = {
  readonly cluster: string
  readonly touched: Touched[]
  readonly guardFor: (client: Client) => Guard
  readonly archive: string
}

export async function openStage(name: string, parts: StageParts): Promise<Stage> {
  const { cluster, touched, guardFor, archive } = parts
  const server = await startServer(testLabName(name))
  const { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace } = server.env
  if (address === undefined || namespace === undefined) throw new Error('a server without an address')
  const env = { ...process.env, ...server.env, HIKESHI_ARCHIVE: archive }
  const running = await startWorker({ env: { ...env, HIKESHI_WORKER_ROLES: 'incidents' } })
  const native = await NativeConnection.connect({ address })
  const connection = await Connection.connect({ address })
  const client = new Client({ connection, namespace })
  const guard = guardFor(client)
  const spied = spiedHands(touched)
  const hands = await Worker.create({
    connection: native,
    namespace,
    taskQueue: clusterQueue(cluster),
    activities: withAttempt({
      ...stepActivities(spied, guard, async () => {}),
      ...rehearsalActivities(spied, guard),
    }),
  })
  const forger = await Worker.create({
    connection: native,
    namespace,
    taskQueue: 'forger',
    workflowsPath: fileURLToPath(new URL('./forger.workflow.ts', import.meta.url)),
  })
  const stopped = [hands.run(), forger.run(), running.stopped]
  let number = 0
  return {
    client,
    env: server.env,
    call: (activity, input, queue = clusterQueue(cluster)) => {
      number += 1
      return client.workflow.execute<(q: string, a: string, i: unknown) => Promise<string>>('forge', {
        workflowId: `forge-${number}`,
        taskQueue: 'forger',
        args: [queue, activity, input],
      })
    },
    update: (workflow, type, input, start) => {
      const args: [unknown] = [{ v: 1, ...input }]
      if (start === undefined) return client.workflow.getHandle(workflow).executeUpdate(type, { args })
      return client.workflow.executeUpdateWithStart<Workflow, unknown, [unknown]>(type, {
        args,
        startWorkflowOperation: new WithStartWorkflowOperation('desk', {
          workflowId: workflow,
          taskQueue: incidentsQueue,
          workflowTaskTimeout: taskTimeout,
          args: [{ desk: start.desk, lab: false, lastNumber: 0 }],
          workflowIdConflictPolicy: 'USE_EXISTING',
        }),
      })
    },
    close: async () => {
      hands.shutdown()
      forger.shutdown()
      running.stop()
      await Promise.all(stopped)
      await native.close()
      await connection.close()
      await server.remove()
    },
  }
}

export type Try = { readonly attempt: string; readonly got: string }

export function tableOf(title: string, tries: readonly Try[], touched: readonly Touched[]): string {
  const rows = tries.map(({ attempt, got }) => `${got.padEnd(8)} ${attempt.slice(0, 110)}`)
  const got = new Set(touched.map(({ what, kind, words }) => `${what} ${kind} ${words.slice(0, 100)}`))
  return ['', title, ...rows, '', 'What the hands did for him:', ...got].join('\n')
}
