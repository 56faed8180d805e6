/** How a program in a container ended, from the status object that closes its connection. */
import type { V1Status } from '@kubernetes/client-node'

/** As shells count it: SIGKILL. */
export const killed = 137

/** The exit code; undefined when the program did not start. */
export function endOf({ status, details, message }: V1Status): number | undefined {
  if (status === 'Success') return 0
  const cause = details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message
  const last = message?.trim() ?? ''
  if (cause === undefined && last.endsWith('signal: killed')) return killed
  // kwok, and runtimes behind older kubelets, say it in their last words only: "… exit status 7". Before them stands the program's
  // own text, which may say anything.
  const code = cause ?? /\bexit (?:code|status):? (\d{1,3})$/.exec(last)?.[1]
  return code === undefined ? undefined : Number(code)
}

/** In the words of a runtime that has no exit code to tell: the program did not start. */
export function isNotFound(says: string): boolean {
  return /executable file not found|\bexec[: ].*: (?:no such file or directory|not found)/i.test(says)
}

/**
 * Some runtimes end the program that never was with the shell's 126 or 127 and print their words, and so can a program that did run.
 * Good enough for a reading; a change must not rely on it.
 */
export function isToldNotFound({ exit, says, stdout, stderr }: Told): boolean {
  if (exit !== 126 && exit !== 127) return false
  return /\bexec: .*executable file not found/i.test(`${says}\n${stderr}\n${stdout.slice(0, 1_000)}`)
}

type Told = { readonly exit: number; readonly says: string; readonly stdout: string; readonly stderr: string }

export function isNotRunning(says: string): boolean {
  return /container not found|not running|stopped state|is not created|has been stopped/i.test(says)
}
