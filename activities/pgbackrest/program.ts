/** Programs of the database's machine, run as whom the data belongs to: arguments as a list, a bounded answer, an end when the work must stop. */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { basename } from 'node:path'
import { createInterface } from 'node:readline'
import { plainLine } from '../../edge/plain-text.ts'
import type { PgbackrestSettings } from '../connections-file.ts'
import { pulse } from '../pulse.ts'
import { refusal } from '../refusal.ts'

/** The program and its arguments in, what it printed out. Errors: command-failed with the program's own sentence, no-answer. */
export type Run = (argv: readonly string[]) => Promise<string>

/** The listing of 500,000 segments is 60 MiB. */
const mostBytes = 64 * 2 ** 20
const answersWithinMs = 30_000

/** Runs beside the worker and ends with the call; what has to outlive the worker is the station's. */
export function runAs({ as }: Pick<PgbackrestSettings, 'as'>, withinMs = answersWithinMs): Run {
  return (argv) => {
    const [program = '', ...args] = [...as, ...argv]
    const name = basename(argv[0] ?? program)
    const { signal } = pulse()
    signal.throwIfAborted()
    return new Promise((resolve, reject) => {
      const options = { signal, env, cwd: '/', timeout: withinMs, maxBuffer: mostBytes }
      execFile(program, args, options, (error, stdout, stderr) => {
        if (error === null) resolve(stdout)
        else if (signal.aborted) reject(signal.reason)
        else if (error.killed && error.code === null)
          reject(refusal('no-answer', { seconds: withinMs / 1_000, where: name }))
        else reject(refusal('command-failed', { command: name, reason: reasonIn(stderr, error) }))
      })
    })
  }
}

/** The same line by line, for more output than anybody wants to hold. Errors: command-failed, with the last of what it complained about. */
export async function eachLine(
  { as }: Pick<PgbackrestSettings, 'as'>,
  argv: readonly string[],
  take: (line: string) => void,
): Promise<void> {
  const [program = '', ...args] = [...as, ...argv]
  const { signal } = pulse()
  signal.throwIfAborted()
  const child = spawn(program, args, { signal, env, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] })
  let complaint = ''
  child.stderr.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-4_096)
  })
  const ended = once(child, 'close')
  try {
    for await (const line of createInterface(child.stdout)) take(line)
    const [status] = await ended
    if (status !== 0) throw new Error(`exit ${status}`)
  } catch (error) {
    await ended.catch(() => {})
    signal.throwIfAborted()
    const reason = reasonIn(complaint, error instanceof Error ? error : new Error(String(error)))
    throw refusal('command-failed', { command: basename(argv[0] ?? program), reason })
  }
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

/**
 * None of ours but where programs are found and how a pod of the cloud signs in to its store: secrets of the worker are not for others,
 * and a PGBACKREST_… would go over the configuration file.
 */
const env = {
  ...Object.fromEntries(
    ['PATH', 'HOME', 'AWS_ROLE_ARN', 'AWS_WEB_IDENTITY_TOKEN_FILE'].flatMap((name) =>
      process.env[name] === undefined ? [] : [[name, process.env[name]]],
    ),
  ),
  LC_ALL: 'C',
  TZ: 'UTC',
}

/** `ERROR: [055]: unable to …`, with its hints; else the last thing that the program said. */
function reasonIn(stderr: string, error: Error): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '')
  const at = lines.findIndex((line) => /ERROR: \[\d+\]:/.test(line))
  if (at < 0) return plainLine(lines.at(-1) ?? error.message, 300)
  const [first = '', ...rest] = lines.slice(at)
  return plainLine([first.replace(/^.*?(?=ERROR: \[)/, ''), ...rest].join(' '), 400)
}
