import type { Part, PartName } from '../part.ts'
import { app } from './app.ts'
import { apiServer, controllerManager, etcd, kwok, scheduler } from './control-plane.ts'
import { metricsServer } from './metrics-server.ts'
import { alertmanager, prometheus } from './monitoring.ts'
import { nodeAgent } from './node-agent.ts'
import { temporal } from './temporal.ts'

export const parts: Readonly<Record<PartName, Part>> = {
  temporal,
  etcd,
  'kube-apiserver': apiServer,
  'kube-controller-manager': controllerManager,
  'kube-scheduler': scheduler,
  kwok,
  app,
  'node-agent': nodeAgent,
  'metrics-server': metricsServer,
  prometheus,
  alertmanager,
}

/** Who may end together; a later group serves the earlier ones. */
export const stopOrder: readonly (readonly PartName[])[] = [
  [
    'metrics-server',
    'prometheus',
    'alertmanager',
    'app',
    'node-agent',
    'temporal',
    'kwok',
    'kube-scheduler',
    'kube-controller-manager',
  ],
  ['kube-apiserver'],
  ['etcd'],
]
