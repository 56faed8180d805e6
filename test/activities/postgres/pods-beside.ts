/**
 * Pods whose programs run on this machine, beside the servers of a test, as kwok runs them in the lab: programs and servers are real, and
 * of Kubernetes there is only what the hands ask of it.
 */
import { spawn } from 'node:child_process'
import type { Writable } from 'node:stream'
import type { V1Pod } from '@kubernetes/client-node'
import type { Apis, Kubernetes } from '../../../activities/kubernetes/api/client.ts'
import { refuse } from '../../../activities/refusal.ts'
import { password } from './cluster.ts'

export type PodBeside = {
  readonly name: string
  readonly uid?: string
  readonly ip?: string
  readonly hostNetwork?: true
  /** False for a container that waits. */
  readonly runs?: false
  /** The server whose socket lies in it; without one there is no program. */
  readonly server?: { readonly folder: string; readonly port: number }
}

export function podsBeside(initial: readonly PodBeside[]) {
  let pods = initial
  const deleted: string[] = []
  const find = (name: string) =>
    pods.find((pod) => pod.name === name) ?? refuse('target-not-found', { target: `pod/shodo/${name}` })
  const gone = (name: string, dryRun: unknown) => {
    if (dryRun === undefined) {
      deleted.push(name)
      pods = pods.filter((pod) => pod.name !== name)
    }
    return {}
  }
  const core = {
    readNamespacedPod: async ({ name }: { name: string }) => asKubernetesHasIt(find(name)),
    listNamespacedPod: async ({ fieldSelector = '' }: { fieldSelector?: string }) => ({
      metadata: {},
      items: pods
        .map(asKubernetesHasIt)
        .filter((pod) => `status.podIP=${pod.status?.podIP}` === fieldSelector),
    }),
    createNamespacedPodEviction: async (asked: Eviction) =>
      gone(asked.name, asked.body.deleteOptions?.dryRun),
    deleteNamespacedPod: async (asked: Deletion) => gone(asked.name, asked.body.dryRun),
  }
  const kubernetes: Kubernetes = {
    cluster: 'beside',
    load: async () => {},
    call: async ({ ask }) => (await ask({ core } as unknown as Apis, {})) as never,
    portForward: () => Promise.reject(new Error('no port is asked for')),
    exec: async () => ({ exec: (...call: ExecCall) => run(find(call[1]), call) }) as never,
    stream: () => Promise.reject(new Error('no log is read')),
  }
  return {
    kubernetes,
    /** The names of the pods that were deleted. */
    deleted,
    become: (others: readonly PodBeside[]) => {
      pods = others
    },
  }
}

type Eviction = { name: string; body: { deleteOptions?: { dryRun?: unknown } } }
type Deletion = { name: string; body: { dryRun?: unknown } }
type ExecCall = [
  namespace: string,
  pod: string,
  container: string,
  argv: readonly string[],
  stdout: Writable,
  stderr: Writable,
  stdin: null,
  tty: boolean,
  ended: (status: object) => void,
]

function asKubernetesHasIt({ name, uid = `uid-of-${name}`, ip, hostNetwork, runs }: PodBeside): V1Pod {
  const ready = runs !== false
  return {
    metadata: {
      name,
      uid,
      resourceVersion: '1',
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'StatefulSet',
          name: name.replace(/-\d+$/, ''),
          uid: 'set',
          controller: true,
        },
      ],
    },
    spec: { containers: [{ name: 'postgres' }], ...(hostNetwork ? { hostNetwork } : {}) },
    status: {
      phase: 'Running',
      ...(ip === undefined ? {} : { podIP: ip, podIPs: [{ ip }] }),
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
      containerStatuses: [
        {
          name: 'postgres',
          ready,
          restartCount: 0,
          image: 'postgres',
          imageID: '',
          state: ready ? { running: {} } : { waiting: { reason: 'CrashLoopBackOff' } },
        },
      ],
    },
  } as V1Pod
}

/** The socket of the client's exec, as much of it as is listened to. */
async function run({ server }: PodBeside, [, , , argv, stdout, stderr, , , ended]: ExecCall) {
  const [program = '', ...args] = argv
  const socket = Object.assign(new EventTarget(), { readyState: 1, CLOSED: 3, terminate: () => {} })
  const close = (status: object) => {
    ended(status)
    socket.readyState = socket.CLOSED
    socket.dispatchEvent(new Event('close'))
  }
  if (server === undefined) {
    const message = `exec: "${program}": executable file not found in $PATH`
    setImmediate(close, { status: 'Failure', message })
    return socket
  }
  const env = {
    PATH: process.env.PATH,
    PGHOST: server.folder,
    PGPORT: String(server.port),
    PGPASSWORD: password,
  }
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  child.stdout.on('data', (chunk: Buffer) => stdout.write(chunk))
  child.stderr.on('data', (chunk: Buffer) => stderr.write(chunk))
  child.once('close', (code) =>
    close(
      code === 0
        ? { status: 'Success' }
        : { status: 'Failure', details: { causes: [{ reason: 'ExitCode', message: String(code) }] } },
    ),
  )
  return socket
}
