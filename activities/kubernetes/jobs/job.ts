/** A Job that keeps one pod for the programs that are run in it: made when it is missing, and made again when it is over. */
import type { V1Job, V1Pod } from '@kubernetes/client-node'
import type { StepContext } from '../../../domain/steps/contract.ts'
import { namespaceName, objectName } from '../../../domain/steps/subject.ts'
import type { Words } from '../../../domain/words.ts'
import { plainLine } from '../../../edge/plain-text.ts'
import { pause, pulse } from '../../pulse.ts'
import { isRefusal, refuse } from '../../refusal.ts'
import type { Kubernetes, Raw } from '../api/client.ts'
import { listAll } from '../api/list.ts'
import type { ExecPlace } from '../containers/exec-place.ts'
import { ownContainer } from './beside.ts'

const lookEveryMs = 250
/** On a node that is lost a pod never ends by itself. */
const goneWithinMs = 120_000
const resource = 'jobs'

const nameOf = (context: StepContext, name: string) => objectName('job', context.namespace, name)

/** Undefined where there is none. */
export async function readJob(
  kubernetes: Kubernetes,
  context: StepContext,
  name: string,
): Promise<Raw<V1Job> | undefined> {
  const { namespace } = context
  try {
    return await kubernetes.call({
      verb: 'get',
      resource,
      target: nameOf(context, name),
      context,
      ask: ({ batch }, options) => batch.readNamespacedJob({ name, namespace }, options),
    })
  } catch (error) {
    if (isRefusal(error, 'target-not-found')) return undefined
    throw error
  }
}

/** Deletes this very Job and returns when its pods are gone as well; nothing where there is none. Refuses `no-answer`, with pod and node, after so long. */
export async function removeJob(
  kubernetes: Kubernetes,
  context: StepContext,
  name: string,
  withinMs = goneWithinMs,
): Promise<void> {
  const end = performance.now() + withinMs
  for (let uid = ''; ; ) {
    const found = await readJob(kubernetes, context, name)
    if (found === undefined) return
    const now = found.metadata?.uid ?? ''
    if (uid !== '' && now !== uid) return
    if (uid === '' && !found.metadata?.deletionTimestamp) await remove(kubernetes, context, name, now)
    uid = now
    pulse().beat({ at: 'job' })
    if (performance.now() > end)
      refuse('no-answer', { seconds: withinMs / 1_000, where: await whereIs(kubernetes, context, name, uid) })
    await pause(lookEveryMs)
  }
}

/** A Job that does not go, by the pods that hold it. */
async function whereIs(
  kubernetes: Kubernetes,
  context: StepContext,
  name: string,
  uid: string,
): Promise<Words> {
  const pods = (await podsOf(kubernetes, context, uid)).map(({ metadata, spec }) => {
    const { name: pod = '' } = metadata ?? {}
    const on = spec?.nodeName ?? '-'
    return {
      en: `pod ${pod} on node ${on}`,
      ja: `ノード ${on} の Pod ${pod}`,
    }
  })
  const job = nameOf(context, name)
  return {
    en: `${[job, ...pods.map(({ en }) => en)].join(', ')}, being deleted`,
    ja: `削除中の ${[job, ...pods.map(({ ja }) => ja)].join('、')}`,
  }
}

async function remove(
  kubernetes: Kubernetes,
  context: StepContext,
  name: string,
  uid: string,
): Promise<void> {
  const { namespace } = context
  try {
    await kubernetes.call({
      verb: 'delete',
      resource,
      target: nameOf(context, name),
      context,
      // It stays until its pods are gone.
      ask: ({ batch }, options) =>
        batch.deleteNamespacedJob(
          { name, namespace, body: { propagationPolicy: 'Foreground', preconditions: { uid } } },
          options,
        ),
    })
  } catch (error) {
    if (!isRefusal(error, 'target-not-found') && !isRefusal(error, 'target-changed')) throw error
  }
}

/** The pod of the Job, whose container runs; `make` is asked for the Job where there is none, and may say not yet. Refuses `job-not-ready` after so long. */
export async function podOfJob(
  kubernetes: Kubernetes,
  context: StepContext,
  {
    name,
    withinMs,
    make,
  }: { readonly name: string; readonly withinMs: number; readonly make: () => Promise<V1Job | undefined> },
): Promise<ExecPlace> {
  const end = performance.now() + withinMs
  for (;;) {
    const { place, why } = await lookAt(kubernetes, context, name, make)
    if (place !== undefined) return place
    if (performance.now() > end)
      refuse('job-not-ready', { job: name, reason: why, namespace: context.namespace })
    pulse().beat({ at: 'job' })
    await pause(lookEveryMs)
  }
}

