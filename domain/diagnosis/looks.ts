/** What is looked at without an incident. Whoever asks names a desk and a service; the steps are those of the published runbook. */
import { type Part, partAnswersWithinMs, wholePicture } from '../incident/picture.ts'
import { connectionsUsed, type UsedConnection } from '../runbook/connections-used.ts'
import type { PublishedRunbook, Runbook } from '../runbook/runbook.ts'
import { stepsIn } from '../runbook/steps-in.ts'
import { symptomParts } from './diagnosis.ts'

export type Looking =
  /** A service, as the runbook's symptoms and the picture see it. */
  | { readonly at: 'service'; readonly service: string }
  /** Kubernetes and every connection of the runbook: is it reached, and may the worker's role do what the steps do. */
  | { readonly at: 'connections' }
  /** Nothing: the cluster's workers say whom they believe. */
  | { readonly at: 'trust' }

/** Whom a worker believes (docs/settings.md). */
export type Trust = {
  readonly lab: boolean
  readonly signedApprovals: boolean
  readonly trustedRunbooks: boolean
  readonly signedRunbooks: boolean
}

/** Parts that are read at the same time and have so long. */
export type LookGroup = { readonly key: string; readonly parts: readonly Part[]; readonly withinMs: number }

/** The runbook's own reading steps may take longer than the picture: response times are measured for ten seconds. */
const stepAnswersWithinMs = 20_000
const connectionAnswersWithinMs = 10_000

export function lookGroups(runbook: PublishedRunbook, looking: Looking): readonly LookGroup[] {
  if (looking.at === 'trust') return []
  if (looking.at === 'connections')
    return [{ key: 'access', parts: connectionParts(runbook.book), withinMs: connectionAnswersWithinMs }]
  return [
    { key: 'picture', parts: wholePicture(runbook), withinMs: partAnswersWithinMs },
    { key: 'symptoms', parts: symptomParts(runbook, looking.service), withinMs: stepAnswersWithinMs },
  ]
}

/** Kubernetes itself is there in every cluster. */
export const kubernetesId = 'kubernetes'

export function connectionParts(book: Runbook): readonly Part[] {
  const kinds = [...new Set(stepsIn(book).map(({ kind }) => kind))].sort()
  const kubernetes = { id: kubernetesId, kind: 'kubernetes.access', params: { steps: kinds } }
  return [kubernetes, ...connectionsUsed(book).map(connectionPart)]
}

function connectionPart({ system, name, steps }: UsedConnection): Part {
  const id = connectionId({ system, name })
  return system === 'prometheus'
    ? { id, kind: 'prometheus.query', params: { connection: name, query: 'vector(1)' } }
    : { id, kind: `${system}.access`, params: { connection: name, steps } }
}

export function connectionId({ system, name }: Pick<UsedConnection, 'system' | 'name'>): string {
  return `${system} ${name}`
}
