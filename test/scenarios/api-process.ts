import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** An API in a process of its own, to be killed without a word. Returns when it listens. */
export async function startApiProcess(
  env: NodeJS.ProcessEnv,
  port: number,
): Promise<{ readonly kill: (signal?: NodeJS.Signals) => Promise<void> }> {
  const args = ['--import', 'tsx', 'client/doors/cli/main.ts', 'api']
  const child = spawn(process.execPath, [...args, '--listen', `127.0.0.1:${port}`], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const lines = createInterface({ input: child.stderr })
  const listens = new Promise<void>((resolve) => {
    lines.on('line', (line) => {
      if (line.includes('"ready"')) resolve()
    })
  })
  const gone = once(child, 'exit').then(([code]) => {
    throw new Error(`the API ended before it listened (exit code ${code})`)
  })
  await Promise.race([listens, gone])
  gone.catch(() => undefined)
  return { kill: (signal = 'SIGKILL') => end(child, signal) }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill(signal)
  await gone
}
