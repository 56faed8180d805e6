import { ApplicationFailure } from '@temporalio/common'
import {
  explain,
  type Failure,
  type FailureName,
  type FailureParams,
  failure,
  failures,
  isFailure,
} from '../domain/failures.ts'

/** A failure of the list as the error that Temporal carries: type = its code, details = [Failure], retried only where the list says so. */
export function refusal(name: FailureName, params: FailureParams = {}): ApplicationFailure {
  const found = failure(name, params)
  const { what, next } = explain(found, 'en')
  return ApplicationFailure.create({
    message: `${what} ${next}`,
    type: found.code,
    nonRetryable: !failures[name].retryable,
    ...(goesOn.includes(name) ? { nextRetryDelay: '1s' } : {}),
    details: [found],
  })
}

/** Work that goes on by itself: the next attempt looks at it at once. */
const goesOn: readonly FailureName[] = ['rollout-going-on', 'replacement-starting']

/** Ends the work with a failure of the list. */
export function refuse(name: FailureName, params: FailureParams = {}): never {
  throw refusal(name, params)
}

/** The failure that an error carries; undefined when it is none of ours. */
export function failureIn(error: unknown): Failure | undefined {
  if (!(error instanceof ApplicationFailure)) return undefined
  const found: unknown = error.details?.[0]
  return isFailure(found) ? found : undefined
}

/** True when the error is this very failure. */
export function isRefusal(error: unknown, name: FailureName): boolean {
  return failureIn(error)?.name === name
}
