/** What the workers of a runbook's cluster say of Kubernetes: whether it takes their credentials, and which rights they lack. */
import { failure } from '../../domain/failures.ts'
import type { PartResult } from '../../domain/incident/fold/events.ts'
import { present } from '../../domain/present.ts'
import type { Runbook } from '../../domain/runbook/runbook.ts'
import { type Text, text } from '../../domain/words.ts'
import { clusterQueue } from '../../wire/messages.ts'
import { type Check, refusedCheck } from './check.ts'

export function kubernetesChecks(
  { cluster, namespace, runbook }: Runbook,
  part: PartResult | undefined,
): readonly Check[] {
  const check = `kubernetes ${cluster}/${namespace}`
  if (part === undefined)
    return [refusedCheck(check, failure('no-worker', { queue: clusterQueue(cluster) }), 'warn')]
  if (!part.ok) return [refusedCheck(check, part.failure)]
  const { findings, facts } = part.reading
  const told = findings.map(({ code, says, data }): Check => {
    const next = nextIn(data)
    const isMissing = code === 'right-missing'
    return {
      check,
      status: isMissing ? 'fail' : 'warn',
      says: of(runbook, says),
      ...present({ next: next && (isMissing ? withAll(runbook, next) : next) }),
    }
  })
  if (told.some(({ status }) => status === 'fail')) return told
  const there = Reflect.get(Object(facts), 'there')
  const well = {
    en: `has all ${there} rights that its steps need`,
    ja: `手順に必要な権限 ${there} 件すべてあり`,
  }
  return [{ check, status: 'ok', says: of(runbook, well) }, ...told]
}

/** Only a cluster's own worker knows; this machine's kubeconfig is somebody else's. */
export const kubernetesUnknown: Check = {
  check: 'kubernetes',
  status: 'warn',
  says: {
    en: "unknown: only the cluster's own worker can tell, over Temporal",
    ja: '不明: クラスターのワーカーに Temporal 経由で確認します',
  },
}

function of(runbook: string, { en, ja }: Text): Text {
  return { en: `runbook ${runbook}: ${en}`, ja: `Runbook ${runbook}: ${ja}` }
}

function withAll(runbook: string, { en, ja }: Text): Text {
  return {
    en: `${en} "hikeshi rbac ${runbook}" prints everything it needs.`,
    ja: `${ja}必要な権限は「hikeshi rbac ${runbook}」で出力できます。`,
  }
}

function nextIn(data: unknown): Text | undefined {
  const parsed = text.safeParse(Reflect.get(Object(data), 'next'))
  return parsed.success ? parsed.data : undefined
}
