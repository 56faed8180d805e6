/**
 * What is being tried again at this moment, and what it was refused with last. Only Temporal knows: the incident hears of the end alone,
 * and that can be minutes away.
 */
import { type Failure, isFailure } from '../domain/failures.ts'
import type { IncidentState } from '../domain/incident/state.ts'
import type { Temporal } from './connect.ts'

export type Retrying = { readonly step: string; readonly attempt: number; readonly failure: Failure }

/** As much of Temporal's `PendingActivityInfo` as is read here. */
export type PendingActivity = {
  readonly activityId?: string | null
  readonly attempt?: number | null
  readonly lastFailure?: {
    readonly applicationFailureInfo?: {
      readonly details?: {
        readonly payloads?: readonly { readonly data?: Uint8Array | null }[] | null
      } | null
    } | null
  } | null
}

const answersWithinMs = 1_000
const underWay: readonly string[] = ['reading', 'planning', 'running', 'verifying', 'checking']

/** Empty where nothing is under way, and where Temporal does not say in time. */
export async function retryingNow(
  temporal: Temporal,
  { id, steps }: IncidentState,
): Promise<readonly Retrying[]> {
  if (!Object.values(steps).some(({ status }) => underWay.includes(status))) return []
  try {
    const { raw } = await temporal.connection.withDeadline(Date.now() + answersWithinMs, () =>
      temporal.client.workflow.getHandle(id).describe(),
    )
    return retryingIn(raw.pendingActivities ?? [])
  } catch {
    return []
  }
}

export function retryingIn(pending: readonly PendingActivity[]): readonly Retrying[] {
  return pending.flatMap(({ activityId, attempt, lastFailure }) => {
    // The key of the effect: `step/rollback/run`, `step/rollback/verify/2`.
    const [, step] = /^step\/([^/]+)\/[a-z]+(?:\/\d+)?$/.exec(activityId ?? '') ?? []
    const failure = failureIn(lastFailure?.applicationFailureInfo?.details?.payloads?.[0]?.data)
    return step === undefined || failure === undefined ? [] : [{ step, attempt: attempt ?? 1, failure }]
  })
}

function failureIn(data: Uint8Array | null | undefined): Failure | undefined {
  try {
    const found: unknown = JSON.parse(new TextDecoder().decode(data ?? undefined))
    return isFailure(found) ? found : undefined
  } catch {
    return undefined
  }
}
