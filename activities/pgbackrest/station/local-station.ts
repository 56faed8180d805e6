/** The station on the machine of the worker itself. */
import { spawn } from 'node:child_process'
import { plainLine } from '../../../edge/plain-text.ts'
import { pulse } from '../../pulse.ts'
import { refuse } from '../../refusal.ts'
import { type Command, programOf, type Station, stationOf } from './station.ts'

/** `as` are the words before each program. */
export function localStation(as: readonly string[]): Station {
  return stationOf(
    (argv, how) => run([...as, ...argv], programOf(argv), how),
    (port, work) => work({ host: '127.0.0.1', port }),
  )
}

/**
 * None of the worker's own but where programs are found and how a pod of the cloud signs in to its store: its secrets are not for others,
 * and a PGBACKREST_… would go over the configuration file.
 */
const handedOn = ['PATH', 'HOME', 'AWS_ROLE_ARN', 'AWS_WEB_IDENTITY_TOKEN_FILE']
const env = {
  ...Object.fromEntries(
    handedOn.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  ),
  LC_ALL: 'C',
  TZ: 'UTC',
}

const keptOfComplaints = 65_536

function run(
  [program = '', ...args]: readonly string[],
  command: string,
  { input, withinMs, out }: Parameters<Command>[1],
): ReturnType<Command> {
  const stop = pulse().signal
  stop.throwIfAborted()
  const signal = withinMs === undefined ? stop : AbortSignal.any([stop, AbortSignal.timeout(withinMs)])
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: '/', env, stdio: 'pipe', signal, killSignal: 'SIGKILL' })
    let stderr = ''
    child.stdout.on('data', out)
    child.stderr.on('data', (chunk: Buffer) => {
      stderr = (stderr + chunk.toString()).slice(-keptOfComplaints)
    })
    child.on('error', (error) => {
      try {
        stop.throwIfAborted()
        if (error.name === 'AbortError')
          refuse('no-answer', { seconds: (withinMs ?? 0) / 1_000, where: command })
        refuse('command-failed', { command, reason: plainLine(error.message, 200) })
      } catch (refused) {
        reject(refused)
      }
    })
    child.on('close', (status, by) => {
      resolve({ status: status ?? (by === null ? 1 : 128 + 9), stderr })
    })
    child.stdin.on('error', () => {}) // a command that does not read to the end says why itself
    child.stdin.end(input ?? '')
  })
}
