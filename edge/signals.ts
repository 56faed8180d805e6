/**
 * How a process of ours ends when it is told to. A server (`worker`, `api`) that was told to stop did what it was told: 0. What was to
 * come to an end by itself was interrupted: 128 and the signal's number, as shells count. No signal ends the process by itself: a
 * terminal sends it to the whole group, and npm passes it on, so it comes several times, and a second one must not cut a clean-up short.
 * What bounds the end is a grace, never a second signal.
 */
const exits: { readonly [reason: string]: number } = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143, EPIPE: 0 }

const signals = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const

/** Aborts at the first signal that asks this process to end; the reason is the signal's name. */
export function hearSignals(): AbortController {
  const told = new AbortController()
  for (const signal of signals) process.on(signal, () => told.abort(signal))
  return told
}

/** The exit code of what was interrupted. */
export function exitAfter({ reason }: AbortSignal): number {
  return exits[String(reason)] ?? 130
}

/** The work; rejects when the signal has come and the work has not ended within the grace after it. */
export async function withinGrace<T>(work: Promise<T>, signal: AbortSignal, graceMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  let start = () => {}
  const late = new Promise<never>((_, reject) => {
    start = () => {
      timer = setTimeout(
        () => reject(new Error(`still not over ${graceMs} ms after ${signal.reason}`)),
        graceMs,
      )
    }
  })
  if (signal.aborted) start()
  else signal.addEventListener('abort', start, { once: true })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', start)
  }
}

/** Resolves when the signal has come. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** Time for all that was brought up to go down, one after the other on a busy machine. */
const cleanUpGraceMs = 60_000

/** Cleans up after the first signal, however many come, and ends the process with its exit code: when all is done, or the grace is over. */
export function endCleanly(cleanUp: () => Promise<unknown>, graceMs = cleanUpGraceMs): void {
  const { signal } = hearSignals()
  void aborted(signal)
    .then(() => withinGrace(cleanUp(), signal, graceMs))
    .catch((error: unknown) =>
      console.error(`the clean-up is not complete, something may still run: ${error}`),
    )
    .finally(() => process.exit(exitAfter(signal)))
}
