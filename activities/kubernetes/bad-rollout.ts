import type { Finding } from '../../domain/steps/contract.ts'
import type { DeploymentState, Revision } from './deployment.ts'
import { isFailing, type PodState, troubleSentence } from './pod-state.ts'

/** A rollout that had been complete is suspected only so long: what breaks a day later has, as a rule, another cause. */
const suspectForMs = 2 * 3_600_000
const mostEvidence = 5

/**
 * Pods of the newest ReplicaSet that fail speak against the rollout, where there is an earlier one to go back to.
 * `everythingFails`: when every Deployment fails at once, also those that were rolled out well, the cause is a common one.
 */
export function badRollout(
  deployment: DeploymentState,
  pods: readonly PodState[],
  nowMs: number,
  everythingFails: boolean,
): Finding | undefined {
  const { live, revisions, target, name } = deployment
  if (live === undefined) return undefined
  const good = lastGood(revisions, live)
  const own = pods.filter((pod) => pod.owner?.uid === live.uid)
  const failing = own.filter(isFailing)
  const reason = mostFrequent(failing.map((pod) => pod.trouble?.reason ?? ''))
  if (good === undefined || reason === undefined) return undefined
  const rolledOutMs = rolledOutAt(live, own)
  const beforeMs = Math.max(0, nowMs - rolledOutMs)
  // Pods that were Ready and then ran out of memory want more of it first; another revision would need as much.
  const lackMemory = failing.every((pod) => pod.oomKilled.length > 0)
  if (wasComplete(deployment) && (beforeMs > suspectForMs || everythingFails || lackMemory)) return undefined
  const before = ago(beforeMs)
  return {
    code: 'bad-rollout',
    subject: target,
    says: {
      en: `${reason} since ReplicaSet ${live.name}, rolled out ${before.en} before`,
      ja: `ReplicaSet ${live.name}（${before.ja}前にロールアウト）から ${reason}`,
    },
    evidence: [
      `revision ${live.number} (${live.images.join(', ')})${live.cause ? `: ${live.cause}` : ''}`,
      ...failing.slice(0, mostEvidence).map(troubleSentence),
    ],
    data: {
      deployment: name,
      reason,
      failing: failing.length,
      pods: own.length,
      bad: named(live),
      good: named(good),
      rolledOutAt: new Date(rolledOutMs).toISOString(),
      rolledOutBeforeMs: beforeMs,
    },
  }
}

/** An older revision whose pods are still Ready has proven itself; else the one that kubectl would take. */
function lastGood(revisions: readonly Revision[], live: Revision): Revision | undefined {
  const older = revisions.filter((revision) => revision.uid !== live.uid)
  return older.find((revision) => revision.ready > 0) ?? older[0]
}

/** A ReplicaSet that a rollback took up again is older than its rollout; its present pods are not. */
function rolledOutAt(live: Revision, pods: readonly PodState[]): number {
  if (live.formerNumbers.length === 0 || pods.length === 0) return live.createdMs
  return Math.min(...pods.map((pod) => pod.createdMs))
}

function wasComplete({ object }: DeploymentState): boolean {
  const progressing = object.status?.conditions?.find((condition) => condition.type === 'Progressing')
  return progressing?.reason === 'NewReplicaSetAvailable'
}

function named({ name, hash, number, images }: Revision) {
  return { replicaSet: name, template: hash, revision: number, images }
}

function mostFrequent(words: readonly string[]): string | undefined {
  const counts = new Map<string, number>()
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0]
}

function ago(ms: number): { readonly en: string; readonly ja: string } {
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
