/**
 * Where commands on data run, as whom the data belongs to. A short command is waited for; a task outlives the worker that started it. A task is
 * under way for as long as any process of it lives: they hold a lock of the kernel, which no crash can leave behind.
 */
import { spawn } from 'node:child_process'
import { plainLine } from '../../edge/plain-text.ts'
import { pulse } from '../pulse.ts'
import { refusal, refuse } from '../refusal.ts'

export type Ended = { readonly status: number; readonly stdout: string; readonly stderr: string }

export type TaskState =
  | { readonly state: 'none' }
  | { readonly state: 'running' }
  /** As the shell counts: 128 and more is a signal. */
  | { readonly state: 'ended'; readonly status: number }
  /** Killed together with what should have written its status down. */
  | { readonly state: 'lost' }

export type Station = {
  /** One command to its end; whatever its status. Refuses `no-answer` after `withinMs`, and `program-missing` where there is no such program. */
  readonly exec: (argv: readonly string[], how?: ExecOptions) => Promise<Ended>
  /** Starts the command as the task of this folder. Nothing where one is under way, or where one has ended and `again` is not set. */
  readonly start: (task: string, argv: readonly string[], again?: boolean) => Promise<void>
  /** How it is; with `withinMs` as soon as it has ended, and then at the latest. */
  readonly look: (task: string, withinMs?: number) => Promise<TaskState>
  /** The end of what the task has printed, at most 4 KiB. */
  readonly tail: (task: string) => Promise<string>
  /** Sends the signal to the task's own process group. */
  readonly signal: (task: string, signal: 'TERM' | 'INT' | 'KILL') => Promise<void>
}

export type ExecOptions = { readonly input?: string; readonly withinMs?: number }

const usualMs = 30_000
/** Of one command; whoever expects more asks for less. */
const outputLimitBytes = 32 * 1024 * 1024

// `$1` is the folder of the task, what follows is its command. Descriptor 9 is inherited by the whole task, and only by it.
const startScript = `
set -eu
task=$1 again=$2; shift 2
mkdir -p "$task"
exec 9>>"$task/lock"
flock --wait 2 9 || exit 0
if [ -e "$task/begun" ] && [ "$again" = no ]; then exit 0; fi
rm -f "$task/status" "$task/status.new"
setsid sh -c 'echo $$ >"$0/begun"; "$@" </dev/null >"$0/log" 2>&1; s=$?; echo $s >"$0/status.new" && mv "$0/status.new" "$0/status"' "$task" "$@" </dev/null >/dev/null 2>&1 &
i=0
until [ -s "$task/begun" ] || [ $i -ge 100 ]; do i=$((i + 1)); sleep 0.02; done
`
const lookScript = `
[ -e "$1/lock" ] || { echo none; exit 0; }
exec 9<"$1/lock"
flock --wait "$2" --shared 9 || { echo running; exit 0; }
if [ -e "$1/status" ]; then echo "ended $(cat "$1/status")"; elif [ -e "$1/begun" ]; then echo lost; else echo none; fi
`
const signalScript = `
exec 9<"$1/lock" || exit 0
flock --nonblock --shared 9 && exit 0
kill -s "$2" -- "-$(cat "$1/begun")" 2>/dev/null || true
`

/** On the machine of the worker itself. `as` are the words before each program. */
export function localStation(as: readonly string[]): Station {
  const exec: Station['exec'] = (argv, how = {}) => run([...as, ...argv], how)
  const script = async (source: string, ...args: readonly string[]) => {
    const { status, stdout, stderr } = await exec(['sh', '-c', source, 'sh', ...args])
    if (status !== 0)
      refuse('command-failed', { command: 'sh', reason: lastLine(stderr) || `exit ${status}` })
    return stdout.trim()
  }
  return {
    exec,
    start: async (task, argv, again = false) => {
      await script(startScript, task, again ? 'yes' : 'no', ...argv)
    },
    look: async (task, withinMs = 0) => stateOf(await script(lookScript, task, String(withinMs / 1_000))),
    tail: async (task) => (await exec(['tail', '-c', '4096', `${task}/log`])).stdout,
    signal: async (task, signal) => {
      await script(signalScript, task, signal)
    },
  }
}

function stateOf(said: string): TaskState {
  const [state, status = ''] = said.split(' ')
  // On a full disk the file may be there and empty: what is not written is not known.
  if (state === 'ended') return /^\d+$/.test(status) ? { state, status: Number(status) } : { state: 'lost' }
  if (state === 'running' || state === 'lost') return { state }
  return { state: 'none' }
}

function run(argv: readonly string[], { input, withinMs = usualMs }: ExecOptions): Promise<Ended> {
  const [program = '', ...args] = argv
  const signal = AbortSignal.any([pulse().signal, AbortSignal.timeout(withinMs)])
  return new Promise((resolve, reject) => {
    const env = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' }
    const child = spawn(program, args, { cwd: '/', env, stdio: 'pipe', signal, killSignal: 'SIGKILL' })
    const [stdout, stderr] = [gathered(child.stdout), gathered(child.stderr)]
    child.on('error', (error) => {
      try {
        pulse().signal.throwIfAborted()
        if (error.name === 'AbortError') refuse('no-answer', { seconds: withinMs / 1_000, where: program })
        refuse('command-failed', { command: program, reason: plainLine(error.message, 200) })
      } catch (refused) {
        reject(refused)
      }
    })
    child.on('close', (status, by) => {
      const [out, err] = [stdout(), stderr()]
      // Half an answer must not be taken for the whole.
      if (out === undefined || err === undefined)
        reject(refusal('command-failed', { command: program, reason: tooMuch }))
      else resolve({ status: status ?? (by === null ? 1 : 128 + 9), stdout: out, stderr: err })
    })
    child.stdin.on('error', () => {}) // a command that does not read to the end says why itself
    child.stdin.end(input ?? '')
  })
}

const tooMuch = { en: 'it printed more than 32 MiB', ja: '出力が 32 MiB を超えました' }

/** Undefined where there was more than the limit. */
function gathered(stream: NodeJS.ReadableStream): () => string | undefined {
  const chunks: Buffer[] = []
  let bytes = 0
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes <= outputLimitBytes) chunks.push(chunk)
  })
  return () => (bytes > outputLimitBytes ? undefined : Buffer.concat(chunks).toString('utf8'))
}

/** The last thing that a program said, which is usually why it ended. */
export function lastLine(text: string): string {
  return plainLine(text.trim().split('\n').at(-1) ?? '', 300)
}
