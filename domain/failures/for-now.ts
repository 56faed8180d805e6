/**
 * Beside the parameters of a `precondition-failed` whose reason is how the target stands today: tomorrow the same step may be for it. Without
 * it the step, or what it names, has to be changed, and a rehearsal calls that rot.
 */
export const forNow = { lasts: 'for-now' } as const
