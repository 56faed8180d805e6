/** The command line in this process, with streams that remember. */
import { Readable } from 'node:stream'
import { runCli } from '../../client/doors/cli/program.ts'

export type Ran = { readonly exit: number; readonly out: string; readonly err: string }

type Options = {
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly stdin?: string
  /** A terminal so wide. */
  readonly terminal?: number
  readonly signal?: AbortSignal
}

/** Nothing of the machine's own settings: no language, no API, and a Temporal that nobody runs. */
const bare = { LANG: 'C', TEMPORAL_ADDRESS: '127.0.0.1:1', USER: 'tester' }

export async function hikeshi(argv: readonly string[], options: Options = {}): Promise<Ran> {
  const { env = {}, stdin = '', terminal, signal = new AbortController().signal } = options
  const out: string[] = []
  const err: string[] = []
  const stream = (into: string[]) => ({
    write: (text: string) => into.push(text),
    isTTY: terminal !== undefined,
    columns: terminal,
  })
  const exit = await runCli(argv, {
    out: stream(out),
    err: stream(err),
    stdin: Object.assign(Readable.from([Buffer.from(stdin)]), { isTTY: terminal !== undefined }),
    env: { ...bare, ...env },
    signal,
    version: '0.0.0-test',
  })
  return { exit, out: out.join(''), err: err.join('') }
}
