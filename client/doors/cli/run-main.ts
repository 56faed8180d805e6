/** The command line in a process of its own: streams, signals and the exit code. */
import { type Failure, failure, failures } from '../../../domain/failures.ts'
import { hearSignals } from '../../../edge/signals.ts'
import { langFrom, outputFrom, runCli } from './program.ts'
import { complaint } from './session.ts'
import { screenOf } from './terminal.ts'

/** Runs and ends the process with the verb's exit code. */
export async function runMain(
  argv: readonly string[],
  { version, engines }: { readonly version: string; readonly engines: { readonly node: string } },
): Promise<void> {
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
  const [needed, found] = [engines.node.replace('>=', ''), process.versions.node]
  if (isOlder(found, needed)) {
    const tooOld = failure('node-too-old', { needed, found })
    process.stderr.write(`${complaintOn(argv, tooOld)}\n`)
    process.exit(failures[tooOld.name].exit)
  }
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
      // Windows change their size.
      get columns() {
        return process.stdout.columns
      },
      get rows() {
        return process.stdout.rows
      },
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
    process.stderr.write(`${complaintOn(argv, failure('output-lost', { reason: lost }))}\n`)
    exit = exit === 0 ? failures['output-lost'].exit : exit
  }
  process.exit(exit)
}

/** Files are written at once, and then the error is thrown. */
function written(
  stream: NodeJS.WriteStream,
  text: string | Uint8Array,
  unwritten: (error: Error | null | undefined) => void,
): void {
  try {
    stream.write(text, unwritten)
  } catch (error) {
    unwritten(error instanceof Error ? error : new Error(String(error)))
  }
}

function complaintOn(argv: readonly string[], found: Failure): string {
  const options = { output: outputFrom(argv), lang: langFrom(argv, process.env) }
  return complaint(found, options, screenOf(process.stderr, process.env))
}

/** By major and minor version, such as 20.19. */
function isOlder(one: string, other: string): boolean {
  const [major = 0, minor = 0] = one.split('.').map(Number)
  const [otherMajor = 0, otherMinor = 0] = other.split('.').map(Number)
  return major < otherMajor || (major === otherMajor && minor < otherMinor)
}

/** A pipe takes its time; process.exit would cut off what it has not taken yet. */
function flushed(stream: NodeJS.WriteStream): Promise<Error | undefined> {
  return new Promise((resolve) => written(stream, '', (error) => resolve(error ?? undefined)))
}
