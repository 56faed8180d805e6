import {
  explain,
  type Failure,
  type FailureName,
  type FailureParams,
  failure,
  isFailure,
} from '../domain/failures.ts'

/** A failure of the one list, thrown by every function of client/; each surface words it in its own way. */
export class Refused extends Error {
  readonly failure: Failure

  constructor(refusal: Failure, options?: ErrorOptions) {
    super(`${refusal.code} ${explain(refusal, 'en').what}`, options)
    this.name = 'Refused'
    this.failure = refusal
  }
}

/** Builds the error; the caller throws it, so that types narrow. */
export function refused(name: FailureName, params: FailureParams = {}, options?: ErrorOptions): Refused {
  return new Refused(failure(name, params), options)
}

/**
 * The failure of the list that an error brings: our own, or one that a worker or a workflow gave to Temporal, whose errors carry it as
 * their first detail. Known by their shape: a class may exist twice in a bundle, and Temporal's would have to be loaded for it.
 */
export function failureIn(error: unknown): Failure | undefined {
  if (!(error instanceof Error)) return undefined
  // Temporal's own errors have a field `failure` too, which is something else.
  if ('failure' in error && isFailure(error.failure)) return error.failure
  const [detail]: unknown[] = 'details' in error && Array.isArray(error.details) ? error.details : []
  return isFailure(detail) ? detail : failureIn(error.cause)
}
