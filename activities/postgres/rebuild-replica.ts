import { z } from 'zod'
import type { ChangeHand, Done, HandOf, Plan, StepContext, Verified } from '../../domain/steps/contract.ts'
import type { replicaSteps } from '../../domain/steps/replica.ts'
import type { Connections } from '../connections.ts'
import type { Kubernetes } from '../kubernetes/client.ts'
import { deletePod, readPod } from '../kubernetes/delete-pod.ts'
import { podState } from '../kubernetes/pod-state.ts'
import { pause, pulse } from '../pulse.ts'
import { refuse } from '../refusal.ts'
import { type Postgres, postgresAt } from './client.ts'

type Params = { readonly pod: string; readonly primary: string; readonly replica: string }
type ReplicaHands = { readonly [K in keyof typeof replicaSteps]: HandOf<(typeof replicaSteps)[K]> }

const readyWithinMs = 60_000
/** Below the time that Temporal gives one attempt; a copy that goes on is looked at again by the next. */
const lookForMs = 90_000
const lookEveryMs = 500

const change = z.object({
  pod: z.object({ name: z.string(), uid: z.string(), ready: z.boolean() }),
  /** Of both servers: a primary of another cluster is no source for this replica. */
  systemIdentifier: z.string(),
})

const server = z.object({ recovering: z.boolean(), system: z.string(), at: z.string().nullable() })
const about = `
  select pg_is_in_recovery() as recovering,
    (select system_identifier::text from pg_control_system()) as system,
    case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end::text as at`

export function replicaHands(kubernetes: Kubernetes, connections: Connections): ReplicaHands {
  return { 'postgres.rebuild-replica': rebuildHand(kubernetes, postgresAt(connections)) }
}

function rebuildHand(kubernetes: Kubernetes, postgres: Postgres): ChangeHand<Params> {
  return {
    plan: (params, context) => planRebuild(kubernetes, postgres, params, context),
    run: async (params, plan, context) => {
      const { pod } = change.parse(plan.change)
      await mustBePrimary(postgres, params, plan, context)
      const outcome = await deletePod(kubernetes, context, { ...pod, ready: true })
      const { name } = pod
      const done: Done = {
        says:
          outcome === 'deleted'
            ? { en: `pod ${name} deleted`, ja: `Pod ${name} を削除しました` }
            : { en: `pod ${name} was replaced already`, ja: `Pod ${name} は既に置き換わっています` },
        already: outcome !== 'deleted',
        after: { pod: name, outcome },
      }
      return done
    },
    verify: (params, plan, _done, context) => verifyRebuild(kubernetes, postgres, params, plan, context),
  }
}

async function planRebuild(
  kubernetes: Kubernetes,
  postgres: Postgres,
  params: Params,
  context: StepContext,
): Promise<Plan> {
  const target = `pod/${context.namespace}/${params.pod}`
  const found = await readPod(kubernetes, context, params.pod)
  if (found === undefined) return refuse('target-not-found', { target })
  const pod = podState(found)
  if (pod.owner === undefined)
    refuse('precondition-failed', { target, reason: 'it has no controller that would make it again' })
  const source = await postgres.read({
    connection: params.primary,
    context,
    ask: ({ row }) => row(server, about),
  })
  if (source.recovering)
    refuse('precondition-failed', {
      target,
      reason: `${params.primary} is a replica itself: nothing to copy from`,
    })
  const own = await askReplica(postgres, params, context)
  // The one thing that must never happen: the pod with the only good data is taken for the replica.
  if (own !== undefined && !own.recovering)
    refuse('precondition-failed', {
      target,
      reason: `${params.replica} takes writes itself: it is no replica`,
    })
  if (own !== undefined && own.system !== source.system)
    refuse('precondition-failed', {
      target,
      reason: `${params.replica} belongs to another cluster than ${params.primary}`,
    })
  await deletePod(kubernetes, context, { name: pod.name, uid: pod.uid, ready: true }, true)
  const claims = (found.spec?.volumes ?? []).flatMap((v) => v.persistentVolumeClaim?.claimName ?? [])
  const kept = claims.join(', ')
  return {
    target,
    says: {
      en: `Delete pod ${pod.name}; a new one copies the data of ${params.primary}${
        kept === ''
          ? ''
          : `. Its volume ${kept} outlives it: unless the new pod empties that, the old data comes back`
      }`,
      ja: `Pod ${pod.name} を削除し、新しい Pod が ${params.primary} からデータを複製${
        kept === '' ? '' : `。ボリューム ${kept} は残るため、新しい Pod が空にしなければ古いデータのままです`
      }`,
    },
    nothingToDo: false,
    change: { pod: { name: pod.name, uid: pod.uid, ready: pod.ready }, systemIdentifier: source.system },
    before: { replayed: own?.at ?? null, primaryAt: source.at, volumes: claims },
    // Reads that it serves are lost meanwhile, and it is the whole of its workload: a person decides.
    pods: { ready: pod.ready ? 1 : 0, notReady: pod.ready ? 0 : 1, ofReady: pod.ready ? 1 : 0 },
  }
}

