/** What the pods of one workload speak for. */

import { counted } from '../../../domain/counted.ts'
import type { Finding } from '../../../domain/steps/contract.ts'
import { type Lang, none, said, type Text, type Words } from '../../../domain/words.ts'
import { type PendingReason, pendingTexts, refusedTexts, whyRefused } from '../api/pending-reason.ts'
import { isFailing, lacksImage, type OomKill, type PodState, troubleSentence } from '../objects/pod-state.ts'

export const mostEvidence = 5
/** A container that was killed longer ago and has been well since is no news. */
const oomCountsForMs = 15 * 60_000
/** How long pulling an image and mounting a volume may take; what the scheduler refuses is reported at once. */
const startsWithinMs = 60_000

export type Figures = {
  readonly subject: string
  readonly wanted: number
  readonly ready: number
  /** Without those on their way out. */
  readonly pods: readonly PodState[]
  /** Its controller says how many pods it wants. */
  readonly isControlled: boolean
  /** Why its controller may not make pods; empty when it may. */
  readonly refused: string
}

export function findingsOf(workload: Figures, nowMs: number): Finding[] {
  return [
    ...crashLoop(workload),
    ...oomKilled(workload, nowMs),
    ...imageNotPulled(workload),
    ...podsPending(workload, nowMs),
    ...podsRefused(workload),
    ...serviceDead(workload),
    ...podsNotReady(workload),
  ]
}

function crashLoop(workload: Figures): Finding[] {
  const looping = notReadyOf(workload).filter((pod) => pod.trouble?.reason === 'CrashLoopBackOff')
  if (looping.length === 0) return []
  const { subject, pods } = workload
  const name = nameOf(subject)
  return [
    {
      code: 'crash-loop',
      subject,
      says: {
        en: `${looping.length} of ${pods.length} pods of ${name} keep crashing`,
        ja: `${name} の Pod ${pods.length} 個中 ${looping.length} 個がクラッシュを繰り返しています`,
      },
      evidence: looping.slice(0, mostEvidence).map(troubleSentence),
      data: { ...dataOf(workload), crashing: looping.length },
    },
  ]
}

function oomKilled({ subject, pods, ...workload }: Figures, nowMs: number): Finding[] {
  const counts = (pod: PodState, kill: OomKill) => !pod.ready || nowMs - kill.atMs <= oomCountsForMs
  const killed = pods.flatMap((pod) => {
    const kills = pod.oomKilled.filter((kill) => counts(pod, kill))
    return kills.length === 0 ? [] : [{ pod, kills }]
  })
  const kills = killed.flatMap((each) => each.kills)
  if (kills.length === 0) return []
  const limits = (lang: Lang) => [...new Set(kills.map(({ limit }) => limit || none[lang]))].join(', ')
  const restarts = kills.reduce((sum, kill) => sum + kill.restarts, 0)
  const name = nameOf(subject)
  return [
    {
      code: 'oom-killed',
      subject,
      says: {
        en: `${killed.length} of ${pods.length} pods of ${name} were OOM-killed (limit ${limits('en')}, ${counted(restarts, 'restart')})`,
        ja: `${name} の Pod ${pods.length} 個中 ${killed.length} 個がメモリ不足で強制終了されました（上限 ${limits('ja')}、再起動 ${restarts} 回）`,
      },
      evidence: killed.slice(0, mostEvidence).map(({ pod, kills }) => oomSentence(pod, kills)),
      data: {
        ...dataOf({ subject, pods, ...workload }),
        killed: killed.length,
        limits: [...new Set(kills.map(({ limit }) => limit))].slice(0, 5),
        restarts,
        lastAt: new Date(Math.max(...kills.map(({ atMs }) => atMs))).toISOString(),
      },
    },
  ]
}

function oomSentence({ name, status }: PodState, kills: readonly OomKill[]): Text {
  const each = kills.slice(0, 3).map(({ container, limit, restarts, atMs }) => {
    const at = new Date(atMs).toISOString()
    return {
      en: `container ${container}: OOMKilled at ${at}, limit ${limit || none.en}, ${counted(restarts, 'restart')}`,
      ja: `コンテナー ${container}: OOMKilled（${at}）、上限 ${limit || none.ja}、再起動 ${restarts} 回`,
    }
  })
  return {
    en: `pod ${name} (${status}), ${each.map(({ en }) => en).join('; ')}`,
    ja: `pod ${name}（${status}）、${each.map(({ ja }) => ja).join('。')}`,
  }
}

function imageNotPulled(workload: Figures): Finding[] {
  const lacking = workload.pods.filter(lacksImage)
  if (lacking.length === 0) return []
  const { subject, pods } = workload
  const images = [...new Set(lacking.map((pod) => pod.trouble?.image ?? ''))].slice(0, 5)
  const name = nameOf(subject)
  return [
    {
      code: 'image-not-pulled',
      subject,
      says: {
        en: `${lacking.length} of ${pods.length} pods of ${name} cannot pull ${images.join(', ')}`,
        ja: `${name} の Pod ${pods.length} 個中 ${lacking.length} 個がイメージ ${images.join(', ')} を取得できません`,
      },
      evidence: lacking.slice(0, mostEvidence).map(troubleSentence),
      data: { ...dataOf(workload), lacking: lacking.length, images },
    },
  ]
}

