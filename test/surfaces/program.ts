/** The command line in a process of its own, from its sources or as it is released. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

export type Ended = {
  /** As a shell counts it: a signal is 128 and its number. */
  readonly code: number
  readonly out: string
  readonly err: string
}

const sources = ['--import', 'tsx', 'client/doors/cli/main.ts']

type Options = {
  readonly env?: Readonly<Record<string, string | undefined>>
  /** What Node is called with before the verb; the sources without it. */
  readonly program?: readonly string[]
  readonly stdin?: string
}

export function start(argv: readonly string[], { env = {}, program = sources }: Options = {}): ChildProcess {
  return spawn(process.execPath, [...program, ...argv], {
    env: { ...process.env, LANG: 'C', LC_ALL: 'C', TEMPORAL_ADDRESS: '127.0.0.1:1', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
}

/** Runs it to its end. */
export async function run(argv: readonly string[], options: Options = {}): Promise<Ended> {
  const child = start(argv, options)
  child.stdin?.end(options.stdin ?? '')
  return ended(child)
}

export async function ended(child: ChildProcess): Promise<Ended> {
  if (child.stdout === null || child.stderr === null) throw new Error('its streams are needed')
  const [out, err, [code, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>,
  ])
  return { code: code ?? (signal === 'SIGTERM' ? 143 : signal === 'SIGINT' ? 130 : 137), out, err }
}
