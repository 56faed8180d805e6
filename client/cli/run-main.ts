/** The command line in a process of its own: streams, signals and the exit code. */
import { runCli } from './program.ts'

/** Runs and ends the process with the verb's exit code. */
export async function runMain(argv: readonly string[], version: string): Promise<void> {
  let ended = false
  const interrupted = new AbortController()
  process.on('SIGINT', () => {
    // The first Ctrl-C ends politely, the second at once.
    if (interrupted.signal.aborted) process.exit(130)
    interrupted.abort()
  })
  process.on('SIGTERM', () => interrupted.abort())
  // A reader that has seen enough (`| head`) is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
  process.on('exit', (code) => {
    // Node ends without a word when nothing keeps it alive; that must never look like success.
    if (ended || code !== 0) return
    process.stderr.write('HK901 hikeshi ended without an answer\n')
    process.exitCode = 1
  })
  const exit = await runCli(argv, {
    out: process.stdout,
    err: process.stderr,
    stdin: process.stdin,
    env: process.env,
    signal: interrupted.signal,
    version,
  })
  ended = true
  await flushed(process.stdout)
  process.exit(exit)
}

/** A pipe takes its time; process.exit would cut off what it has not taken yet. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()))
}