/** Memory is what a smaller request answers; everything else that pods wait for has a cure of its own. */
function podsPending(workload: Figures, nowMs: number): Finding[] {
  const pending = workload.pods.filter(
    (pod) => pod.pending && (pod.pending.unschedulable || nowMs - pod.createdMs > startsWithinMs),
  )
  const ofMemory = pending.filter((pod) => pod.pending?.reason === 'memory')
  const others = pending.filter((pod) => !ofMemory.includes(pod))
  return [...pendingFor('no-room', workload, ofMemory), ...pendingFor('pods-pending', workload, others)]
}

function pendingFor(
  code: 'no-room' | 'pods-pending',
  workload: Figures,
  pending: readonly PodState[],
): Finding[] {
  const [first] = pending
  if (first?.pending === undefined) return []
  const { subject, pods } = workload
  const message = said(first.pending.message)
  const reasons = [...new Set(pending.map((pod): PendingReason => pod.pending?.reason ?? 'scheduling'))]
  const why = reasons.map((reason) => pendingTexts[reason])
  const name = nameOf(subject)
  return [
    {
      code,
      subject,
      says: {
        en: `${pending.length} of ${pods.length} pods of ${name} are Pending, ${why.map(({ en }) => en).join(', ')}: ${message.en}`,
        ja: `${name} の Pod ${pods.length} 個中 ${pending.length} 個が Pending のままです。${why.map(({ ja }) => ja).join('、')}: ${message.ja}`,
      },
      evidence: pending.slice(0, mostEvidence).map(troubleSentence),
      data: {
        ...dataOf(workload),
        pending: pending.length,
        unschedulable: pending.filter((pod) => pod.pending?.unschedulable).length,
        reasons,
      },
    },
  ]
}

function podsRefused(workload: Figures): Finding[] {
  const { subject, wanted, pods, refused } = workload
  if (refused === '' || pods.length >= wanted) return []
  const name = nameOf(subject)
  const reason = whyRefused(refused)
  const by = refusedTexts[reason]
  return [
    {
      code: 'pods-refused',
      subject,
      says: {
        en: `${wanted - pods.length} of ${wanted} pods of ${name} cannot be created, refused by ${by.en}: ${refused}`,
        ja: `${name} の Pod ${wanted} 個中 ${wanted - pods.length} 個を作成できません。${by.ja}による拒否: ${refused}`,
      },
      evidence: [refused],
      data: { ...dataOf(workload), refused: wanted - pods.length, reason },
    },
  ]
}

/** Of what the runbook does not name, scaled to zero is somebody's decision, not an outage. */
function serviceDead(workload: Figures): Finding[] {
  const { subject, wanted, ready, isControlled } = workload
  if (!isControlled || wanted === 0 || ready > 0) return []
  const name = nameOf(subject)
  return [
    {
      code: 'service-dead',
      subject,
      says: {
        en: `${name} has no Ready pod (${wanted} wanted)`,
        ja: `${name} に Ready の Pod がありません（必要数 ${wanted}）`,
      },
      evidence: evidenceOf(workload, { en: `${name} has no pods`, ja: `${name} に Pod がありません` }),
      data: dataOf(workload),
    },
  ]
}

/** The extra pod of a rollout that is not Ready yet takes nothing away; what keeps it from starting is a finding of its own. */
function podsNotReady(workload: Figures): Finding[] {
  const { subject, wanted, ready, pods } = workload
  if (ready >= wanted) return []
  const name = nameOf(subject)
  return [
    {
      code: 'pods-not-ready',
      subject,
      says: {
        en: `${ready} of ${wanted} pods of ${name} are Ready`,
        ja: `${name} の Pod ${wanted} 個中 ${ready} 個が Ready です`,
      },
      evidence: evidenceOf(workload, {
        en: `${name} has ${pods.length} of ${wanted} pods`,
        ja: `${name} の Pod は ${wanted} 個中 ${pods.length} 個です`,
      }),
      data: dataOf(workload),
    },
  ]
}

/** Those that fail for good first; without any pod to speak of, what the controller says. */
function evidenceOf(workload: Figures, otherwise: Text): readonly Words[] {
  const sentences = [...notReadyOf(workload)]
    .sort((a, b) => Number(isFailing(b)) - Number(isFailing(a)))
    .slice(0, mostEvidence)
    .map(troubleSentence)
  const refused = workload.refused === '' ? [] : [workload.refused]
  return sentences.length > 0 ? [...sentences, ...refused] : [otherwise, ...refused]
}

function notReadyOf({ pods }: Figures): readonly PodState[] {
  return pods.filter((pod) => !pod.ready)
}

function dataOf(workload: Figures) {
  const { wanted, ready, pods } = workload
  return { wanted, ready, pods: pods.length, notReady: notReadyOf(workload).length }
}

function nameOf(subject: string): string {
  return subject.split('/').at(-1) ?? subject
}
