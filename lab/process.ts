import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** A process that is surely the one we started: its number may be given out again, number and start time together are not. */
export type ProcessIdentity = { readonly pid: number; readonly started: string }

/** Looks the process up; undefined when there is none, or only its zombie. */
export function identify(pid: number): ProcessIdentity | undefined {
  try {
    // The command's name stands in brackets and may hold blanks, so counting starts behind the last bracket.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [state, threads, started] = [fields[0], Number(fields[17]), fields[19]]
    // A killed process is its own zombie while threads of it still end, and until the last of them has, it holds its ports.
    const over = state === 'X' || (state === 'Z' && threads <= 1)
    if (started === undefined || over) return undefined
    return { pid, started }
  } catch {
    return process.platform === 'linux' ? undefined : askPs(pid)
  }
}

function askPs(pid: number): ProcessIdentity | undefined {
  try {
    const started = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim()
    return started ? { pid, started } : undefined
  } catch {
    return undefined
  }
}

export function isAlive(known: ProcessIdentity): boolean {
  return identify(known.pid)?.started === known.started
}

/** Sends a signal to exactly this process; does nothing when it is gone. */
export function signalProcess(known: ProcessIdentity, signal: NodeJS.Signals): void {
  if (!isAlive(known)) return
  try {
    process.kill(known.pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Asks the process to end, insists after the grace, and returns when it is gone. */
export async function stopProcess(known: ProcessIdentity, graceMs: number): Promise<void> {
  signalProcess(known, 'SIGTERM')
  signalProcess(known, 'SIGCONT') // a test may have stopped it; a stopped process does not hear SIGTERM
  await gone(known, graceMs)
  signalProcess(known, 'SIGKILL')
  await gone(known, 10_000)
}

/** Waits for the end of the process, at most so long; true when it is gone. */
export async function gone(known: ProcessIdentity, withinMs: number): Promise<boolean> {
  const end = performance.now() + withinMs
  while (isAlive(known)) {
    if (performance.now() > end) return false
    await sleep(20)
  }
  return true
}
