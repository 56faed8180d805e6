import { until as awaited } from '../lab/waiting.ts'
import { aoki, command, openDesk, until } from '../test/scenarios/world.ts'
import type { Figure, Here } from './figure.ts'
import { memoryOf, startReleasedWorker } from './released.ts'

const pods = 1_000
const deployments = '/apis/apps/v1/namespaces/shodo/deployments'

/** A namespace with a thousand more pods, none of them Ready: the picture is in time and the worker stays small. */
export async function measureManyPods({ lab, env, client }: Here): Promise<readonly Figure[]> {
  const cluster = lab.cluster()
  const labels = { app: 'crowd' }
  await cluster.post(deployments, {
    metadata: { name: 'crowd', labels },
    spec: {
      replicas: pods,
      selector: { matchLabels: labels },
      template: {
        // A pod that waits for a process that nobody runs.
        metadata: { labels: { ...labels, 'hikeshi.lab/process': 'nobody' } },
        spec: { containers: [{ name: 'crowd', image: 'crowd:1' }], automountServiceAccountToken: false },
      },
    },
  })
  const count = async () =>
    (await cluster.get<{ items: unknown[] }>('/api/v1/namespaces/shodo/pods?labelSelector=app%3Dcrowd')).items
      .length
  await awaited(async () => (await count()) === pods, {
    what: `${pods} pods`,
    withinMs: 300_000,
    everyMs: 1_000,
  })
  // A cluster of its own, so that every look is this worker's.
  const name = `crowd-${process.pid}`
  const worker = await startReleasedWorker({ ...env, HIKESHI_CLUSTER: name })
  try {
    const desk = await openDesk({ client, env }, { change: (book) => ({ ...book, cluster: name }) })
    const took: number[] = []
    const { incident } = await desk.declare({ service: 'frontend', severity: 'LOW' })
    for (let i = 0; i < 5; i += 1) {
      const { state } = await until(
        client,
        incident,
        'picture',
        ({ state: { situation } }) => situation.taken?.number === situation.wanted,
      )
      const { taken } = state.situation
      const seen = taken?.parts.pods
      if (!seen?.ok) throw new Error('the pods were not seen')
      took.push(taken?.tookMs ?? Number.NaN)
      await command(client, incident, 'situation', aoki, {})
    }
    await command(client, incident, 'cancel', aoki, { reason: 'bench' })
    return [
      {
        what: `situation with ${pods} more pods, slowest of 5`,
        value: Math.max(...took),
        unit: 'ms',
        limit: 5_000,
      },
      {
        what: `memory of a worker with ${pods} more pods, highest`,
        value: memoryOf(worker).peakMib,
        unit: 'MiB',
        limit: 350,
      },
    ]
  } finally {
    await worker.stop()
    await cluster.delete(`${deployments}/crowd`)
    await awaited(async () => (await count()) === 0, {
      what: 'the pods to be gone',
      withinMs: 300_000,
      everyMs: 1_000,
    })
  }
}
