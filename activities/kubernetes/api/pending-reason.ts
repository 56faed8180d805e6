/** Why a pod waits, and why Kubernetes refuses to make one: each reason has its own cure. */
import type { Text } from '../../../domain/words.ts'

export type PendingReason =
  | 'memory'
  | 'room'
  | 'taint'
  | 'affinity'
  | 'volume'
  | 'port'
  | 'image'
  | 'starting'
  | 'scheduling'

/** In the order in which they are asked: the words of the scheduler's plugins (k8s.io/kubernetes/pkg/scheduler/framework/plugins). */
const schedulerWords: readonly (readonly [PendingReason, RegExp])[] = [
  ['volume', /volume|persistentvolumeclaim/i],
  ['port', /free ports/i],
  ['affinity', /affinity|selector|topology spread/i],
  ['taint', /taint|unschedulable|not ready/i],
]

/**
 * The reason in the scheduler's sentence. It names what each group of nodes lacks, and nodes that are kept for others are among them
 * always: where memory alone is short on some, more of it helps, or asking for less.
 */
export function whyUnschedulable(message: string): PendingReason {
  const [told = ''] = message.split(/\bpreemption:/)
  const lacking = new Set(
    [...told.matchAll(/Insufficient ([\w./-]+?)(?=[,.]?(?:\s|$))/g)].map(([, what]) => what),
  )
  if (/too many pods/i.test(told)) lacking.add('pods')
  if (lacking.size > 0) return lacking.size === 1 && lacking.has('memory') ? 'memory' : 'room'
  return schedulerWords.find(([, words]) => words.test(told))?.[0] ?? 'scheduling'
}

export const pendingTexts: Readonly<Record<PendingReason, Text>> = {
  memory: { en: 'no node has enough memory', ja: 'メモリの足りるノードがありません' },
  room: { en: 'no node has room', ja: '空きのあるノードがありません' },
  taint: {
    en: 'the nodes are cordoned or tainted',
    ja: 'ノードが停止中か専用です（taint）',
  },
  affinity: {
    en: 'no node matches its selector or affinity',
    ja: '条件（セレクター、アフィニティ）に合うノードがありません',
  },
  volume: { en: 'its volume is not available', ja: 'ボリュームが用意できていません' },
  port: { en: 'its host port is in use on every node', ja: 'ホストポートがすべてのノードで使用中です' },
  image: { en: 'its image is still being pulled', ja: 'イメージの取得に時間がかかっています' },
  starting: { en: 'its node has not started it', ja: 'ノードがまだ起動していません' },
  scheduling: { en: 'no node has been found', ja: '配置先のノードが決まっていません' },
}

export type RefusedReason = 'quota' | 'limit-range' | 'pod-security' | 'webhook' | 'policy' | 'other'

/** Why Kubernetes refuses a pod, or a change, by the sentence of its admission plugin. */
export function whyRefused(message: string): RefusedReason {
  if (/exceeded quota|failed quota/.test(message)) return 'quota'
  if (/violates PodSecurity/.test(message)) return 'pod-security'
  if (/ValidatingAdmissionPolicy|MutatingAdmissionPolicy/.test(message)) return 'policy'
  if (/admission webhook/.test(message)) return 'webhook'
  return /(?:minimum|maximum) (?:memory|cpu|\S+) usage per|limit to request ratio/.test(message)
    ? 'limit-range'
    : 'other'
}

export const refusedTexts: Readonly<Record<RefusedReason, Text>> = {
  quota: { en: "the namespace's quota", ja: '名前空間のクォータ' },
  'limit-range': { en: "the namespace's LimitRange", ja: '名前空間の上限（LimitRange）' },
  'pod-security': { en: 'Pod Security', ja: 'Pod Security' },
  webhook: { en: 'an admission webhook', ja: 'アドミッション Webhook' },
  policy: { en: 'an admission policy', ja: 'アドミッションポリシー' },
  other: { en: 'Kubernetes', ja: 'Kubernetes' },
}
