/**
 * Ctrl-C or SIGTERM cleans up, then ends the process with the signal's exit code. It is heard every time and not once: a terminal sends
 * it to the whole group, and npm and mocha pass it on, so it comes several times; a second one must not end the clean-up.
 */
export function endCleanly(cleanUp: () => Promise<unknown>): void {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)
    process.on(signal, () => void cleanUp().finally(() => process.exit(code)))
}
