import { isReady, podsOf, rollOut } from '../shodo/rollout.ts'
import { crashAfter, crashLabel, podTemplate, services } from '../shodo/services.ts'
import { until } from '../waiting.ts'
import { noteFault } from './active.ts'
import type { Fault } from './fault.ts'
import { allDown } from './health.ts'

const image = 'shodo/backend:broken'
/** Long enough for the rollout to believe in the new pods and drop the old ones. */
const runsWellFor = '1500ms'

export const badDeploy: Fault = {
  name: 'bad-deploy',
  description: 'a new revision of the backend passes its first checks and then crashes in a loop',
  async begin(lab) {
    const cluster = lab.cluster()
    const backend = services[0]
    if (!backend) throw new Error('there is no backend')
    const good = podTemplate(backend, image)
    const template = {
      ...good,
      metadata: {
        labels: { ...good.metadata.labels, [crashLabel]: 'true' },
        annotations: { [crashAfter]: runsWellFor },
      },
    }
    const revision = { image, cause: 'release 1.5.0: new stroke buffer' }
    noteFault(lab.dir, 'bad-deploy')
    await rollOut(cluster, backend, revision, backend.replicas, template)
    await until(
      async () => {
        const pods = await podsOf(cluster, 'backend')
        return pods.length === backend.replicas && !pods.some(isReady)
      },
      { what: 'the broken revision to replace all pods and crash', withinMs: 30_000 },
    )
    await allDown(lab, ['backend'])
  },
}
