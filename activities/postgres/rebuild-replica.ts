import { z } from 'zod'
import type { ChangeHand, Done, HandOf, Plan, StepContext, Verified } from '../../domain/steps/contract.ts'
import type { replicaSteps } from '../../domain/steps/replica.ts'
import { objectName } from '../../domain/steps/subject.ts'
import type { Connections } from '../connections-file.ts'
import type { Kubernetes } from '../kubernetes/api/client.ts'
import { workloadOf } from '../kubernetes/objects/namespace.ts'
import { podState } from '../kubernetes/objects/pod-state.ts'
import { deletePod, readPlanned, readPod } from '../kubernetes/pods/delete-pod.ts'
import { pause, pulse } from '../pulse.ts'
import { refuse } from '../refusal.ts'
import { postgresAt } from './client.ts'
import { addressesOf, type Proven, proveReplica, type Reaching } from './replica-pod.ts'
import { serverAt } from './server.ts'

type Params = { readonly pod: string; readonly primary: string; readonly replica: string }
type ReplicaHands = { readonly [K in keyof typeof replicaSteps]: HandOf<(typeof replicaSteps)[K]> }

export type Patience = {
  /** Until it streams, counted from the last time that its copy was seen under way. */
  readonly readyWithinMs: number
  /** Below the time that Temporal gives one attempt; a copy that goes on is looked at again by the next. */
  readonly lookForMs: number
  readonly lookEveryMs: number
}
const usual: Patience = { readyWithinMs: 60_000, lookForMs: 90_000, lookEveryMs: 500 }

const change = z.object({
  pod: z.object({ name: z.string(), uid: z.string(), ready: z.boolean() }),
  /** What recreates the pod: steps on its pods are kept apart by its name. */
  workload: z.string(),
  /** Of both servers: a primary of another cluster is no source for this replica. */
  systemIdentifier: z.string(),
})

export function workloadOfReplica(plan: Plan): readonly string[] {
  return [change.parse(plan.change).workload]
}

export function replicaHands(
  kubernetes: Kubernetes,
  connections: Connections,
  patience: Patience = usual,
): ReplicaHands {
  const reaching = { kubernetes, connections, postgres: postgresAt(connections) }
  return { 'postgres.rebuild-replica': rebuildHand(reaching, patience) }
}

function rebuildHand(reaching: Reaching, patience: Patience): ChangeHand<Params> {
  return {
    plan: (params, context, told) => planRebuild(reaching, params, context, told),
    isDone: async (_params, plan, context) =>
      (await readPlanned(reaching.kubernetes, context, change.parse(plan.change).pod)) === undefined,
    run: (params, plan, context) => run(reaching, params, plan, context),
    verify: (params, plan, done, context) => verifyRebuild(reaching, patience, params, plan, done, context),
  }
}

async function planRebuild(
  reaching: Reaching,
  params: Params,
  context: StepContext,
  told: Plan | undefined,
): Promise<Plan> {
  const { kubernetes } = reaching
  const target = objectName('pod', context.namespace, params.pod)
  const found = await readPod(kubernetes, context, params.pod)
  if (found === undefined) return refuse('target-not-found', { target })
  const pod = podState(found)
  if (pod.owner === undefined)
    refuse('precondition-failed', {
      target,
      reason: {
        en: 'it has no controller to recreate it',
        ja: '作り直すコントローラーがありません',
      },
    })
  const { primary, replica } = await proveReplica(reaching, params, found, context)
  await deletePod(kubernetes, context, { name: pod.name, uid: pod.uid, ready: true }, true)
  const claims = (found.spec?.volumes ?? []).flatMap((v) => v.persistentVolumeClaim?.claimName ?? [])
  const kept = claims.join(', ')
  return {
    target,
    says: {
      en: `Delete pod ${pod.name}; a new one copies the data of ${params.primary}${
        kept === ''
          ? ''
          : `. Its volume ${kept} outlives it: unless the new pod empties it, the old data comes back`
      }`,
      ja: `Pod ${pod.name} を削除し、新しい Pod が ${params.primary} からデータを複製${
        kept === '' ? '' : `。ボリューム ${kept} は残るため、新しい Pod が空にしなければ古いデータのままです`
      }`,
    },
    nothingToDo: false,
    change: {
      // It goes whether it is Ready or not.
      pod: {
        name: pod.name,
        uid: pod.uid,
        ready: change.safeParse(told?.change).data?.pod.ready ?? pod.ready,
      },
      workload: workloadOf(pod, context.namespace, new Map()),
      systemIdentifier: primary.system,
    },
    before: { replayed: replica?.position ?? null, primaryAt: primary.position, volumes: claims },
    // Reads that it serves are lost meanwhile, and it is the whole of its workload: a person decides.
    pods: { ready: pod.ready ? 1 : 0, notReady: pod.ready ? 0 : 1, ofReady: pod.ready ? 1 : 0 },
  }
}

