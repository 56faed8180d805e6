/** The command line in a process of its own: streams, signals and the exit code. */
import { hearSignals } from '../../edge/signals.ts'
import { runCli } from './program.ts'

/** Runs and ends the process with the verb's exit code. */
export async function runMain(argv: readonly string[], version: string): Promise<void> {
  let ended = false
  const told = hearSignals()
  // Nobody reads it any more (`| head`): no error of ours. What is written there through `out` ends the verb; a worker goes on without.
  process.stdout.on('error', () => undefined)
  process.stderr.on('error', () => undefined)
  process.on('exit', (code) => {
    // Node ends without a word when nothing keeps it alive; that must never look like success.
    if (ended || code !== 0) return
    process.stderr.write('HK901 hikeshi ended without an answer\n')
    process.exitCode = 1
  })
  const exit = await runCli(argv, {
    out: {
      write: (text) => process.stdout.write(text, (error) => error && told.abort('EPIPE')),
      isTTY: process.stdout.isTTY,
      columns: process.stdout.columns,
    },
    err: process.stderr,
    stdin: process.stdin,
    env: process.env,
    signal: told.signal,
    version,
  })
  ended = true
  if (!told.signal.aborted) await flushed(process.stdout)
  process.exit(exit)
}

/** A pipe takes its time; process.exit would cut off what it has not taken yet. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()))
}
