import { explain, type Failure, type FailureName, type FailureParams, failure } from '../domain/failures.ts'

/** A failure of the one list, as it is thrown outside of Temporal's own code; each surface words it in its own way. */
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