/** Both servers and the pod are looked at again right before the deletion: a failover since the plan changes who holds the good data. */
async function run(reaching: Reaching, params: Params, plan: Plan, context: StepContext): Promise<Done> {
  const { kubernetes } = reaching
  const { pod, systemIdentifier } = change.parse(plan.change)
  const found = await readPlanned(kubernetes, context, pod)
  // Deleted by an attempt before, or replaced by somebody else: what the servers say by now is no reason to fail.
  if (found === undefined) return doneOf(pod.name, undefined)
  const proven = await proveReplica(reaching, params, found, context)
  if (proven.primary.system !== systemIdentifier)
    refuse('precondition-failed', {
      target: plan.target,
      reason: {
        en: `${params.primary} is no longer the same primary`,
        ja: `${params.primary} は以前のプライマリではありません`,
      },
    })
  const outcome = await deletePod(kubernetes, context, { ...pod, ready: true })
  return doneOf(pod.name, outcome === 'deleted' ? proven : undefined)
}

/** How the copy of this pod is known among others: by its address, or where addresses tell nothing by its beginning. */
const copyOf = z.object({ byAddress: z.boolean(), since: z.string() })

function doneOf(name: string, proven: Proven | undefined): Done {
  return {
    says:
      proven === undefined
        ? { en: `pod ${name} was already replaced`, ja: `Pod ${name} は既に置き換わっています` }
        : { en: `pod ${name} deleted`, ja: `Pod ${name} を削除しました` },
    already: proven === undefined,
    after: {
      pod: name,
      outcome: proven === undefined ? 'gone' : 'deleted',
      ...(proven === undefined
        ? {}
        : {
            copy: { byAddress: proven.byAddress, since: proven.primary.now } satisfies z.infer<typeof copyOf>,
          }),
    },
  }
}

const streams = z.object({ streaming: z.boolean(), passed: z.boolean() })
const looks = `
  select pg_is_in_recovery() and exists (select from pg_stat_wal_receiver where status = 'streaming') as streaming,
    coalesce(pg_last_wal_replay_lsn() >= $1::pg_lsn, false) as passed`
const copying = z.object({
  client: z.string().nullable(),
  done: z.number().nullable(),
  total: z.number().nullable(),
})
type Copy = z.infer<typeof copying>
// A backup of every night copies as well; what began before the deletion is none of ours.
const progress = `
  select host(r.client_addr) as client, p.backup_streamed::float8 as done, p.backup_total::float8 as total
  from pg_stat_progress_basebackup p left join pg_stat_replication r on r.pid = p.pid
  where $1::timestamptz is null or r.backend_start is null or r.backend_start >= $1::timestamptz`

/** The new pod is Ready, streams, and has replayed all that the primary had when this began. */
async function verifyRebuild(
  { kubernetes, postgres }: Reaching,
  { readyWithinMs, lookForMs, lookEveryMs }: Patience,
  { pod, primary, replica }: Params,
  plan: Plan,
  done: Done,
  context: StepContext,
): Promise<Verified> {
  const { uid } = change.parse(plan.change).pod
  const { copy } = z.object({ copy: copyOf.optional() }).parse(done.after)
  const started = performance.now()
  const { position } = await serverAt(postgres, primary, context)
  let lastCopy: { readonly atMs: number; readonly percent: number } | undefined
  for (;;) {
    const found = await readPod(kubernetes, context, pod)
    const isNew = found !== undefined && found.metadata?.uid !== uid && podState(found).ready
    const seen = isNew
      ? await postgres
          .read({ connection: replica, context, ask: ({ row }) => row(streams, looks, [position]) })
          .catch(() => undefined)
      : undefined
    pulse().signal.throwIfAborted()
    pulse().beat({ isNew, ...seen })
    if (seen?.streaming && seen.passed) {
      return {
        ok: true,
        says: {
          en: `${replica} streams again and has caught up with ${primary}`,
          ja: `${replica} は受信を再開し、${primary} の内容に追いつきました`,
        },
        facts: { replayed: position },
      }
    }
    const copies = await postgres.read({
      connection: primary,
      context,
      ask: ({ rows }) => rows(copying, progress, [copy?.since ?? null]),
    })
    const own = found === undefined || !copy?.byAddress ? undefined : addressesOf(found)
    const current = copies.find(
      ({ client }) => own === undefined || (client !== null && own.includes(client)),
    )
    const now = performance.now()
    if (current !== undefined) lastCopy = { atMs: now, percent: percentOf(current) }
    // Replay and the first stream take their moment after the last byte of the copy.
    const isOver = now - (lastCopy?.atMs ?? started) > readyWithinMs
    if (lastCopy !== undefined && !isOver && now - started > lookForMs)
      refuse('replica-copying', { replica, primary, percent: lastCopy.percent })
    if (isOver) {
      const kept = z.object({ volumes: z.array(z.string()) }).parse(plan.before).volumes
      const why = {
        en: kept.length === 0 ? '' : `; its volume ${kept.join(', ')} was kept, with the old data`,
        ja: kept.length === 0 ? '' : `（ボリューム ${kept.join(', ')} が残り、古いデータのままです）`,
      }
      return {
        ok: false,
        says: {
          en: `${isNew ? 'the new pod is Ready' : 'no new pod is Ready'}, but ${replica} does not stream from ${primary}${why.en}`,
          ja: `${isNew ? '新しい Pod は Ready ですが' : '新しい Pod が Ready にならず'}、${replica} は ${primary} から受信していません${why.ja}`,
        },
        facts: { newPodReady: isNew, ...seen },
      }
    }
    await pause(lookEveryMs)
  }
}

function percentOf({ done, total }: Copy): number {
  return total ? Math.floor((100 * (done ?? 0)) / total) : 0
}
