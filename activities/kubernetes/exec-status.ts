/** How a program in a container ended, from the status object that closes its connection. */
import type { V1Status } from '@kubernetes/client-node'

/** The exit code; undefined when the program did not start. */
export function endOf({ status, details, message }: V1Status): number | undefined {
  if (status === 'Success') return 0
  const cause = details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message
  // kwok, and runtimes behind older kubelets, say it in their last words only: "… exit status 7". Before them stands the program's
  // own text, which may say anything.
  const code = cause ?? /\bexit (?:code|status):? (\d{1,3})$/.exec(message?.trim() ?? '')?.[1]
  return code === undefined ? undefined : Number(code)
}

/** Runtimes differ: some refuse in words, others end the program that never was with the shell's 126 or 127 and print the words. */
export function isNotFound(exit: number | undefined, says: string, printed: string): boolean {
  if (exit === undefined) {
    return /executable file not found|\bexec[: ].*: (?:no such file or directory|not found)/i.test(says)
  }
  if (exit !== 126 && exit !== 127) return false
  return /\bexec: .*executable file not found/i.test(`${says}\n${printed}`)
}

export function isNotRunning(says: string): boolean {
  return /container not found|not running|stopped state|is not created|has been stopped/i.test(says)
}
