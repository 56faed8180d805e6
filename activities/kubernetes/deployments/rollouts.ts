import type { Reading, StepContext } from '../../../domain/steps/contract.ts'
import type { Text } from '../../../domain/words.ts'
import { excerptOf } from '../../../edge/plain-text.ts'
import { refuse } from '../../refusal.ts'
import { age, table } from '../../table.ts'
import type { Kubernetes } from '../api/client.ts'
import { type DeploymentState, deploymentTarget, type Revision } from '../objects/deployment.ts'
import { readNamespace } from '../objects/namespace.ts'
import { isFailing, type PodState } from '../objects/pod-state.ts'
import { ago, badRollout, revisionText, rolledOutAt } from './bad-rollout.ts'
import { rolloutStatus } from './rollout-status.ts'

const mostDeployments = 50
/** For one Deployment all that kubectl would show; for a whole namespace only what a decision needs. */
const revisionsOfOne = 20
const revisionsOfMany = 3
const excerptBytes = 16_384
/** "What was changed last?" is the first question of every incident. */
const recentMs = 60 * 60_000
const mostRecent = 3

/** Rollout history and status of one Deployment, or of all. */
export async function readRollouts(
  kubernetes: Kubernetes,
  params: { readonly deployment?: string | undefined },
  context: StepContext,
): Promise<Reading> {
  // The whole namespace also for one Deployment: whether the others fail too decides what a crash means.
  const { deployments, pods, cut } = await readNamespace(kubernetes, context)
  const chosen = deployments.filter((d) => params.deployment === undefined || d.name === params.deployment)
  if (params.deployment !== undefined && chosen.length === 0) {
    refuse('target-not-found', { target: deploymentTarget(context.namespace, params.deployment) })
  }
  const failingUids = new Set(pods.filter(isFailing).map((pod) => pod.owner?.uid))
  const running = deployments.filter((d) => d.wanted > 0)
  const everythingFails = running.length > 1 && running.every((d) => failingUids.has(d.live?.uid))
  const most = chosen.length === 1 ? revisionsOfOne : revisionsOfMany
  const shown = chosen.slice(0, mostDeployments)
  const recent = recentRollouts(chosen, pods, context.nowMs)
  return {
    facts: {
      // First, so that it is seen where figures are cut.
      ...(recent.length === 0
        ? {}
        : {
            recent: {
              en: recent
                .slice(0, mostRecent)
                .map(({ en }) => en)
                .join('; '),
              ja: recent
                .slice(0, mostRecent)
                .map(({ ja }) => ja)
                .join('、'),
            },
          }),
      deployments: shown.map((d) => deploymentFacts(d, most)),
      moreDeployments: Math.max(0, chosen.length - mostDeployments),
      cut,
    },
    findings: shown.flatMap((d) => badRollout(d, pods, context.nowMs, everythingFails) ?? []),
    ...(cut || chosen.length > mostDeployments ? { partial: true } : {}),
    text: excerptOf(
      [
        ...(recent.length === 0
          ? []
          : [
              excerptOf(
                recent.map(({ en, ja }) => ({ en: `recent: ${en}`, ja: `直近: ${ja}` })),
                excerptBytes,
              ),
            ]),
        ...shown.map((d) => excerpt(d, most, context.nowMs)),
      ],
      excerptBytes,
      '\n\n',
    ),
  }
}

/** What was rolled out in the last hour, the newest first; `web revision 5 "1.9.0: new driver", 3 seconds ago`. */
function recentRollouts(
  deployments: readonly DeploymentState[],
  pods: readonly PodState[],
  nowMs: number,
): readonly Text[] {
  return deployments
    .flatMap(({ name, live }) => {
      if (live === undefined) return []
      const atMs = rolledOutAt(
        live,
        pods.filter((pod) => pod.owner?.uid === live.uid),
      )
      return nowMs - atMs > recentMs ? [] : [{ name, live, atMs }]
    })
    .sort((a, b) => b.atMs - a.atMs)
    .map(({ name, live, atMs }) => {
      const [revision, before] = [revisionText(live), ago(Math.max(0, nowMs - atMs))]
      return {
        en: `${name} ${revision.en}, ${before.en} ago`,
        ja: `${name} ${revision.ja}（${before.ja}前）`,
      }
    })
}

function deploymentFacts(deployment: DeploymentState, most: number) {
  const { name, wanted, object, revisions, live } = deployment
  const { done, says } = rolloutStatus(deployment)
  return {
    deployment: name,
    wanted,
    ready: object.status?.readyReplicas ?? 0,
    paused: object.spec?.paused ?? false,
    complete: done,
    status: says,
    live: live?.hash ?? null,
    revisions: revisions.slice(0, most).map(revisionFacts),
    moreRevisions: Math.max(0, revisions.length - most),
  }
}

function revisionFacts({ name, hash, number, images, cause, createdMs, replicas, ready }: Revision) {
  return {
    revision: number,
    template: hash,
    replicaSet: name,
    images: images.slice(0, 5),
    cause: cause ?? null,
    createdAt: new Date(createdMs).toISOString(),
    replicas,
    ready,
  }
}

function excerpt(deployment: DeploymentState, most: number, nowMs: number): string {
  const rows = deployment.revisions
    .slice(0, most)
    .map(({ number, name, ready, replicas, createdMs, images, cause }) => [
      String(number),
      name,
      `${ready}/${replicas}`,
      age(nowMs - createdMs),
      cause ?? images.join(','),
    ])
  const paused = deployment.object.spec?.paused ? ' (paused)' : ''
  const head = ['REVISION', 'REPLICASET', 'READY', 'AGE', 'CHANGE-CAUSE']
  return `${rolloutStatus(deployment).says}${paused}\n${table([head, ...rows])}`
}
