import type { Lab } from '../../lab/index.ts'

/** Skips the test or block, with the printed reason, where the lab of this machine lacks something. */
export function skipWithout(
  test: Mocha.Context,
  { without }: Lab,
  ...needed: readonly (keyof Lab['without'])[]
): void {
  const missing = needed.find((what) => without[what] !== undefined)
  if (missing === undefined) return
  console.log(`      skipped: no ${missing} (${without[missing]})`)
  test.skip()
}
