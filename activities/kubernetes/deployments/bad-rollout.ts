import { present } from '../../../domain/present.ts'
import type { Finding } from '../../../domain/steps/contract.ts'
import type { Text } from '../../../domain/words.ts'
import type { DeploymentState, Revision } from '../objects/deployment.ts'
import { isFailing, type PodState, troubleSentence } from '../objects/pod-state.ts'
import { isKnownBroken } from './broken.ts'
import { exceededDeadline } from './rollout-status.ts'

/** What was well for longer than this after its rollout, and fails then, has as a rule another cause. */
const showsWithinMs = 10 * 60_000
const mostEvidence = 5

/**
 * Pods of the newest ReplicaSet that fail, or never become Ready, speak against the rollout, where there is an earlier one to go back to.
 * `everythingFails`: when every Deployment fails at once, also those that were rolled out well, the cause is a common one.
 */
export function badRollout(
  deployment: DeploymentState,
  pods: readonly PodState[],
  nowMs: number,
  everythingFails: boolean,
): Finding | undefined {
  const { live, target, name } = deployment
  const good = live && lastGood(deployment, live)
  if (live === undefined || good === undefined) return undefined
  const own = pods.filter((pod) => pod.owner?.uid === live.uid)
  const bad = whatIsBad(deployment, live, own)
  if (bad === undefined) return undefined
  const rolledOutMs = rolledOutAt(live, own)
  if (wasComplete(deployment) && !isBlamed(deployment, bad.pods, rolledOutMs, everythingFails))
    return undefined
  const beforeMs = Math.max(0, nowMs - rolledOutMs)
  const before = ago(beforeMs)
  const named = revisionText(live)
  return {
    code: 'bad-rollout',
    subject: target,
    says: {
      en: `${bad.says.en} since ReplicaSet ${live.name}, rolled out ${before.en} before: ${named.en}`,
      ja: `ReplicaSet ${live.name}（${before.ja}前にロールアウト、${named.ja}）から ${bad.says.ja}`,
    },
    evidence: [
      `revision ${live.number} (${live.images.join(', ')})${live.cause ? `: ${live.cause}` : ''}`,
      ...bad.pods.slice(0, mostEvidence).map(troubleSentence),
    ],
    data: {
      deployment: name,
      reason: bad.says,
      failing: bad.pods.length,
      pods: own.length,
      bad: namesOf(live),
      good: namesOf(good),
      rolledOutAt: new Date(rolledOutMs).toISOString(),
      rolledOutBeforeMs: beforeMs,
    },
    // Of two bad releases in a row the one before the last is no way back: what is proposed is what was found good.
    answers: { 'kubernetes.rollout-undo': { deployment: name, toTemplate: good.hash } },
  }
}

type Bad = { readonly says: Text; readonly pods: readonly PodState[] }

/** What is wrong with the pods of one of its revisions; undefined where nothing is known. */
export function rolloutProblem(
  deployment: DeploymentState,
  revision: Revision,
  pods: readonly PodState[],
): Text | undefined {
  return whatIsBad(deployment, revision, pods)?.says
}

/** What its pods fail of; or that they run, and have not become Ready in all the time that the Deployment gives them. */
function whatIsBad(
  deployment: DeploymentState,
  revision: Revision,
  pods: readonly PodState[],
): Bad | undefined {
  const own = pods.filter((pod) => pod.owner?.uid === revision.uid)
  const failing = own.filter(isFailing)
  const reason = mostFrequent(failing.map((pod) => pod.trouble?.reason ?? ''))
  if (reason !== undefined) return { says: { en: reason, ja: reason }, pods: failing }
  const unready = own.filter(
    (pod) => !pod.ready && !pod.terminating && !pod.ended && pod.pending === undefined,
  )
  // The Deployment speaks of its newest revision alone.
  const isLive = revision.uid === deployment.live?.uid
  if (unready.length === 0 || !isLive || !exceededDeadline(deployment)) return undefined
  return {
    says: {
      en: `${unready.length} new pods are running but not Ready`,
      ja: `新しい Pod ${unready.length} 個が起動したまま Ready になりません`,
    },
    pods: unready,
  }
}

/** A rollout that had been complete is blamed where its pods failed soon, and for a reason of its own. */
function isBlamed(
  { object }: DeploymentState,
  failing: readonly PodState[],
  rolledOutMs: number,
  everythingFails: boolean,
): boolean {
  // Pods that were Ready and then ran out of memory want more of it first; another revision would need as much.
  if (everythingFails || failing.every((pod) => pod.oomKilled.length > 0)) return false
  // Pods that were replaced meanwhile do not know how long it has been so; the Deployment does.
  const unavailable = object.status?.conditions?.find((c) => c.type === 'Available' && c.status === 'False')
  const downSinceMs = Date.parse(unavailable?.lastTransitionTime ?? '')
  const since = [
    ...failing.map((pod) => pod.trouble?.sinceMs ?? pod.createdMs),
    ...(downSinceMs >= rolledOutMs ? [downSinceMs] : []),
  ]
  return Math.min(...since) - rolledOutMs <= showsWithinMs
}

/** An older revision whose pods are still Ready has proven itself; else the newest that is not known to be broken, as kubectl would take it. */
function lastGood(deployment: DeploymentState, live: Revision): Revision | undefined {
  const older = deployment.revisions.filter((revision) => revision.uid !== live.uid)
  return (
    older.find((revision) => revision.ready > 0) ??
    older.find((revision) => !isKnownBroken(deployment, revision)) ??
    older[0]
  )
}

/** A ReplicaSet that a rollback took up again is older than its rollout; its present pods are not. */
export function rolledOutAt(live: Revision, pods: readonly PodState[]): number {
  if (live.formerNumbers.length === 0 || pods.length === 0) return live.createdMs
  return Math.min(...pods.map((pod) => pod.createdMs))
}

/** `revision 5 "1.9.0: new database driver"` */
export function revisionText({ number, cause, images }: Revision): Text {
  const what = cause ?? images.join(', ')
  return { en: `revision ${number} "${what}"`, ja: `リビジョン ${number}「${what}」` }
}

function wasComplete({ object }: DeploymentState): boolean {
  const progressing = object.status?.conditions?.find((condition) => condition.type === 'Progressing')
  return progressing?.reason === 'NewReplicaSetAvailable'
}

function namesOf({ name, hash, number, images, cause }: Revision) {
  return {
    replicaSet: name,
    template: hash,
    revision: number,
    images,
    ...present({ cause }),
  }
}

function mostFrequent(words: readonly string[]): string | undefined {
  const counts = new Map<string, number>()
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0]
}

export function ago(ms: number): { readonly en: string; readonly ja: string } {
  const units = [
    [86_400_000, 'day', '日'],
    [3_600_000, 'hour', '時間'],
    [60_000, 'minute', '分'],
    [1_000, 'second', '秒'],
  ] as const
  const [size, en, ja] = units.find(([unit]) => ms >= unit) ?? units[3]
  const amount = Math.floor(ms / size)
  return { en: `${amount} ${en}${amount === 1 ? '' : 's'}`, ja: `${amount}${ja}` }
}
