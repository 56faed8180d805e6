import { ApplicationFailure } from '@temporalio/common'
import { explain, type Failure } from '../domain/failures.ts'

type Tries = {
  /** Whether Temporal may hand the same call out again. */
  readonly retryable: boolean
  readonly nextRetryDelay?: NonNullable<ApplicationFailure['nextRetryDelay']>
}

/** A failure of the list as the error that Temporal carries: type = its code, first detail = the failure. `carriedBy` reads it. */
export function carrying(found: Failure, { retryable, ...delay }: Tries): ApplicationFailure {
  const { what, next } = explain(found, 'en')
  return ApplicationFailure.create({
    message: `${found.code} ${what} ${next}`,
    type: found.code,
    nonRetryable: !retryable,
    details: [found],
    ...delay,
  })
}
