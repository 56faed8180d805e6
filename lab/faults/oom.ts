import { podsOf } from '../shodo/rollout.ts'
import { until } from '../waiting.ts'
import { noteFault } from './active.ts'
import type { Fault } from './fault.ts'

export const oom: Fault = {
  name: 'oom',
  description: 'backend pods keep getting OOMKilled until their memory limit is at least 4Gi',
  async begin(lab) {
    const cluster = lab.cluster()
    noteFault(lab.dir, 'oom')
    // The app marks the pods when it hears of a change of any; this is one.
    const [first] = await podsOf(cluster, 'backend')
    if (!first) throw new Error('there is no backend pod')
    await cluster.mergePatch(`/api/v1/namespaces/shodo/pods/${first.metadata.name}`, {
      metadata: { annotations: { 'hikeshi.lab/fault': 'oom' } },
    })
    await until(
      async () => {
        const pods = await podsOf(cluster, 'backend')
        return pods.length > 0 && pods.every(({ status }) => isOomKilled(status))
      },
      { what: 'every backend pod to be OOMKilled', withinMs: 60_000 },
    )
  },
}

type Status = Awaited<ReturnType<typeof podsOf>>[number]['status']

function isOomKilled({ containerStatuses = [] }: Status): boolean {
  return containerStatuses.some(({ lastState }) => lastState?.terminated?.reason === 'OOMKilled')
}
