import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { openCluster } from './cluster/api.ts'
import { makeCredentials } from './cluster/credentials.ts'
import { configureKwok, defineLogs, setUpCluster } from './cluster-setup.ts'
import { firstBackup } from './databases/backups.ts'
import { prepareDatabases } from './databases/site.ts'
import { databasesReady, deployDatabases } from './databases/statefulsets.ts'
import { prepareExec } from './exec/root.ts'
import { interrupted } from './failure.ts'
import { allHealthy } from './faults/health.ts'
import { labAt } from './lab.ts'
import { configureMonitoring } from './monitoring/config.ts'
import type { PartName, Site } from './part.ts'
import { configureTemporal } from './parts/temporal.ts'
import type { OnProgress } from './progress.ts'
import { startPart } from './running.ts'
import { deployServices, logsServed, rolledOut } from './shodo/rollout.ts'

/** From an empty folder to a world in which everything works; as much as possible at the same time. */
export async function bringUp(site: Site, onProgress: OnProgress, signal?: AbortSignal): Promise<void> {
  makeCredentials(site.dir, site.ports.apiServer)
  configureTemporal(site)
  configureKwok(site)
  prepareExec(site)
  prepareFolder(site.dir)
  configureMonitoring(site)
  prepareDatabases(site.dir, site.data, site.ports)
  const began = performance.now()
  const start = async (name: PartName) => {
    await startPart(site, name)
    onProgress({ kind: 'note', text: `${name} is up after ${seconds(began)} s` })
  }
  const monitoring = (['prometheus', 'alertmanager'] as const).filter(
    (part) => site.without[part] === undefined,
  )
  await Promise.race([
    Promise.all([start('temporal'), bringUpCluster(site, start), ...monitoring.map(start)]),
    interruption(signal),
  ])
  onProgress({ kind: 'note', text: `lab "${site.name}" is up after ${seconds(began)} s` })
}

async function bringUpCluster(site: Site, start: (name: PartName) => Promise<void>): Promise<void> {
  await start('etcd')
  await start('kube-apiserver')
  const cluster = openCluster(site.dir, site.ports.apiServer)
  await Promise.all([
    start('kube-controller-manager'),
    start('kube-scheduler'),
    defineLogs(cluster).then(() => start('kwok')),
    start('app'),
    start('node-agent'),
    ...(site.without['metrics-server'] === undefined ? [start('metrics-server')] : []),
    setUpCluster(cluster, site).then(() =>
      Promise.all([deployServices(cluster), deployDatabases(cluster, site.without)]),
    ),
  ])
  await Promise.all([rolledOut(cluster), databasesReady(cluster, site.without), firstBackup(site)])
  await Promise.all([allHealthy(labAt(site)), logsServed(cluster)])
}

function prepareFolder(dir: string): void {
  mkdirSync(join(dir, 'archive'), { recursive: true })
  const channels = { channels: { log: { kind: 'log', file: join(dir, 'pages.jsonl') } } }
  writeFileSync(join(dir, 'channels.yaml'), stringify(channels))
}

function interruption(signal?: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => reject(interrupted())
    if (signal?.aborted) stop()
    else signal?.addEventListener('abort', stop, { once: true })
  })
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(1)
}
