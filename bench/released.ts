import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'

export type Released = { readonly pid: number; readonly stop: () => Promise<void> }

/** A process as it is installed, from dist/: the loader of the sources would weigh more than what is measured. */
export async function startReleased(
  verb: 'worker' | 'api',
  env: NodeJS.ProcessEnv,
  ...options: readonly string[]
): Promise<Released> {
  const child = spawn(process.execPath, ['dist/hikeshi.js', verb, ...options], {
    // As in the Dockerfile.
    env: { ...env, MALLOC_ARENA_MAX: '2' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const gone = once(child, 'exit')
  const ended = gone.then(([code]) => {
    throw new Error(`${verb} ended before it worked (exit code ${code})`)
  })
  await Promise.race([once(child.stderr, 'data'), ended]) // it says that it works
  ended.catch(() => undefined)
  child.stderr.resume()
  return {
    pid: child.pid ?? 0,
    stop: async () => {
      child.kill('SIGTERM')
      await gone
    },
  }
}

/** Resident now: what the kernel counts against a container, with the pages of files that it shares. */
export function residentMebibytes(pid: number): number {
  return mebibytes(`/proc/${pid}/smaps_rollup`, /^Rss:\s+(\d+) kB/m)
}

export function peakMebibytes(pid: number): number {
  return mebibytes(`/proc/${pid}/status`, /^VmHWM:\s+(\d+) kB/m)
}

function mebibytes(file: string, line: RegExp): number {
  const [, kilobytes] = line.exec(readFileSync(file, 'utf8')) ?? []
  return Number(kilobytes) / 1_024
}
