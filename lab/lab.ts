import { join } from 'node:path'
import type { Binaries } from './binaries.ts'
import { type ClusterApi, openCluster } from './cluster/api.ts'
import { credentialFiles, tokenOf } from './cluster/credentials.ts'
import { type DatabaseAdmin, databaseAdmin } from './databases/admin.ts'
import { connectionsFile } from './databases/site.ts'
import { LabError } from './failure.ts'
import { labDir } from './folders.ts'
import { type AlertReceiver, sendAlertsTo } from './monitoring/config.ts'
import type { PartName, Site, Without } from './part.ts'
import { temporalNamespace } from './parts/temporal.ts'
import { portsFrom } from './ports.ts'
import { killPart, startPart } from './running.ts'
import { readState } from './state.ts'

/** A lab that is up. */
export type Lab = {
  readonly name: string
  readonly dir: string
  /** What a shell or a child process needs to work with it. */
  readonly env: Readonly<Record<string, string>>
  readonly temporal: { readonly address: string; readonly namespace: string }
  /** The administrator's. */
  readonly kubeconfig: string
  /** With just the rights of the roles in deploy/kubernetes/. */
  readonly workerKubeconfig: string
  /** Base URL of the shodo application; /health is the backend's. */
  readonly appUrl: string
  /** What this machine cannot have, and why. */
  readonly without: Without
  /** Its databases as their administrator, for tests and faults. */
  readonly databases: DatabaseAdmin
  /** Base URLs of Prometheus and Alertmanager, where the lab has them. */
  readonly prometheusUrl: string
  readonly alertmanagerUrl: string
  /** Whom Alertmanager tells from now on; nobody without. */
  readonly alertsTo: (receiver: AlertReceiver | undefined) => Promise<void>
  /** The cluster as its administrator, for tests and faults. */
  readonly cluster: () => ClusterApi
  /** The cluster as the worker may use it. */
  readonly workerCluster: () => ClusterApi
  /** Signals one part; returns when it is gone, if the signal was to end it. SIGSTOP and SIGCONT make it hang and go on. */
  readonly kill: (part: PartName, signal?: NodeJS.Signals) => Promise<void>
  /** Starts a killed part again, on its port and with its data; returns when it is usable. */
  readonly start: (part: PartName) => Promise<void>
}

/** In a lab nobody waits ten minutes for a connection to count as forgotten. */
const idleAfter = '2s'

export function siteOf(name: string, binaries: Binaries): Site {
  const dir = labDir(name)
  const state = readState(dir)
  if (!state) throw new LabError(`the lab "${name}" has no lab.json`, 'take it down and up again')
  const { base, data, without } = state
  return { name, dir, ports: portsFrom(base), binaries, data, without }
}

export function labAt(site: Site): Lab {
  const { name, dir, ports, without } = site
  const files = credentialFiles(dir)
  const address = `127.0.0.1:${ports.temporal}`
  const appUrl = `http://127.0.0.1:${ports.app}`
  const prometheusUrl = `http://127.0.0.1:${ports.prometheus}`
  return {
    name,
    dir,
    temporal: { address, namespace: temporalNamespace },
    kubeconfig: files.kubeconfig,
    workerKubeconfig: files.workerKubeconfig,
    appUrl,
    without,
    databases: databaseAdmin(site),
    prometheusUrl,
    alertmanagerUrl: `http://127.0.0.1:${ports.alertmanager}`,
    alertsTo: (receiver) => sendAlertsTo(site, receiver),
    env: {
      HIKESHI_LAB: '1',
      HIKESHI_CLUSTER: 'lab',
      KUBECONFIG: files.kubeconfig,
      HIKESHI_KUBECONFIG: files.workerKubeconfig,
      TEMPORAL_ADDRESS: address,
      TEMPORAL_NAMESPACE: temporalNamespace,
      SHODO_API_URL: appUrl,
      HIKESHI_ARCHIVE: join(dir, 'archive'),
      HIKESHI_CHANNELS: join(dir, 'channels.yaml'),
      HIKESHI_CONNECTIONS: connectionsFile(dir),
      SHODO_IDLE_AFTER: idleAfter,
      PROMETHEUS_URL: prometheusUrl,
    },
    cluster: () => openCluster(dir, ports.apiServer),
    workerCluster: () => openCluster(dir, ports.apiServer, tokenOf(files.workerKubeconfig)),
    kill: (part, signal = 'SIGKILL') => killPart(site, part, signal),
    start: (part) => startPart(site, part),
  }
}
