/** The pod of a Job that keeps one for the programs that are run in it: made when it is missing, and made again when it is over. */
import type { V1Container, V1Job, V1Pod, V1PodSpec } from '@kubernetes/client-node'
import type { StepContext } from '../../../domain/steps/contract.ts'
import { objectName } from '../../../domain/steps/subject.ts'
import type { Words } from '../../../domain/words.ts'
import { plainLine } from '../../../edge/plain-text.ts'
import { pause, pulse } from '../../pulse.ts'
import { refuse } from '../../refusal.ts'
import type { Kubernetes, Raw } from '../api/client.ts'
import type { ExecPlace } from '../containers/exec-place.ts'
import { isMarked, ownContainer } from './beside.ts'
import { create, isOver, nameOf, podsOf, readJob, remove } from './job.ts'
import { type OwnJob, recordedUid, recordUid } from './recorded.ts'
import { whyNotStarted } from './why-not-started.ts'

const lookEveryMs = 250
/** Between the creation of a Job and its record are two calls; one that stays without a record has a maker who died between them. */
const recordedWithinMs = 5_000

export type Kept = OwnJob & {
  readonly withinMs: number
  /** The Job where there is none; undefined: not yet. */
  readonly make: () => Promise<V1Job | undefined>
}

/** The pod of our Job, whose container runs. Refuses `job-not-ready` after so long, and `precondition-failed` where the name is somebody else's. */
export async function podOfJob(kubernetes: Kubernetes, context: StepContext, kept: Kept): Promise<ExecPlace> {
  const end = performance.now() + kept.withinMs
  const unrecorded: Unrecorded = { uid: '', sinceMs: 0 }
  for (;;) {
    const { place, pod, why } = await lookAt(kubernetes, context, kept, unrecorded)
    if (place !== undefined) return place
    if (performance.now() > end) {
      const reason = (pod && (await whyNotStarted(kubernetes, context, pod))) ?? why
      refuse('job-not-ready', { job: kept.name, reason, namespace: context.namespace })
    }
    pulse().beat({ at: 'job' })
    await pause(lookEveryMs)
  }
}

/** The pod of our Job, where it runs; makes none, and waits for none. */
export async function runningPod(
  kubernetes: Kubernetes,
  context: StepContext,
  own: OwnJob,
): Promise<ExecPlace | undefined> {
  const job = await readJob(kubernetes, context, own.name)
  const { uid = '', deletionTimestamp } = job?.metadata ?? {}
  if (job === undefined || deletionTimestamp || uid !== (await recordedUid(kubernetes, context, own))) return
  return (await placesOf(kubernetes, context, own.name, job)).place
}

const noNode = {
  en: "the database's own pod has no node yet; if it cannot start at all, scale its StatefulSet to 0",
  ja: 'データベースの Pod の配置先ノードが未定です（起動できない場合は StatefulSet を 0 にしてください）',
}

type Looked = { readonly place?: ExecPlace; readonly pod?: Raw<V1Pod>; readonly why: Words }
/** Which Job is waited for to be recorded, and since when. */
type Unrecorded = { uid: string; sinceMs: number }

async function lookAt(
  kubernetes: Kubernetes,
  context: StepContext,
  kept: Kept,
  unrecorded: Unrecorded,
): Promise<Looked> {
  const { name, make } = kept
  const job = await readJob(kubernetes, context, name)
  const recorded = await recordedUid(kubernetes, context, kept)
  if (job === undefined) {
    const body = await make()
    if (body === undefined) return { why: noNode }
    const made = await create(kubernetes, context, name, body)
    if (made !== undefined)
      await recordUid(kubernetes, context, kept, { before: recorded, uid: made.metadata?.uid ?? '' })
    return { why: { en: 'it was just made', ja: '作成直後です' } }
  }
  const { uid = '', deletionTimestamp } = job.metadata ?? {}
  if (deletionTimestamp) return { why: { en: 'it is being deleted', ja: '削除中です' } }
  if (!isMarked(job)) return refuseForeign(context, name)
  if (uid !== recorded) return notRecorded(kubernetes, context, name, uid, unrecorded)
  if (isOver(job)) {
    await remove(kubernetes, context, name, uid)
    return { why: { en: 'the one from before is being deleted', ja: '前回のものを削除中です' } }
  }
  return placesOf(kubernetes, context, name, job)
}

async function placesOf(
  kubernetes: Kubernetes,
  context: StepContext,
  name: string,
  job: Raw<V1Job>,
): Promise<Looked> {
  const all = await podsOf(kubernetes, context, job.metadata?.uid ?? '')
  const pods = all.filter((pod) => !pod.metadata?.deletionTimestamp && isAsMade(pod, job))
  const place = pods.flatMap((pod) => placeIn(context, name, pod) ?? [])[0]
  if (place !== undefined) return { place, why: '' }
  const [pod] = pods
  if (pod === undefined) return { why: { en: 'it has no pod that runs', ja: '動作中の Pod がありません' } }
  const says = waitsFor(pod)
  return {
    pod,
    why: says === '' ? { en: 'its pod does not run yet', ja: 'Pod がまだ動作していません' } : says,
  }
}

function refuseForeign(context: StepContext, name: string): never {
  return refuse('precondition-failed', {
    target: nameOf(context, name),
    reason: {
      en: 'somebody else has made a Job of this name: delete or rename it, nothing is run in its pod',
      ja: '同名の Job が別に作成されています。その Pod では何も実行しません（削除するか名前を変えてください）',
    },
  })
}

/** In its pod nothing was begun yet: whoever made it would have recorded it first. */
async function notRecorded(
  kubernetes: Kubernetes,
  context: StepContext,
  name: string,
  uid: string,
  unrecorded: Unrecorded,
): Promise<Looked> {
  if (unrecorded.uid !== uid) Object.assign(unrecorded, { uid, sinceMs: performance.now() })
  if (performance.now() - unrecorded.sinceMs > recordedWithinMs) await remove(kubernetes, context, name, uid)
  const why = {
    en: 'there is one that no worker has recorded; it is deleted',
    ja: 'ワーカーの記録がないため削除します',
  }
  return { why }
}

/** The controller adopts whatever pod has the Job's labels and nobody else's: only one that runs the Job's own command came from its template. */
function isAsMade({ spec }: Raw<V1Pod>, job: Raw<V1Job>): boolean {
  const wanted = ownOf(job.spec?.template.spec)?.command ?? []
  const { command = [], args = [] } = ownOf(spec) ?? {}
  // Whatever starts it, such as what a webhook has put before it.
  const words = [...command, ...args].slice(-wanted.length)
  return wanted.length > 0 && words.length === wanted.length && words.every((word, i) => word === wanted[i])
}

function ownOf(pod: Raw<V1PodSpec> | undefined): Raw<V1Container> | undefined {
  return pod?.containers.find(({ name }) => name === ownContainer)
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
