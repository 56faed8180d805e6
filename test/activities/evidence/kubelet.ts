/**
 * As much of an API server as a log needs, with a kubelet behind it that does what the lab's cannot: it keeps the run of a container before
 * the one of now, forgets what is older, and rotates lines away.
 */
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { stringify } from 'yaml'

type Run = { readonly startedAt: string; readonly id: string; lines: string[]; ended?: string }
type Pod = {
  readonly name: string
  readonly uid: string
  readonly labels: object
  readonly owner: object
  runs: Run[]
}

export const namespace = 'shodo'
const hash = '5d4f8c7b9'

export class Kubelet {
  readonly pods = new Map<string, Pod>()
  readonly #followers = new Map<Run, Set<ServerResponse>>()
  readonly #server = createServer((request, response) => this.#answer(request, response))
  /** How often somebody asked for what was forgotten. */
  forgot = 0
  readonly #forgotten = new Set<string>()
  #nanos = 0
  #runs = 0
  /** What is said instead of the log of a pod. */
  readonly unreadable = new Map<string, { readonly status: number; readonly says: string }>()
  /** There are more pods than anybody lists: every page says that another one follows. */
  isEndless = false
  laterPages = 0
  /** What every question is refused with. */
  refuses: { readonly status: number; readonly message: string } | undefined

