/** What the workers of a runbook's cluster say of Kubernetes: whether it takes their credentials, and which rights they lack. */
import { failure } from '../../domain/failures.ts'
import type { PartResult } from '../../domain/incident/events.ts'
import type { Runbook } from '../../domain/runbook/runbook.ts'
import { type Text, text } from '../../domain/words.ts'
import { clusterQueue } from '../../workflows/messages.ts'
import { type Finding, refusalFinding } from './finding.ts'

export function kubernetesFindings(
  { cluster, namespace, runbook }: Runbook,
  part: PartResult | undefined,
): readonly Finding[] {
  const check = `kubernetes ${cluster}/${namespace}`
  if (part === undefined)
    return [refusalFinding(check, failure('no-worker', { queue: clusterQueue(cluster) }), 'warn')]
  if (!part.ok) return [refusalFinding(check, part.failure)]
  const { findings, facts } = part.reading
  const told = findings.map(({ code, says, data }): Finding => {
    const next = nextIn(data)
    const status = code === 'right-missing' ? 'fail' : 'warn'
    return { check, status, says: of(runbook, says), ...(next === undefined ? {} : { next }) }
  })
  if (told.some(({ status }) => status === 'fail')) return told
  const there = Reflect.get(Object(facts), 'there')
  const well = {
    en: `all ${there} rights that its steps need are there`,
    ja: `手順に必要な権限 ${there} 件すべてあり`,
  }
  return [{ check, status: 'ok', says: of(runbook, well) }, ...told]
}

/** Only a cluster's own worker knows; this machine's kubeconfig is somebody else's. */
export const kubernetesUnknown: Finding = {
  check: 'kubernetes',
  status: 'warn',
  says: {
    en: "unknown: a cluster's own worker is asked, over Temporal",
    ja: '不明: クラスターのワーカーに Temporal 経由で確認します',
  },
}

function of(runbook: string, { en, ja }: Text): Text {
  return { en: `runbook ${runbook}: ${en}`, ja: `Runbook ${runbook}: ${ja}` }
}

function nextIn(data: unknown): Text | undefined {
  const parsed = text.safeParse(Reflect.get(Object(data), 'next'))
  return parsed.success ? parsed.data : undefined
}
