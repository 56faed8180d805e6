/**
 * Where commands on data run, as whom the data belongs to. A short command is waited for; a task outlives the worker that started it. A task is
 * under way for as long as any process of it lives: they hold a lock of the kernel, which no crash can leave behind.
 */
import { basename } from 'node:path'
import { StringDecoder } from 'node:string_decoder'
import { plainLine } from '../../../edge/plain-text.ts'
import { refuse } from '../../refusal.ts'

export type Ended = { readonly status: number; readonly stdout: string; readonly stderr: string }

export type TaskState =
  | { readonly state: 'none' }
  | { readonly state: 'running' }
  /** As the shell counts: 128 and more is a signal. */
  | { readonly state: 'ended'; readonly status: number }
  /** Killed together with what should have written its status down. */
  | { readonly state: 'lost' }

/** An address at which a port of the station is reached from here. */
export type Address = { readonly host: string; readonly port: number }

export type Station = {
  /** One command to its end; whatever its status. Refuses `no-answer` after `withinMs`, and `command-failed` where it cannot be started or prints too much. */
  readonly exec: (argv: readonly string[], how?: ExecOptions) => Promise<Ended>
  /** The same line by line, for more output than anybody wants to hold, and as long as it takes. */
  readonly lines: (
    argv: readonly string[],
    take: (line: string) => void,
  ) => Promise<Pick<Ended, 'status' | 'stderr'>>
  /** Starts the command as the task of this folder. Nothing where one is under way, or where one has ended and `again` is not set. */
  readonly start: (task: string, argv: readonly string[], again?: boolean) => Promise<void>
  /** How it is; with `withinMs` as soon as it has ended, and then at the latest. */
  readonly look: (task: string, withinMs?: number) => Promise<TaskState>
  /** The end of what the task has printed, at most 4 KiB. */
  readonly tail: (task: string) => Promise<string>
  /** Sends the signal to the task's own process group. */
  readonly signal: (task: string, signal: 'TERM' | 'INT' | 'KILL') => Promise<void>
  /** A port of its loopback, for as long as the work takes. */
  readonly reach: <T>(port: number, work: (address: Address) => Promise<T>) => Promise<T>
}

export type ExecOptions = { readonly input?: string; readonly withinMs?: number }

/** One command to its end: `out` is given what it prints as it comes; of its complaints the last are kept. */
export type Command = (
  argv: readonly string[],
  how: ExecOptions & { readonly out: (chunk: Buffer) => void },
) => Promise<Pick<Ended, 'status' | 'stderr'>>

const usualMs = 30_000
/** The listing of 500,000 segments is 60 MiB; whoever expects more takes it line by line. */
const outputLimitBytes = 64 * 2 ** 20
const tooMuch = { en: 'it printed more than 64 MiB', ja: '出力が 64 MiB を超えました' }

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

/** Everything that a station does is a command, and so it is the same wherever commands run. */
export function stationOf(command: Command, reach: Station['reach']): Station {
  const exec: Station['exec'] = async (argv, { withinMs = usualMs, ...how } = {}) => {
    const printed = gathered()
    const ended = await command(argv, { ...how, withinMs, out: printed.take })
    const stdout = printed.text()
    // Half an answer must not be taken for the whole.
    if (stdout === undefined) return refuse('command-failed', { command: programOf(argv), reason: tooMuch })
    return { ...ended, stdout }
  }
  const script = async (source: string, ...args: readonly string[]) => {
    const { status, stdout, stderr } = await exec(['sh', '-c', source, 'sh', ...args])
    if (status !== 0)
      refuse('command-failed', { command: 'sh', reason: lastLine(stderr) || `exit ${status}` })
    return stdout.trim()
  }
  return {
    exec,
    lines: async (argv, take) => {
      const lines = linesTo(take)
      const ended = await command(argv, { out: lines.take })
      lines.end()
      return ended
    },
    start: async (task, argv, again = false) => {
      await script(startScript, task, again ? 'yes' : 'no', ...argv)
    },
    look: async (task, withinMs = 0) => stateOf(await script(lookScript, task, String(withinMs / 1_000))),
    tail: async (task) => (await exec(['tail', '-c', '4096', `${task}/log`])).stdout,
    signal: async (task, signal) => {
      await script(signalScript, task, signal)
    },
    reach,
  }
}

function stateOf(said: string): TaskState {
  const [state, status = ''] = said.split(' ')
  // On a full disk the file may be there and empty: what is not written is not known.
  if (state === 'ended') return /^\d+$/.test(status) ? { state, status: Number(status) } : { state: 'lost' }
  if (state === 'running' || state === 'lost') return { state }
  return { state: 'none' }
}

/** Undefined where there was more than the limit. */
function gathered() {
  const chunks: Buffer[] = []
  let bytes = 0
  return {
    take: (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= outputLimitBytes) chunks.push(chunk)
    },
    text: () => (bytes > outputLimitBytes ? undefined : Buffer.concat(chunks).toString('utf8')),
  }
}

/** What `take` throws is thrown at the end: nobody is there to catch it while the command runs. */
function linesTo(take: (line: string) => void) {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  let failed: { readonly error: unknown } | undefined
  const each = (line: string) => {
    if (failed !== undefined) return
    try {
      take(line)
    } catch (error) {
      failed = { error }
    }
  }
  return {
    take: (chunk: Buffer) => {
      const lines = (rest + decoder.write(chunk)).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) each(line)
    },
    end: () => {
      if (rest !== '') each(rest)
      if (failed !== undefined) throw failed.error
    },
  }
}

/** What the sentence about a command calls it. */
export function programOf(argv: readonly string[]): string {
  return basename(argv[0] ?? '')
}

/** The last thing that a program said, which is usually why it ended. */
export function lastLine(text: string): string {
  return plainLine(text.trim().split('\n').at(-1) ?? '', 300)
}