  static async open(dir: string): Promise<{ readonly kubelet: Kubelet; readonly kubeconfig: string }> {
    const kubelet = new Kubelet()
    kubelet.#server.listen(0, '127.0.0.1')
    await once(kubelet.#server, 'listening')
    const { port } = kubelet.#server.address() as AddressInfo
    const kubeconfig = join(dir, 'kubeconfig')
    const named = (name: string, rest: object) => [{ name, ...rest }]
    await writeFile(
      kubeconfig,
      stringify({
        apiVersion: 'v1',
        kind: 'Config',
        clusters: named('fake', {
          cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true },
        }),
        users: named('fake', { user: {} }),
        contexts: named('fake', { context: { cluster: 'fake', user: 'fake' } }),
        'current-context': 'fake',
      }),
    )
    return { kubelet, kubeconfig }
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  /** A pod of a Deployment with a container that runs. */
  start(deployment: string, name = `${deployment}-${hash}-x2x1q`): string {
    const owner = { controller: true, kind: 'ReplicaSet', name: `${deployment}-${hash}` }
    const labels = { app: deployment, 'pod-template-hash': hash }
    const uid = `${Math.random().toString(16).slice(2, 10).padEnd(8, '0')}-0000`
    this.pods.set(name, { name, uid, labels, owner, runs: [this.#newRun()] })
    return name
  }

  /** A pod of another kind of workload, which is called after it. */
  startOf(kind: 'DaemonSet' | 'StatefulSet' | 'Job', workload: string, name: string): string {
    const uid = `${Math.random().toString(16).slice(2, 10).padEnd(8, '0')}-0000`
    const owner = { controller: true, kind, name: workload }
    this.pods.set(name, { name, uid, labels: { app: workload }, owner, runs: [this.#newRun()] })
    return name
  }

  restart(name: string): void {
    const pod = this.#pod(name)
    this.#end(pod.runs.at(-1))
    // The kubelet keeps one that has ended.
    pod.runs = [...pod.runs.slice(-1), this.#newRun()]
  }

  /** The runtime has removed what ran before; the pod's status still names it. */
  forget(name: string): void {
    this.#forgotten.add(name)
  }

  delete(name: string): void {
    this.#end(this.#pod(name).runs.at(-1))
    this.pods.delete(name)
  }

  say(name: string, ...texts: readonly string[]): void {
    const run = this.#pod(name).runs.at(-1)
    if (run === undefined) throw new Error(`${name} does not run`)
    for (const text of texts) {
      const line = `${this.#stamp()} ${text}\n`
      run.lines.push(line)
      for (const follower of this.#followers.get(run) ?? []) follower.write(line)
    }
  }

  /** Only the newest lines are left. */
  rotate(name: string, left: number): void {
    const run = this.#pod(name).runs.at(-1)
    if (run !== undefined) run.lines = left === 0 ? [] : run.lines.slice(-left)
  }

  #pod(name: string): Pod {
    const pod = this.pods.get(name)
    if (pod === undefined) throw new Error(`there is no ${name}`)
    return pod
  }

  #newRun(): Run {
    const id = Math.random().toString(16).slice(2).padEnd(16, '0')
    // Each a second later than the one before, so that their names are in order.
    const startedAt = new Date(Date.now() - 600_000 + 1_000 * ++this.#runs).toISOString()
    return { startedAt: `${startedAt.slice(0, 19)}Z`, id: `containerd://${id}`, lines: [] }
  }

  #end(run: Run | undefined): void {
    if (run === undefined) return
    run.ended = `${new Date().toISOString().slice(0, 19)}Z`
    for (const follower of this.#followers.get(run) ?? []) follower.end()
    this.#followers.delete(run)
  }

  /** Each later than the one before it. */
  #stamp(): string {
    this.#nanos = (this.#nanos + 1) % 1_000_000
    return new Date().toISOString().replace('Z', `${String(this.#nanos).padStart(6, '0')}Z`)
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://fake')
    const [, name] = /\/pods\/([^/]+)\/log$/.exec(pathname) ?? []
    if (this.refuses !== undefined) this.#refuse(response, this.refuses.status, this.refuses.message)
    else if (name === undefined) this.#list(response, searchParams.get('continue') !== null)
    else this.#log(name, searchParams, response)
  }

  #log(name: string, asked: URLSearchParams, response: ServerResponse): void {
    const pod = this.pods.get(name)
    const isBefore = asked.get('previous') === 'true'
    const isForgotten = this.#forgotten.has(name)
    if (isBefore && isForgotten) this.forgot += 1
    const before = isForgotten ? undefined : pod?.runs.at(-2)
    const run = isBefore ? before : pod?.runs.at(-1)
    if (run === undefined) {
      if (pod === undefined) this.#refuse(response, 404, `pods "${name}" not found`)
      else this.#refuse(response, 400, 'previous terminated container "web" in pod not found')
      return
    }
    const instead = this.unreadable.get(name)
    if (instead?.status === 200) return void response.end(instead.says)
    if (instead !== undefined) return void this.#refuse(response, instead.status, instead.says)
    const since = Date.parse(asked.get('sinceTime') ?? '1970-01-01T00:00:00Z')
    response.writeHead(200, { 'content-type': 'text/plain' })
    response.write(run.lines.filter((line) => Date.parse(line.split(' ', 1)[0] ?? '') >= since).join(''))
    if (asked.get('follow') !== 'true' || run.ended !== undefined) {
      response.end()
      return
    }
    const followers = this.#followers.get(run) ?? new Set()
    this.#followers.set(run, followers.add(response))
    response.on('close', () => followers.delete(response))
  }

  #list(response: ServerResponse, isLater: boolean): void {
    if (isLater) this.laterPages += 1
    const items = (isLater ? [] : [...this.pods.values()]).map(({ name, uid, labels, owner, runs }) => {
      const [before, run] = runs.length > 1 ? runs : [undefined, runs[0]]
      const terminated = (one: Run) => ({
        terminated: { exitCode: 1, startedAt: one.startedAt, finishedAt: one.ended, containerID: one.id },
      })
      return {
        metadata: { name, uid, labels, ownerReferences: [owner] },
        spec: { containers: [{ name: 'web' }] },
        status: {
          phase: 'Running',
          containerStatuses: [
            {
              name: 'web',
              restartCount: runs.length - 1,
              containerID: run?.id,
              state: { running: { startedAt: run?.startedAt } },
              lastState: before === undefined ? {} : terminated(before),
            },
          ],
        },
      }
    })
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(
      JSON.stringify({
        kind: 'PodList',
        apiVersion: 'v1',
        metadata: this.isEndless ? { continue: 'on' } : {},
        items,
      }),
    )
  }

  #refuse(response: ServerResponse, status: number, message: string): void {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ kind: 'Status', status: 'Failure', message, code: status }))
  }
}
