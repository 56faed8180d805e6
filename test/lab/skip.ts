import type { Context } from 'mocha'
import type { Lab } from '../../lab/index.ts'

/** A describe block, or its title with the reason why it cannot be here: what is missing on this machine. */
export function describeUnless(
  missing: string | undefined,
  title: string,
  block: (this: Mocha.Suite) => void,
): void {
  if (missing === undefined) {
    describe(title, block)
    return
  }
  describe.skip(title, () => {
    it(missing)
  })
  console.log(`  skipped: ${title} (${missing})`)
}

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
