/** Programs of the database's machine, as commands of a station: what they print, or their own sentence why they did not. */
import { plainLine } from '../../../edge/plain-text.ts'
import type { PgbackrestSettings } from '../../connections-file.ts'
import { refuse } from '../../refusal.ts'
import { programOf, type Station } from '../station/station.ts'

/** The program and its arguments in, what it printed out. Errors: command-failed with the program's own sentence, no-answer. */
export type Run = (argv: readonly string[]) => Promise<string>

/** Ends with the call; what has to outlive the worker is a task. */
export function runAt(station: Station, withinMs = 30_000): Run {
  return async (argv) => {
    const { stdout, ...ended } = await station.exec(argv, { withinMs })
    return ended.status === 0 ? stdout : refuseEnded(argv, ended)
  }
}

/** The same line by line, for more output than anybody wants to hold. Errors: command-failed, with the last of what it complained about. */
export async function eachLine(
  station: Station,
  argv: readonly string[],
  take: (line: string) => void,
): Promise<void> {
  const ended = await station.lines(argv, take)
  if (ended.status !== 0) refuseEnded(argv, ended)
}

function refuseEnded(
  argv: readonly string[],
  { status, stderr }: { readonly status: number; readonly stderr: string },
): never {
  refuse('command-failed', { command: programOf(argv), reason: reasonIn(stderr) ?? `exit ${status}` })
}

/** The words before each command of pgBackRest: nothing of it depends on a system-wide file. */
export function stanzaWords({
  pgbackrest: program,
  configFile,
  stanza,
}: PgbackrestSettings): readonly string[] {
  return [program, `--config=${configFile}`, `--stanza=${stanza}`]
}

/** A question to it: its errors are said where nobody takes them for an answer. */
export function pgbackrest(settings: PgbackrestSettings, ...args: readonly string[]): readonly string[] {
  const said = ['--log-level-console=off', '--log-level-stderr=error', '--log-level-file=off']
  return [...stanzaWords(settings), ...said, ...args]
}

/** `ERROR: [055]: unable to …`, with its hints; else the last thing that the program said. */
function reasonIn(stderr: string): string | undefined {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '')
  const at = lines.findIndex((line) => /ERROR: \[\d+\]:/.test(line))
  if (at < 0) {
    const last = lines.at(-1)
    return last === undefined ? undefined : plainLine(last, 300)
  }
  const [first = '', ...rest] = lines.slice(at)
  return plainLine([first.replace(/^.*?(?=ERROR: \[)/, ''), ...rest].join(' '), 400)
}
