import { z } from 'zod'
import { duration } from '../duration.ts'
import { expects } from '../expected.ts'
import { kubernetesName, labelSelector } from '../names.ts'
import { amounts, requestedTooMuch } from '../quantity.ts'
import type { Json } from '../words.ts'
import { changeKind, type Plan, readKind, type Undo } from './contract.ts'
import {
  deletion,
  deployment,
  emptyWorkloads,
  keptLogs,
  leases,
  patching,
  refusedPods,
  workloads,
} from './kubernetes-needs.ts'
import { nothing } from './needs.ts'
import { only } from './only.ts'
import { stepsToCheck } from './postgres.ts'

/** A reading step has a minute, and the first lines take their time. */
const mostFollowedMs = 40_000

/** `deployment/shodo-backend`: what the runbook names, and what therefore has to be there. */
const workload = z
  .string()
  .max(300)
  .regex(
    /^(deployment|statefulset)\/[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/,
    expects('a workload such as deployment/shodo-backend', 'deployment/shodo-backend のようなワークロード'),
  )

/** More than this no runbook names. */
export const mostExpected = 1_000

/** A ReplicaSet's pod-template-hash: the one name of a revision that a rollback does not change. */
const templateHash = z
  .string()
  .regex(/^[a-z0-9]{1,20}$/, expects('a pod-template-hash', 'Pod テンプレートのハッシュ'))

export const kubernetesSteps = {
  'kubernetes.pods': readKind({
    title: { ja: 'Pod の状態', en: 'Pods and their state' },
    params: z.strictObject({
      selector: labelSelector.optional(),
      /** Must be there and want pods; one that is missing or scaled to 0 is found first. */
      expect: z.array(workload).max(mostExpected).optional(),
    }),
    // Names alone, which are compared and never asked for: an incident that was opened with an older runbook may name others.
    byHand: ['expect'],
    covers: (all, some) =>
      (all.selector === undefined || all.selector === some.selector) &&
      (some.expect ?? []).every((workload) => all.expect?.includes(workload)),
    needs: { kubernetes: { needs: workloads, optional: [emptyWorkloads, refusedPods, keptLogs] } },
    finds: [
      'crash-loop',
      'oom-killed',
      'image-not-pulled',
      'no-room',
      'pods-pending',
      'pods-refused',
      'pods-not-ready',
      'service-dead',
    ],
  }),
  'kubernetes.access': readKind({
    title: { ja: '権限の確認', en: 'Rights of the worker' },
    params: z.strictObject({ steps: stepsToCheck }),
    byHand: [],
    needs: nothing,
    finds: ['right-missing', 'not-prepared'],
  }),
  'kubernetes.logs': readKind({
    title: { ja: 'ログ', en: 'Logs' },
    params: z
      .strictObject({
        deployment: kubernetesName.optional(),
        /** One pod, such as that of a database. */
        pod: kubernetesName.optional(),
        tail: z.number().int().min(1).max(5_000).default(100),
        /** Words any of which a line must contain; plain text, not a regular expression. */
        grep: z.array(z.string().min(1).max(200)).max(10).default([]),
        previous: z.boolean().default(false),
        /** Goes on reading for so long, as `kubectl logs -f`. */
        follow: duration
          .refine(
            (ms) => ms <= mostFollowedMs,
            expects(`at most ${mostFollowedMs / 1_000} s`, `${mostFollowedMs / 1_000} 秒以下`),
          )
          .default(0),
      })
      .refine(
        (p) => (p.deployment === undefined) !== (p.pod === undefined),
        expects('either deployment or pod', 'deployment か pod のどちらか一方'),
      )
      .refine((p) => !(p.previous && p.follow > 0), {
        path: ['follow'],
        error: expects(
          'no "previous": that run has ended and logs nothing new',
          '「previous」なし（終了した実行からは新しい出力がありません）',
        ),
      }),
    heavy: ({ follow }) => follow > 0,
    byHand: ['tail', 'grep', 'previous', 'follow'],
    needs: { kubernetes: { needs: [...deployment, 'get pods', 'get pods/log'] } },
    finds: ['errors-in-logs'],
  }),
  'kubernetes.events': readKind({
    title: { ja: 'Kubernetes の警告イベント', en: 'Warning events' },
    params: z.strictObject({
      since: duration.default(3_600_000),
      limit: z.number().int().min(1).max(500).default(100),
    }),
    byHand: ['since', 'limit'],
    needs: { kubernetes: { needs: ['list events'] } },
    finds: [],
  }),
  'kubernetes.rollouts': readKind({
    title: { ja: 'デプロイ履歴と状態', en: 'Rollout history and status' },
    params: z.strictObject({ deployment: kubernetesName.optional() }),
    byHand: [],
    covers: (all, some) => all.deployment === undefined || all.deployment === some.deployment,
    needs: { kubernetes: { needs: workloads, optional: [emptyWorkloads] } },
    finds: ['bad-rollout'],
  }),
  'kubernetes.scale': changeKind({
    title: { ja: 'レプリカ数の変更', en: 'Scale' },
    risk: 'reversible',
    dryRun: true,
    params: z.strictObject({
      deployment: kubernetesName,
      replicas: z.number().int().min(0).max(500),
      only: only.optional(),
    }),
    byHand: ['replicas'],
    byVerifiedHand: ['deployment'],
    needs: {
      kubernetes: {
        ...patching,
        optional: [
          {
            what: ['list horizontalpodautoscalers.autoscaling'],
            without: {
              en: 'kubernetes.scale cannot tell whether an autoscaler also sets the replicas',
              ja: 'kubernetes.scale は、オートスケーラー（HPA）の有無を確認できません',
            },
          },
        ],
      },
    },
    finds: [],
    undo: (params, plan): Undo => ({
      kind: 'kubernetes.scale',
      with: { deployment: params.deployment, replicas: numberIn(plan, 'replicas') },
    }),
  }),
  'kubernetes.rollout-undo': changeKind({
    title: { ja: 'ロールバック', en: 'Roll back' },
    risk: 'reversible',
    dryRun: true,
    params: z
      .strictObject({
        deployment: kubernetesName,
        toRevision: z.number().int().min(1).optional(),
        toTemplate: templateHash.optional(),
      })
      .refine(
        (p) => p.toRevision === undefined || p.toTemplate === undefined,
        expects('toRevision or toTemplate, not both', 'toRevision か toTemplate のどちらか一方'),
      ),
    byHand: ['toRevision', 'toTemplate'],
    byVerifiedHand: ['deployment'],
    needs: { kubernetes: patching },
    finds: [],
    undo: (params, plan): Undo => backToTemplate(params.deployment, plan),
  }),
  'kubernetes.rollout-restart': changeKind({
    title: { ja: '再起動（ローリング）', en: 'Rolling restart' },
    risk: 'reversible',
    dryRun: true,
    params: z.strictObject({ deployment: kubernetesName }),
    byHand: [],
    byVerifiedHand: ['deployment'],
    needs: { kubernetes: patching },
    finds: [],
    undo: (params, plan): Undo => backToTemplate(params.deployment, plan),
  }),
  'kubernetes.set-resources': changeKind({
    title: { ja: 'リソース制限の変更', en: 'Set limits and requests' },
    risk: 'reversible',
    dryRun: true,
    params: z
      .strictObject({
        deployment: kubernetesName,
        /** All containers if not said, as kubectl does. */
        container: kubernetesName.optional(),
        limits: amounts.optional(),
        requests: amounts.optional(),
        only: only.optional(),
      })
      .refine(
        (p) => p.limits !== undefined || p.requests !== undefined,
        expects('limits or requests', 'limits か requests'),
      )
      .refine((p) => requestedTooMuch(p.requests, p.limits) === undefined, {
        path: ['requests'],
        error: expects('no more than the limits', 'limits 以下の値'),
      }),
    byHand: ['limits', 'requests'],
    byVerifiedHand: ['deployment', 'container'],
    needs: {
      kubernetes: {
        ...patching,
        optional: [
          {
            what: ['list nodes'],
            without: {
              en: 'kubernetes.set-resources cannot check whether the pods fit on a node',
              ja: 'kubernetes.set-resources は、ノードに収まるかを確認できません',
            },
          },
        ],
      },
    },
    finds: [],
    undo: (params, plan): Undo => backToTemplate(params.deployment, plan),
  }),
  'kubernetes.delete-pods': changeKind({
    title: { ja: 'Pod の削除（作り直し）', en: 'Delete pods (to be recreated)' },
    risk: 'disruptive',
    dryRun: true,
    piecemeal: true,
    riskOf: (plan) => (plan.pods.ready === 0 ? 'reversible' : 'disruptive'),
    params: z
      .strictObject({
        pod: kubernetesName.optional(),
        selector: labelSelector.optional(),
        /** Take only pods that fail, and those that have not been Ready for `olderThan`; see docs/kubernetes.md. */
        notReady: z.boolean().default(false),
        /** 5m if not said. */
        olderThan: duration.optional(),
        /** The next one only when the replacement of the one before is Ready. */
        oneByOne: z.boolean().default(false),
      })
      .refine(
        (p) => (p.pod === undefined) !== (p.selector === undefined),
        expects('either pod or selector', 'pod か selector のどちらか一方'),
      ),
    byHand: ['notReady', 'oneByOne'],
    byVerifiedHand: ['pod', 'selector'],
    needs: {
      kubernetes: { needs: [...workloads, ...deletion, ...leases], optional: [emptyWorkloads, refusedPods] },
    },
    finds: [],
    undo: (): Undo => ({
      irreversible: {
        ja: '削除した Pod は戻せません（コントローラーが新しい Pod を作ります）。',
        en: 'a deleted pod does not come back; its controller creates a new one.',
      },
    }),
  }),
}

function backToTemplate(deployment: string, plan: Plan): Undo {
  return { kind: 'kubernetes.rollout-undo', with: { deployment, toTemplate: stringIn(plan, 'template') } }
}

/** Undefined also where `before` is null or no object at all. */
function member({ before }: Plan, key: string): Json | undefined {
  return (Object(before) as { readonly [key: string]: Json | undefined })[key]
}

function numberIn(plan: Plan, key: string): number {
  const value = member(plan, key)
  if (typeof value !== 'number') throw new Error(`plan.before.${key} of ${plan.target} is no number`)
  return value
}

function stringIn(plan: Plan, key: string): string {
  const value = member(plan, key)
  if (typeof value !== 'string') throw new Error(`plan.before.${key} of ${plan.target} is no text`)
  return value
}
