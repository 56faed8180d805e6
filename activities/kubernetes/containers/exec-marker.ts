/**
 * The sign that a program was started, set before it is: what a program does cannot be looked up afterwards, so a retry must
 * know whether there was an attempt, and how it ended. A Lease object that nobody holds. It is owned by what made the
 * pod and not by the pod: a pod that was replaced meanwhile must not take along that the program was started in it.
 */
import { createHash } from 'node:crypto'
import type { V1Lease } from '@kubernetes/client-node'
import type { StepContext } from '../../../domain/steps/contract.ts'
import { isRefusal } from '../../refusal.ts'
import type { Verb } from '../api/answer.ts'
import type { Apis, CallOptions, Kubernetes, Raw } from '../api/client.ts'
import type { ExecPlace } from './exec-place.ts'
import { markerLabel, neededUntilAnnotation } from './exec-tidy.ts'

const exitAnnotation = 'hikeshi.dev/exit-code'

/** One for each plan: a later run of the same step starts the program again. */
export function markerName(uid: string, { stepRun, nowMs }: StepContext): string {
  return `hikeshi-exec-${createHash('sha256').update(`${uid} ${stepRun} ${nowMs}`).digest('hex').slice(0, 20)}`
}

/** started: set by this call. Else what an earlier attempt left: its exit code, or nothing when it is not known. */
export type Begun =
  | { readonly started: true }
  | { readonly started: false; readonly exit: number | undefined }

/** What an earlier attempt left; undefined when there was none that came so far. */
export async function earlierIn(
  kubernetes: Kubernetes,
  context: StepContext,
  name: string,
): Promise<{ readonly exit: number | undefined } | undefined> {
  try {
    const { metadata } = await read(kubernetes, context, name)
    const exit = metadata?.annotations?.[exitAnnotation]
    return { exit: exit === undefined ? undefined : Number(exit) }
  } catch (error) {
    if (isRefusal(error, 'target-not-found')) return undefined
    throw error
  }
}

export async function begin(
  kubernetes: Kubernetes,
  context: StepContext,
  name: string,
  place: Pick<ExecPlace, 'pod' | 'uid' | 'owner'>,
  usableUntilMs: number | undefined,
): Promise<Begun> {
  const { namespace } = context
  try {
    await callOf(kubernetes, context, name, 'create', ({ coordination }, options) => {
      const owner = ownerOf(place)
      const annotations = {
        'hikeshi.dev/exec': context.stepRun,
        ...(usableUntilMs === undefined
          ? {}
          : { [neededUntilAnnotation]: new Date(usableUntilMs).toISOString() }),
      }
      const labels = { [markerLabel]: 'true' }
      const body = { metadata: { name, labels, annotations, ownerReferences: [owner] }, spec: {} }
      return coordination.createNamespacedLease({ namespace, body }, options)
    })
    return { started: true }
  } catch (error) {
    if (!isRefusal(error, 'target-changed')) throw error
    return { started: false, exit: (await earlierIn(kubernetes, context, name))?.exit }
  }
}

const groups: Readonly<Record<string, string>> = {
  ReplicaSet: 'apps/v1',
  StatefulSet: 'apps/v1',
  DaemonSet: 'apps/v1',
  Job: 'batch/v1',
}

function ownerOf({ pod, uid, owner }: Pick<ExecPlace, 'pod' | 'uid' | 'owner'>) {
  const apiVersion = owner && groups[owner.kind]
  return owner && apiVersion
    ? { apiVersion, kind: owner.kind, name: owner.name, uid: owner.uid }
    : { apiVersion: 'v1', kind: 'Pod', name: pod, uid }
}

/** Writes down how the program ended. When it cannot be written the end is reported anyway; only a retry would not know. */
export async function noteExit(
  kubernetes: Kubernetes,
  context: StepContext,
  name: string,
  exit: number,
): Promise<void> {
  try {
    const { metadata = {} } = await read(kubernetes, context, name)
    const { uid = '', resourceVersion = '', ownerReferences = [], labels = {} } = metadata
    await callOf(kubernetes, context, name, 'update', ({ coordination }, options) => {
      const annotations = { ...metadata.annotations, [exitAnnotation]: String(exit) }
      const body = {
        metadata: { name, uid, resourceVersion, ownerReferences, labels, annotations },
        spec: {},
      }
      return coordination.replaceNamespacedLease({ name, namespace: context.namespace, body }, options)
    })
  } catch {}
}

/** Takes the sign away, when nothing was started. */
export async function forget(kubernetes: Kubernetes, context: StepContext, name: string): Promise<void> {
  await callOf(kubernetes, context, name, 'delete', ({ coordination }, options) =>
    coordination.deleteNamespacedLease({ name, namespace: context.namespace }, options),
  ).catch(() => {}) // its owner takes it along
}

function read(kubernetes: Kubernetes, context: StepContext, name: string): Promise<Raw<V1Lease>> {
  return callOf(kubernetes, context, name, 'get', ({ coordination }, options) =>
    coordination.readNamespacedLease({ name, namespace: context.namespace }, options),
  )
}

function callOf<T>(
  kubernetes: Kubernetes,
  context: StepContext,
  name: string,
  verb: Verb,
  ask: (apis: Apis, options: CallOptions) => Promise<T>,
) {
  const target = `lease/${context.namespace}/${name}`
  return kubernetes.call({ verb, resource: 'leases', target, context, ask })
}
