// Loaded by .mocharc.json for every run, by mocha's own process and by each of those that it lets run files side by side: whatever
// happens to the tests, no lab outlives them.
import { readFileSync } from 'node:fs'
import { endCleanly } from '../../edge/signals.ts'
import { gone, identify, type ProcessIdentity, signalProcess } from '../../lab/process.ts'
import { takeDownTestLabs } from './shared.ts'

let closing: Promise<void> | undefined

/** Mocha calls this in its own process only. Those beside it are gone then, or go now, and take their labs down themselves. */
export function mochaGlobalTeardown(): Promise<void> {
  closing ??= endSideBySide().then(takeDownTestLabs)
  return closing
}

export const mochaHooks = {
  /** Once labs go down no further test begins: it could bring one up again, by a command that outlives us. */
  beforeEach(): Promise<never> | undefined {
    return closing && new Promise<never>(() => {})
  },
}

endCleanly(mochaGlobalTeardown)

/** As long as those beside us have for a clean-up of their own. */
const graceMs = 60_000

/** A lab of a process that is there is left alone: so they end first, and what they could not take down is taken down then. */
async function endSideBySide(): Promise<void> {
  const others = sideBySide()
  for (const other of others) signalProcess(other, 'SIGTERM')
  await Promise.all(others.map((other) => gone(other, graceMs)))
}

function sideBySide(): readonly ProcessIdentity[] {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ')
  return children
    .filter((pid) => commandOf(pid).includes('mocha/lib/nodejs/worker'))
    .flatMap((pid) => identify(Number(pid)) ?? [])
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return '' // it has ended
  }
}
