/** hikeshi as it is installed, from dist/: the loader of the sources would weigh more than what is measured. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

export type Released = {
  readonly pid: number
  /** Without a word, as a machine that dies. */
  readonly kill: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** Returns when the process says on standard error what `ready` matches. */
export async function startReleased(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  ready: RegExp,
): Promise<Released> {
  const child = spawn(process.execPath, ['dist/hikeshi.js', ...args], {
    // As in the Dockerfile.
    env: { ...env, MALLOC_ARENA_MAX: '2', MALLOC_TRIM_THRESHOLD_: '131072' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  // Whoever interrupts the bench leaves nothing running.
  const atExit = () => child.kill('SIGKILL')
  process.once('exit', atExit)
  child.once('exit', () => process.off('exit', atExit))
  const last: string[] = []
  const says = new Promise<void>((resolve) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      last.splice(0, last.length - 4)
      last.push(line)
      if (ready.test(line)) resolve()
    })
  })
  const gone = once(child, 'exit').then(([code]) => {
    throw new Error(`${args.join(' ')} ended with ${code} before it was ready: ${last.join('\n')}`)
  })
  await Promise.race([says, gone])
  gone.catch(() => undefined)
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
  }
  return { pid: child.pid ?? 0, kill: () => end('SIGKILL'), stop: () => end('SIGTERM') }
}

export function startReleasedWorker(env: NodeJS.ProcessEnv): Promise<Released> {
  return startReleased(['--as', 'bench', 'worker'], env, /Ctrl-C/)
}

/** Resident memory: now, with the pages of files that are shared, as the kernel counts it against a container; and the most there ever was. */
export function memoryOf({ pid }: Pick<Released, 'pid'>): {
  readonly nowMib: number
  readonly peakMib: number
} {
  const mebibytes = (file: string, field: string) =>
    Number(
      new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/${file}`, 'utf8'))?.[1],
    ) / 1_024
  return { nowMib: mebibytes('smaps_rollup', 'Rss'), peakMib: mebibytes('status', 'VmHWM') }
}
