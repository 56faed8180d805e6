import type { Context } from 'mocha'

/** Skips the test or, from a `before`, the whole group, and says why: a skip without its reason looks like an oversight. */
export function skipBecause(context: Context, reason: string): never {
  const title = context.test?.parent?.title ?? ''
  console.log(`      skipped (${title}): ${reason}`)
  return context.skip()
}
