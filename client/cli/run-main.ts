/** The command line in a process of its own: streams, signals and the exit code. */
import { failure, failures } from '../../domain/failures.ts'
import { hearSignals } from '../../edge/signals.ts'
import { langFrom, outputFrom, runCli } from './program.ts'
import { complaint } from './session.ts'
import { screenOf } from './terminal.ts'

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
  let lost: string | undefined
  const unwritten = (error: Error | null | undefined) => {
    const code = error && 'code' in error ? String(error.code) : undefined
    if (code === 'EPIPE') told.abort('EPIPE')
    else if (error) lost ??= code ?? error.message
  }
  let exit = await runCli(argv, {
    out: {
      write: (text) => written(process.stdout, text, unwritten),
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
  if (!told.signal.aborted) unwritten(await flushed(process.stdout))
  // A full disk: what was asked for is not where the reader looks for it, and that must not look like success.
  if (lost !== undefined && !told.signal.aborted) {
    process.stderr.write(`${unwrittenComplaint(argv, lost)}\n`)
    exit = exit === 0 ? failures['output-lost'].exit : exit
  }
  process.exit(exit)
}

/** Files are written at once, and then the error is thrown. */
function written(
  stream: NodeJS.WriteStream,
  text: string,
  unwritten: (error: Error | null | undefined) => void,
): void {
  try {
    stream.write(text, unwritten)
  } catch (error) {
    unwritten(error instanceof Error ? error : new Error(String(error)))
  }
}

function unwrittenComplaint(argv: readonly string[], reason: string): string {
  const options = { output: outputFrom(argv), lang: langFrom(argv, process.env) }
  const screen = screenOf(process.stderr, process.env)
  return complaint(failure('output-lost', { reason }), options, screen)
}

/** A pipe takes its time; process.exit would cut off what it has not taken yet. */
function flushed(stream: NodeJS.WriteStream): Promise<Error | undefined> {
  return new Promise((resolve) => written(stream, '', (error) => resolve(error ?? undefined)))
}
