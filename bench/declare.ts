import { WithStartWorkflowOperation } from '@temporalio/client'
import { aoki, openDesk } from '../test/scenarios/world.ts'
import { deskId, incidentsQueue } from '../wire/messages.ts'
import { type Figure, type Here, quantile, timed } from './figure.ts'

/** From declaration to durable number, against a bare update-with-start of a new workflow on the same server. */
export async function measureDeclare(here: Here): Promise<readonly Figure[]> {
  const desk = await openDesk(here)
  const declared: number[] = []
  const bare: number[] = []
  for (let i = 0; i < 20; i += 1) {
    declared.push(await timed(() => desk.declare({ service: 'frontend', severity: 'LOW', fresh: true })))
    bare.push(
      await timed(() =>
        here.client.workflow.executeUpdateWithStart('freeze', {
          args: [{ v: 1, by: aoki, on: false }],
          startWorkflowOperation: new WithStartWorkflowOperation('desk', {
            workflowId: deskId(`bare-${process.pid}-${i}`),
            taskQueue: incidentsQueue,
            args: [{ desk: `bare-${i}`, lab: true, lastNumber: 0 }],
            workflowIdConflictPolicy: 'FAIL',
          }),
        }),
      ),
    )
  }
  const ours = quantile(declared, 0.5)
  return [
    { what: 'declare → durable, median', value: ours, unit: 'ms' },
    {
      what: 'declare against a bare update-with-start',
      value: ours / quantile(bare, 0.5),
      unit: 'ratio',
      limit: 2,
    },
  ]
}
