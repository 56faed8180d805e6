import assert from 'node:assert/strict'
import { channel } from 'node:diagnostics_channel'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectionsOf } from '../../../activities/connections-file.ts'
import { handsOf } from '../../../activities/hands.ts'
import { kubernetesApi } from '../../../activities/kubernetes/index.ts'
import { stoppable } from '../../../activities/pulse.ts'
import { explain } from '../../../domain/failures.ts'
import { said } from '../../../domain/words.ts'
import { carriedBy } from '../../../wire/carried.ts'
import { freePort } from '../free-port.ts'
import { openWorld, type World, workerHands } from './world.ts'

describe('what stands in the way of a Kubernetes step', () => {
  let world: World
  const folder = mkdtempSync(join(tmpdir(), 'hikeshi-'))
  const servers: Server[] = []
  before(async function () {
    this.timeout(300_000)
    world = await openWorld('failing')
    await world.deploy('web')
  })
  after(async () => {
    for (const server of servers) {
      server.closeAllConnections()
      server.close()
    }
    rmSync(folder, { recursive: true, force: true })
    await world?.close()
  })

  async function refusalOf(work: Promise<unknown>) {
    try {
      await work
    } catch (error) {
      const found = carriedBy(error)
      if (found)
        return {
          ...found,
          error: error as { nonRetryable?: boolean; type?: string },
          says: explain(found, 'en'),
        }
      throw error
    }
    return assert.fail('nothing was refused')
  }

  async function apiThat(answer: (respond: (status: number, body: string) => void) => void) {
    const server = createServer((_, response) =>
      answer((status, body) => response.writeHead(status, { 'content-type': 'application/json' }).end(body)),
    )
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const file = join(folder, `${servers.length}.kubeconfig`)
    writeFileSync(file, kubeconfig(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
    return handsOf({
      connections: connectionsOf({}, {}),
      kubernetes: kubernetesApi({ cluster: 'far', kubeconfigPath: file }),
    })
  }

  it('names the missing right to look and the role that gives it', async () => {
    const found = await refusalOf(workerHands(world.lab)['kubernetes.pods']({}, world.context()))
    assert.equal(found.name, 'forbidden')
    assert.match(
      found.says.what,
      /worker of cluster "lab" may not list (pods|deployments|replicasets) in namespace failing-/,
    )
    assert.match(found.says.next, /role "hikeshi-viewer" \(deploy\/kubernetes\/rbac.yaml\)/)
    assert.equal(found.error.nonRetryable, true)
    assert.equal(found.error.type, 'HK401')
  })

  it('names the missing right to change before anything is changed', async () => {
    const rights = `/apis/rbac.authorization.k8s.io/v1/namespaces/${world.namespace}`
    await world.cluster.post(`${rights}/roles`, {
      metadata: { name: 'looker' },
      rules: [{ apiGroups: ['', 'apps'], resources: ['*'], verbs: ['get', 'list'] }],
    })
    await world.cluster.post(`${rights}/rolebindings`, {
      metadata: { name: 'looker' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'looker' },
      subjects: [{ kind: 'ServiceAccount', name: 'hikeshi-worker', namespace: 'shodo' }],
    })
    const hands = workerHands(world.lab)
    const scale = () => hands['kubernetes.scale'].plan({ deployment: 'web', replicas: 5 }, world.context())
    let found = await refusalOf(scale())
    for (let i = 0; i < 50 && found.params.verb !== 'patch'; i++) {
      await new Promise((resolve) => setTimeout(resolve, 100)) // the authorizer learns of the binding a moment later
      found = await refusalOf(scale())
    }
    assert.deepEqual(
      [found.name, found.params.verb, found.params.resource, found.params.role],
      ['forbidden', 'patch', 'deployments', 'hikeshi-operator'],
    )
    assert.equal((await world.read('web')).spec.replicas, 2)
  })

  it('leaves no connection open once it has its answer', async () => {
    const opened: Socket[] = []
    const told = (message: unknown) => opened.push((message as { readonly socket: Socket }).socket)
    channel('undici:client:connected').subscribe(told)
    await workerHands(world.lab)['kubernetes.rollouts']({}, { ...world.context(), namespace: 'shodo' })
    channel('undici:client:connected').unsubscribe(told)
    assert.ok(opened.length > 0)
    assert.deepEqual(
      opened.filter(({ destroyed }) => !destroyed),
      [],
    )
  })

  it('says "no answer in 4 s" when the API server hangs', async () => {
    const hands = await apiThat(() => {})
    const found = await refusalOf(hands['kubernetes.pods']({}, world.context()))
    assert.equal(found.says.what, 'unknown: no answer in 4 s')
    assert.equal(found.error.nonRetryable, false)
  })

  it('says that nobody answers when the API server is away, and tries again', async () => {
    const file = join(folder, 'away.kubeconfig')
    writeFileSync(file, kubeconfig(`http://127.0.0.1:${await freePort()}`))
    const hands = handsOf({
      connections: connectionsOf({}, {}),
      kubernetes: kubernetesApi({ cluster: 'far', kubeconfigPath: file }),
    })
    const found = await refusalOf(hands['kubernetes.rollouts']({}, world.context()))
    assert.equal(found.name, 'kubernetes-unreachable')
    assert.equal(found.params.reason, 'ECONNREFUSED')
    assert.equal(found.error.nonRetryable, false)
  })

  it('says that the kubeconfig is missing, and reads it once it is there', async () => {
    const file = join(folder, 'later.kubeconfig')
    const hands = handsOf({
      connections: connectionsOf({}, {}),
      kubernetes: kubernetesApi({ cluster: 'lab', kubeconfigPath: file }),
    })
    const found = await refusalOf(hands['kubernetes.rollouts']({}, world.context()))
    assert.match(said(found.params.reason).en, /kubeconfig: ENOENT/)
    writeFileSync(file, kubeconfig(`http://127.0.0.1:${await freePort()}`))
    assert.equal(
      said((await refusalOf(hands['kubernetes.rollouts']({}, world.context()))).params.reason).en,
      'ECONNREFUSED',
    )
  })

  it('never passes the body of an answer on', async () => {
    for (const [status, body, name] of [
      [500, '{"secret":"hunter2"}', 'kubernetes-unreachable'],
      [400, '<html>hunter2</html>', 'kubernetes-refused'],
      [400, '{"message":"bad \\u001b[31mfield","secret":"hunter2"}', 'kubernetes-refused'],
      [429, 'hunter2', 'kubernetes-unreachable'],
      [401, 'hunter2', 'credentials-refused'],
      [403, 'hunter2', 'forbidden'],
      [307, 'hunter2', 'kubernetes-refused'],
    ] as const) {
      const hands = await apiThat((respond) => respond(status, body))
      const found = await refusalOf(hands['kubernetes.events']({ since: 1, limit: 1 }, world.context()))
      assert.equal(found.name, name)
      assert.ok(!JSON.stringify([found, String(found.error)]).includes('hunter2'))
      assert.ok(!JSON.stringify(found).includes('u001b'))
    }
  })

  it('reads the credentials again when they are refused, and says so when the new ones are no better', async () => {
    const accepted = new Set(['fresh'])
    const server = createServer((request, response) => {
      const [, token = ''] = /^Bearer (.*)$/.exec(request.headers.authorization ?? '') ?? []
      const body = accepted.has(token) ? { items: [] } : { kind: 'Status', message: 'Unauthorized' }
      response.writeHead(accepted.has(token) ? 200 : 401, { 'content-type': 'application/json' })
      response.end(JSON.stringify(body))
    })
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const file = join(folder, 'expiring.kubeconfig')
    writeFileSync(file, kubeconfig(address, 'old'))
    const hands = handsOf({
      connections: connectionsOf({}, {}),
      kubernetes: kubernetesApi({ cluster: 'far', kubeconfigPath: file }),
    })
    const read = () => hands['kubernetes.pods']({}, world.context())
    const found = await refusalOf(read())
    assert.equal(found.name, 'credentials-refused')
    assert.match(found.says.what, /rejects the worker's credentials: Unauthorized$/)
    writeFileSync(file, kubeconfig(address, 'fresh'))
    assert.equal(((await read()).facts as { total: number }).total, 0)
    accepted.clear()
    accepted.add('fresher')
    writeFileSync(file, kubeconfig(address, 'fresher'))
    assert.equal(((await read()).facts as { total: number }).total, 0)
  })

  it('stops at once when the activity is cancelled', async () => {
    const hands = await apiThat(() => {})
    const cancelled = new AbortController()
    const reason = new Error('CANCELLED')
    setTimeout(() => cancelled.abort(reason), 200)
    await assert.rejects(
      stoppable(cancelled.signal, () => hands['kubernetes.pods']({}, world.context())),
      reason,
    )
  })
})

function kubeconfig(server: string, token = 't'): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'c',
    clusters: [{ name: 'c', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'u', user: { token } }],
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
  })
}
