/** The command line as it is released, built once a run of the tests: files that run side by side want it at the same moment. */
import { execFile } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { withLock } from '../../lab/lock.ts'

export const released: readonly string[] = ['dist/hikeshi.js']

const cache = 'node_modules/.cache'
const builtFor = `${cache}/dist-built-for`

export function buildReleased(): Promise<void> {
  return withLock(`${cache}/dist.lock`, async () => {
    if (existsSync(builtFor) && readFileSync(builtFor, 'utf8') === thisRun()) return
    await promisify(execFile)(process.execPath, ['--import', 'tsx', 'build.ts'])
    writeFileSync(builtFor, thisRun())
  })
}

/** Mocha's own process: the parent of those in which it runs files side by side, and the one that runs them where it does not. */
function thisRun(): string {
  const sideBySide = process.env.MOCHA_WORKER_ID !== undefined && process.send !== undefined
  return String(sideBySide ? process.ppid : process.pid)
}
