/** Runs a command with its words as they were typed, shows what it prints, and records it. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import { promisify } from 'node:util'
import { refused } from '../../edge/refused.ts'
import { reasonInWords } from '../../edge/system-reason.ts'
import type { RecordingFile, Stream } from './recording-file.ts'

/** What is run, and which streams it has. */
export type Command = { readonly words: readonly string[]; readonly streams: readonly [Stream, Stream] }

type Env = Readonly<Record<string, string | undefined>>

/** Where its output is shown. */
export type Shown = { readonly out: (bytes: Buffer) => unknown; readonly err: (bytes: Buffer) => unknown }

/** A command through pipes: no terminal, and so both streams told apart. */
export function commandOf(words: readonly string[]): Command {
  return { words, streams: ['out', 'err'] }
}

/** A shell at a terminal of its own, which only `script` of util-linux gives. Refuses (`no-shell-recorder`) if it is not here. */
export async function recordedShell(incident: string, env: Env): Promise<Command> {
  const version = await promisify(execFile)('script', ['--version'], { env }).then(
    ({ stdout }) => stdout,
    () => '',
  )
  if (!version.includes('util-linux')) {
    const reason = {
      en: '"script" of util-linux is not installed',
      ja: 'util-linux の「script」がありません',
    }
    throw refused('no-shell-recorder', { incident, reason })
  }
  return { words: ['script', '--quiet', '--return', '--flush', '/dev/null'], streams: ['tty', 'err'] }
}

type Around = {
  readonly env: Env
  /** Aborted with `EPIPE` when nobody reads any more what is shown. */
  readonly signal: AbortSignal
}

/** Its exit code, of a signal 128 and its number. Refuses (`command-not-started`) if there is no such program. */
export async function runRecorded(
  { words: [program = '', ...args], streams: [first, second] }: Command,
  recording: RecordingFile,
  shown: Shown,
  { env, signal: gone }: Around,
): Promise<number> {
  const child = spawn(program, args, { env, stdio: ['inherit', 'pipe', 'pipe'] })
  const { stdout, stderr } = child
  if (stdout === null || stderr === null) throw new Error('a child without its streams')
  stdout.on('data', (piece: Buffer) => {
    shown.out(piece)
    recording.take(first, piece)
  })
  stderr.on('data', (piece: Buffer) => {
    shown.err(piece)
    recording.take(second, piece)
  })
  const stopForwarding = forwardSignals(child)
  const broken = () => gone.reason === 'EPIPE' && child.kill('SIGPIPE')
  gone.addEventListener('abort', broken)
  try {
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
    return code ?? 128 + (signal === null ? 0 : constants.signals[signal])
  } catch (error) {
    throw refused('command-not-started', { command: program, reason: reasonInWords(error) }, { cause: error })
  } finally {
    stopForwarding()
    gone.removeEventListener('abort', broken)
  }
}

/** A terminal sends Ctrl-C to the command itself; what is sent to the recorder alone goes on to it. */
function forwardSignals(child: ChildProcess): () => void {
  const signals: readonly NodeJS.Signals[] = [
    'SIGTERM',
    'SIGHUP',
    ...(process.stdin.isTTY ? [] : (['SIGINT'] as const)),
  ]
  const forward = (signal: NodeJS.Signals): void => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal)
      return
    }
    // It is over, and something that it began holds its streams.
    child.stdout?.destroy()
    child.stderr?.destroy()
  }
  for (const signal of signals) process.on(signal, forward)
  return () => {
    for (const signal of signals) process.off(signal, forward)
  }
}
