// Loaded by .mocharc.json for every run: whatever happens to the tests, no lab outlives them.
import { endCleanly } from '../../edge/signals.ts'
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

endCleanly(mochaGlobalTeardown)
