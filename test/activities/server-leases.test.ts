import assert from 'node:assert/strict'
import { connectionsOf } from '../../activities/connections-file.ts'
import { handsOf } from '../../activities/hands.ts'
import type { Kubernetes } from '../../activities/kubernetes/api/client.ts'
import { leaseName } from '../../activities/kubernetes/api/lease.ts'
import { refusal } from '../../activities/refusal.ts'
import type { Plan } from '../../domain/steps/contract.ts'
import { context } from './signed-calls.ts'

/** Nobody listens there: what is looked at is the Lease that is taken before. */
const nobody = { host: '127.0.0.1', port: 9 }
const connections = connectionsOf(
  {
    main: { kind: 'postgres', ...nobody, database: 'app', user: 'one', tls: 'off' },
    reports: { kind: 'postgres', ...nobody, host: '127.0.0.1', database: 'reports', user: 'two', tls: 'off' },
    cache: { kind: 'redis', ...nobody, database: 0, tls: 'off' },
    sessions: { kind: 'redis', ...nobody, database: 1, tls: 'off' },
  },
  {},
)

const planned = (target: string): Plan => ({
  target,
  says: { ja: '変更', en: 'a change' },
  nothingToDo: false,
  change: {},
  before: {},
  pods: { ready: 0, notReady: 0, ofReady: 0 },
})

/** The Leases that a change takes. */
async function leasesOf(
  kind: 'postgres.terminate-idle' | 'redis.flushdb' | 'http.load',
  params: object,
  { namespace = 'shodo', namespaces }: { namespace?: string; namespaces?: readonly string[] } = {},
): Promise<readonly string[]> {
  const taken: string[] = []
  const kubernetes = {
    cluster: 'lab',
    call: async ({ verb, target }: { verb: string; target: string }) => {
      if (verb === 'get') throw refusal('target-not-found', { target })
      if (verb === 'create') taken.push(target)
      return { metadata: { uid: 'u', resourceVersion: '1' }, spec: {} }
    },
  } as unknown as Kubernetes
  const hand = handsOf({ kubernetes, connections, namespaces })[kind]
  const target = 'url' in params ? 'http://127.0.0.1:9/health' : 'as planned'
  await hand.run(params as never, planned(target), { ...context, namespace }).catch(() => undefined)
  return taken
}

describe('the Lease of a server outside of Kubernetes', () => {
  const own = ['shodo', 'kura']

  it('is one for all connections that lead to it', async () => {
    const postgres = [`lease/shodo/${leaseName('postgres/127.0.0.1:9')}`]
    const old = { olderThan: 600_000, inTransaction: false, limit: 500 }
    for (const connection of ['main', 'reports'])
      assert.deepEqual(await leasesOf('postgres.terminate-idle', { connection, ...old }), postgres)
    const redis = [`lease/shodo/${leaseName('redis/127.0.0.1:9')}`]
    for (const connection of ['cache', 'sessions'])
      assert.deepEqual(await leasesOf('redis.flushdb', { connection }), redis)
  })

  it('is one for runbooks in all namespaces of the worker', async () => {
    const load = { url: 'http://127.0.0.1:9/health', requests: 1, concurrency: 1 }
    for (const namespace of own) {
      const at = { namespace, namespaces: own }
      assert.deepEqual(await leasesOf('redis.flushdb', { connection: 'cache' }, at), [
        `lease/kura/${leaseName('redis/127.0.0.1:9')}`,
      ])
      assert.deepEqual(await leasesOf('http.load', load, at), [
        `lease/kura/${leaseName('http://127.0.0.1:9/health')}`,
      ])
    }
  })
})
