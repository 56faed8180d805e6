import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { Part, Site } from '../part.ts'

export const temporalNamespace = 'default'
const retentionDays = 30

export const temporal: Part = {
  command: ({ dir, binaries }) => [
    binaries['temporal-server'],
    '--config-file',
    join(dir, 'temporal', 'server.yaml'),
    '--allow-no-auth',
    'start',
  ],
  ready: makeNamespaceUsable,
  graceMs: 5_000,
}

/** Writes the server's settings; they follow the server's own config/development-sqlite-file.yaml. */
export function configureTemporal({ dir, ports }: Site): void {
  const folder = join(dir, 'temporal')
  mkdirSync(folder, { recursive: true })
  // Each in a file of its own: listing does not hold up what happens, because a file has one connection.
  const store = (file: string) => ({
    sql: {
      pluginName: 'sqlite',
      databaseName: join(folder, file),
      connectAddr: 'localhost',
      connectProtocol: 'tcp',
      connectAttributes: { cache: 'private', setup: 'true', journal_mode: 'wal', synchronous: '2' },
      maxConns: 1,
      maxIdleConns: 1,
      maxConnLifetime: '1h',
    },
  })
  const service = (grpcPort: number, membershipPort: number, httpPort?: number) => ({
    rpc: { grpcPort, membershipPort, bindOnLocalHost: true, ...(httpPort && { httpPort }) },
  })
  const settings = {
    log: { stdout: true, level: 'warn' },
    persistence: {
      defaultStore: 'sqlite-default',
      visibilityStore: 'sqlite-visibility',
      numHistoryShards: 1,
      datastores: { 'sqlite-default': store('temporal.db'), 'sqlite-visibility': store('visibility.db') },
    },
    global: { membership: { maxJoinDuration: '30s', broadcastAddress: '127.0.0.1' } },
    services: {
      frontend: service(ports.temporal, ports.temporalMembership, ports.temporalHttp),
      history: service(ports.history, ports.historyMembership),
      matching: service(ports.matching, ports.matchingMembership),
      worker: service(ports.worker, ports.workerMembership),
    },
    clusterMetadata: {
      enableGlobalNamespace: false,
      failoverVersionIncrement: 10,
      masterClusterName: 'active',
      currentClusterName: 'active',
      clusterInformation: {
        active: {
          enabled: true,
          initialFailoverVersion: 1,
          rpcName: 'frontend',
          rpcAddress: `127.0.0.1:${ports.temporal}`,
          httpAddress: `127.0.0.1:${ports.temporalHttp}`,
        },
      },
    },
    dcRedirectionPolicy: { policy: 'noop' },
    dynamicConfigClient: { filepath: join(folder, 'dynamic.yaml'), pollInterval: '10s' },
  }
  // Not among them: system.forceSearchAttributesCacheRefreshOnRead. With SQLite in a file it made lists hang after a restart.
  const dynamic = {
    'frontend.WorkflowTimeSkippingEnabled': [{ value: true }],
    'frontend.WorkflowTimeSkippingMaxSkipPerSession': [{ value: 100_000 }],
    'frontend.enableUpdateWorkflowExecution': [{ value: true }],
    'frontend.enableUpdateWorkflowExecutionAsyncAccepted': [{ value: true }],
    // A failing workflow task is reported at once; Temporal's default of 5 takes more than half a minute (docs/stuck-workflow.md).
    'system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute': [{ value: 1 }],
  }
  writeFileSync(join(folder, 'server.yaml'), stringify(settings))
  writeFileSync(join(folder, 'dynamic.yaml'), stringify(dynamic))
}

/** Registers the namespace if need be and returns true once history, matching and visibility all know it. */
async function makeNamespaceUsable({ ports }: Site): Promise<boolean> {
  // Loading the client takes half a second, in which the server starts anyway.
  const { Connection, msToTs } = await import('./temporal-client.ts')
  const connection = await Connection.connect({
    address: `127.0.0.1:${ports.temporal}`,
    connectTimeout: '1s',
    channelArgs: { 'grpc.enable_http_proxy': 0 },
  })
  const namespace = temporalNamespace
  const service = connection.workflowService
  try {
    const deadline = Date.now() + 3_000
    return await connection.withDeadline(deadline, async () => {
      await service
        .registerNamespace({
          namespace,
          workflowExecutionRetentionPeriod: msToTs(`${retentionDays} days`),
        })
        .catch((error) => {
          if (error.code !== grpc.alreadyExists) throw error
        })
      await service.countWorkflowExecutions({ namespace, query: '' })
      await service.describeTaskQueue({ namespace, taskQueue: { name: 'lab-probe' }, taskQueueType: 1 })
      await service
        .describeWorkflowExecution({ namespace, execution: { workflowId: 'lab-probe' } })
        .catch((error) => {
          // The history service answered for this namespace: there is no such workflow, as expected.
          if (error.code !== grpc.notFound || /namespace/i.test(error.details ?? '')) throw error
        })
      return true
    })
  } finally {
    await connection.close()
  }
}

const grpc = { notFound: 5, alreadyExists: 6 } as const
