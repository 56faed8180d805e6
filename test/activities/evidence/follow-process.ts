/** Follows logs until it is killed: node --import tsx follow-process.ts KUBECONFIG FOLDER WRITER */
import { followLogs } from '../../../activities/evidence/follow.ts'
import { kubernetesApi } from '../../../activities/kubernetes/index.ts'
import { namespace } from './kubelet.ts'

const [kubeconfigPath = '', folder = '', writer = ''] = process.argv.slice(2)
await followLogs(
  {
    kubernetes: kubernetesApi({ cluster: 'fake', kubeconfigPath }),
    context: {
      incident: 'shodo-42',
      stepRun: 'shodo-42/logs',
      cluster: 'fake',
      namespace,
      nowMs: Date.now(),
      head: { seq: 1, hash: 'abc' },
    },
    about: { workloads: ['deployment/backend'], selectors: [] },
    folder,
    writer,
    rules: [],
  },
  () => false,
)
