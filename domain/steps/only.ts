import { z } from 'zod'

/**
 * The way in which a number may go: with `up` what has as much or more already stays as it is, with `down` what has as little or less.
 * "Scale out to 8" must not take pods away from a service that has 12 by now.
 */
export const only = z.enum(['up', 'down'])
export type Only = z.infer<typeof only>

/** True when nothing is left to do for `wanted`. */
export function isReached(has: number, wanted: number, way: Only | undefined): boolean {
  if (way === 'up') return has >= wanted
  return way === 'down' ? has <= wanted : has === wanted
}
