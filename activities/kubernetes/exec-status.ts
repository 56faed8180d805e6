/** How a program in a container ended, from the status object that closes its connection. */
import type { V1Status } from '@kubernetes/client-node'

/** The exit code; undefined when the program did not start. */
export function endOf({ status, details, message }: V1Status): number | undefined {
  if (status === 'Success') return 0
  const cause = details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message
  // kwok, and runtimes behind older kubelets, say it in words only: "command terminated with exit code 7", "exit status 7".
  const code = cause ?? /\bexit (?:code|status):? (\d{1,3})\b/.exec(message ?? '')?.[1]
  return code === undefined ? undefined : Number(code)
}

/** Runtimes differ: some say it in words, some end with the shell's 127 and the words "executable file not found". */
export function isNotFound(says: string, exit: number | undefined): boolean {
  if (exit === 0) return false
  return /executable file not found|exec: .*: (?:no such file or directory|not found)/i.test(says)
}

export function isNotRunning(says: string): boolean {
  return /container not found|not running|stopped state|is not created|has been stopped/i.test(says)
}
