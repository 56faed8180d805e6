/** The command line as child processes: what the demo types, and the worker beside it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { interrupted } from './failure.ts'
import { identify, stopProcess } from './process.ts'

/** Longer than the grace of any of them. */
const graceMs = 12_000

export type Programs = {
  /** Runs it to its end; its errors go where ours go. */
  readonly run: (
    env: NodeJS.ProcessEnv,
    argv: readonly string[],
  ) => Promise<{ readonly output: string; readonly code: number | null }>
  /** Starts it in a group of its own, so that it may outlive us; the file holds everything it says. */
  readonly start: (env: NodeJS.ProcessEnv, argv: readonly string[], file: string) => ChildProcess
  /** Ends those that still run; returns when none does. */
  readonly end: () => Promise<void>
}

/** Once the signal has come no further one is started. */
export function programs(signal: AbortSignal): Programs {
  const running = new Set<ChildProcess>()

  function launch(argv: readonly string[], options: Parameters<typeof spawn>[2]): ChildProcess {
    if (signal.aborted) throw interrupted()
    const child = spawn(process.execPath, ['--import', 'tsx', 'client/doors/cli/main.ts', ...argv], options)
    running.add(child)
    child.once('exit', () => running.delete(child))
    return child
  }

  return {
    async run(env, argv) {
      const child = launch(argv, { env, stdio: ['ignore', 'pipe', 'inherit'] })
      const chunks: Buffer[] = []
      child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk))
      const [code] = (await once(child, 'close')) as [number | null]
      return { output: Buffer.concat(chunks).toString(), code }
    },
    start(env, argv, file) {
      const log = openSync(file, 'w')
      try {
        return launch(argv, { env, detached: true, stdio: ['ignore', log, log] })
      } finally {
        closeSync(log)
      }
    },
    async end() {
      const known = [...running].flatMap(({ pid }) => (pid === undefined ? [] : (identify(pid) ?? [])))
      await Promise.all(known.map((child) => stopProcess(child, graceMs)))
    },
  }
}
