// Loaded by .mocharc.json for every run: whatever happens to the tests, no lab outlives them.
import { takeDownTestLabs } from './shared.ts'

let closing: Promise<void> | undefined

export function mochaGlobalTeardown(): Promise<void> {
  closing ??= takeDownTestLabs()
  return closing
}

export const mochaHooks = {
  /** Once labs go down no further test begins: it could bring one up again, by a command that outlives us. */
  beforeEach(): Promise<never> | undefined {
    return closing && new Promise<never>(() => {})
  },
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // `on`, not `once`: a terminal sends the signal to the whole group and mocha passes it on, so it comes several times.
  process.on(signal, () => {
    mochaGlobalTeardown().finally(() => process.exit(signal === 'SIGINT' ? 130 : 143))
  })
}
