/**
 * What is being tried again at this moment, and what it was refused with last. Only Temporal knows: the incident hears of the end alone,
 * and that can be minutes away.
 */
import { type Failure, isFailure } from '../../domain/failures.ts'

export type Retrying = { readonly step: string; readonly attempt: number; readonly failure: Failure }

/** As much of Temporal's `PendingActivityInfo` as is read here. */
export type PendingActivity = {
  readonly activityId?: string | null
  readonly attempt?: number | null
  readonly state?: number | null
  readonly heartbeatDetails?: Payloads | null
  readonly lastFailure?: {
    readonly applicationFailureInfo?: {
      readonly details?: Payloads | null
    } | null
  } | null
}

type Payloads = { readonly payloads?: readonly { readonly data?: Uint8Array | null }[] | null }

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
