import type { Context } from 'mocha'
import type { Lab } from '../../lab/index.ts'

/** Skips the test or, from a `before`, the whole group, and says why: a skip without its reason looks like an oversight. */
export function skipBecause(context: Context, reason: string): never {
  const title = context.test?.parent?.title ?? ''
  console.log(`      skipped (${title}): ${reason}`)
  return context.skip()
}

/** The same where the lab of this machine lacks something that is needed. */
export function skipWithout(
  context: Context,
  { without }: Lab,
  ...needed: readonly (keyof Lab['without'])[]
): void {
  for (const what of needed) {
    const why = without[what]
    if (why !== undefined) skipBecause(context, `no ${what}: ${why}`)
  }
}
