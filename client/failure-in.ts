import { type Failure, isFailure } from '../domain/failures.ts'
import { carriedBy } from '../wire/carried.ts'

/** The failure of the list that an error brings: our own, or one that a worker or a workflow gave to Temporal. */
export function failureIn(error: unknown): Failure | undefined {
  if (!(error instanceof Error)) return undefined
  // Temporal's own errors have a field `failure` too, which is something else.
  if ('failure' in error && isFailure(error.failure)) return error.failure
  return carriedBy(error) ?? failureIn(error.cause)
}