/** What the replica says of itself; undefined when it does not answer, which is a reason to rebuild it. */
async function askReplica(postgres: Postgres, { replica }: Params, context: StepContext) {
  try {
    return await postgres.read({ connection: replica, context, ask: ({ row }) => row(server, about) })
  } catch {
    pulse().signal.throwIfAborted()
    return undefined
  }
}

/** Asked again right before the deletion: a failover in between makes the planned primary the wrong source. */
async function mustBePrimary(postgres: Postgres, { primary }: Params, plan: Plan, context: StepContext) {
  const { systemIdentifier } = change.parse(plan.change)
  const source = await postgres.read({ connection: primary, context, ask: ({ row }) => row(server, about) })
  if (source.recovering || source.system !== systemIdentifier)
    refuse('precondition-failed', {
      target: plan.target,
      reason: `${primary} is no longer the primary it was`,
    })
}

const streams = z.object({ streaming: z.boolean(), passed: z.boolean() })
const looks = `
  select pg_is_in_recovery() and exists (select from pg_stat_wal_receiver where status = 'streaming') as streaming,
    coalesce(pg_last_wal_replay_lsn() >= $1::pg_lsn, false) as passed`
const copying = z.object({ phase: z.string(), done: z.number(), total: z.number().nullable() })
const progress = `
  select phase, backup_streamed::float8 as done, backup_total::float8 as total from pg_stat_progress_basebackup`

/** The new pod is Ready, streams, and has replayed all that the primary had when this began. */
async function verifyRebuild(
  kubernetes: Kubernetes,
  postgres: Postgres,
  { pod, primary, replica }: Params,
  plan: Plan,
  context: StepContext,
): Promise<Verified> {
  const { uid } = change.parse(plan.change).pod
  const started = performance.now()
  const { at } = await postgres.read({ connection: primary, context, ask: ({ row }) => row(server, about) })
  for (;;) {
    const found = await readPod(kubernetes, context, pod)
    const isNew = found !== undefined && found.metadata?.uid !== uid && podState(found).ready
    const seen = isNew
      ? await postgres
          .read({ connection: replica, context, ask: ({ row }) => row(streams, looks, [at]) })
          .catch(() => undefined)
      : undefined
    pulse().signal.throwIfAborted()
    pulse().beat({ isNew, ...seen })
    if (seen?.streaming && seen.passed) {
      return {
        ok: true,
        says: {
          en: `${replica} streams again and has replayed all that ${primary} had`,
          ja: `${replica} は受信を再開し、${primary} の内容に追いつきました`,
        },
        facts: { replayed: at },
      }
    }
    const waited = performance.now() - started
    const copy = await postgres.read({
      connection: primary,
      context,
      ask: ({ rows }) => rows(copying, progress),
    })
    const [current] = copy
    if (current !== undefined && waited > lookForMs) {
      const percent = current.total ? Math.floor((100 * current.done) / current.total) : 0
      refuse('replica-copying', { replica, primary, percent })
    }
    if (current === undefined && waited > readyWithinMs) {
      const kept = z.object({ volumes: z.array(z.string()) }).parse(plan.before).volumes
      const why = {
        en: kept.length === 0 ? '' : `; its volume ${kept.join(', ')} was kept, and with it the old data`,
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
