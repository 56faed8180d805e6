import { type Failure, isFailure } from '../domain/failures.ts'

/**
 * The failure that an error of Temporal's carries itself (`carrying` made it); undefined where it carries none. Known by its shape: a class
 * may exist twice in a bundle, and Temporal's packages would have to be loaded for it.
 */
export function carriedBy(error: unknown): Failure | undefined {
  const details = error instanceof Error && 'details' in error ? error.details : undefined
  const [detail]: readonly unknown[] = Array.isArray(details) ? details : []
  return isFailure(detail) ? detail : undefined
}
