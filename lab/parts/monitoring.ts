import { join } from 'node:path'
import { monitoringFiles } from '../monitoring/config.ts'
import type { Part } from '../part.ts'

const hint = 'build it with "node lab/bootstrap.mjs provision"'

/** Keeps its data for an hour: a lab is no archive. */
export const prometheus: Part = {
  missing: (binaries) => (binaries.prometheus === undefined ? `no prometheus here; ${hint}` : undefined),
  command: ({ dir, ports, binaries }) => [
    binaries.prometheus ?? 'prometheus',
    `--config.file=${monitoringFiles(dir).prometheus}`,
    `--storage.tsdb.path=${join(monitoringFiles(dir).folder, 'prometheus-data')}`,
    '--storage.tsdb.retention.time=1h',
    `--web.listen-address=127.0.0.1:${ports.prometheus}`,
    '--log.level=warn',
  ],
  ready: async ({ ports }) => (await ask(ports.prometheus)).ok,
  graceMs: 5_000,
}

export const alertmanager: Part = {
  missing: (binaries) => (binaries.alertmanager === undefined ? `no alertmanager here; ${hint}` : undefined),
  command: ({ dir, ports, binaries }) => [
    binaries.alertmanager ?? 'alertmanager',
    `--config.file=${monitoringFiles(dir).alertmanager}`,
    `--storage.path=${join(monitoringFiles(dir).folder, 'alertmanager-data')}`,
    `--web.listen-address=127.0.0.1:${ports.alertmanager}`,
    // One of its kind: it waits for no peers.
    '--cluster.listen-address=',
    '--log.level=warn',
  ],
  ready: async ({ ports }) => (await ask(ports.alertmanager)).ok,
  graceMs: 5_000,
}

function ask(port: number): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}/-/ready`, { signal: AbortSignal.timeout(1_000) })
}