const noNode = {
  en: "the database's own pod has no node yet; if it cannot start at all, scale its StatefulSet to 0",
  ja: 'データベースの Pod の配置先ノードが未定です（起動できない場合は StatefulSet を 0 にしてください）',
}

type Looked = { readonly place?: ExecPlace; readonly why: Words }

async function lookAt(
  kubernetes: Kubernetes,
  context: StepContext,
  name: string,
  make: () => Promise<V1Job | undefined>,
): Promise<Looked> {
  const job = await readJob(kubernetes, context, name)
  if (job === undefined) {
    const body = await make()
    if (body === undefined) return { why: noNode }
    await create(kubernetes, context, name, body)
    return { why: { en: 'it was just made', ja: '作成直後です' } }
  }
  const { uid = '', deletionTimestamp } = job.metadata ?? {}
  if (deletionTimestamp) return { why: { en: 'it is being deleted', ja: '削除中です' } }
  if (isOver(job)) {
    await remove(kubernetes, context, name, uid)
    return { why: { en: 'the one from before is being deleted', ja: '前回のものを削除中です' } }
  }
  const pods = (await podsOf(kubernetes, context, uid)).filter(({ metadata }) => !metadata?.deletionTimestamp)
  const place = pods.flatMap((pod) => placeIn(context, name, pod) ?? [])[0]
  if (place !== undefined) return { place, why: '' }
  const says = pods.map(waitsFor).find((each) => each !== '')
  return { why: says ?? { en: 'it has no pod that runs', ja: '動作中の Pod がありません' } }
}

async function create(
  kubernetes: Kubernetes,
  context: StepContext,
  name: string,
  body: V1Job,
): Promise<void> {
  const { namespace } = context
  try {
    await kubernetes.call({
      verb: 'create',
      resource,
      target: nameOf(context, name),
      context,
      ask: ({ batch }, options) => batch.createNamespacedJob({ namespace, body }, options),
    })
  } catch (error) {
    // Another worker was faster.
    if (!isRefusal(error, 'target-changed')) throw error
  }
}

function isOver({ status }: Raw<V1Job>): boolean {
  return (
    status?.conditions?.some(
      ({ type, status: is }) => is === 'True' && (type === 'Complete' || type === 'Failed'),
    ) === true
  )
}

async function podsOf(
  kubernetes: Kubernetes,
  context: StepContext,
  uid: string,
): Promise<readonly Raw<V1Pod>[]> {
  const { namespace } = context
  const labelSelector = `batch.kubernetes.io/controller-uid=${uid}`
  const { items } = await listAll<V1Pod, Raw<V1Pod>>(
    kubernetes,
    { resource: 'pods', target: namespaceName(namespace), context },
    ({ core }, page, options) => core.listNamespacedPod({ namespace, labelSelector, ...page }, options),
    (pod) => pod,
  )
  return items
}

function placeIn(context: StepContext, job: string, { metadata, status }: Raw<V1Pod>): ExecPlace | undefined {
  const { name = '', uid = '' } = metadata ?? {}
  const container = status?.containerStatuses?.find((each) => each.name === ownContainer)
  if (status?.phase !== 'Running' || container?.state?.running === undefined) return undefined
  const target = `${objectName('pod', context.namespace, name)}/${ownContainer}`
  return {
    pod: name,
    uid,
    container: ownContainer,
    ready: container.ready,
    target,
    workload: nameOf(context, job),
  }
}

/** Why its pod does not run, as Kubernetes says it. */
function waitsFor({ status }: Raw<V1Pod>): string {
  const own = status?.containerStatuses?.find(({ name }) => name === ownContainer)?.state
  const unplaced = status?.conditions?.find(
    ({ type, status: is }) => type === 'PodScheduled' && is === 'False',
  )
  const { reason = '', message = '' } = own?.waiting ?? own?.terminated ?? unplaced ?? {}
  return plainLine(`${reason} ${message}`.trim(), 300)
}
