import { pause } from './pulse.ts'
import { isRefusal } from './refusal.ts'

/** Who starts is asked again for so long: most starts take a second or two. */
const startsWithinMs = 2_500
const askAgainMs = 500

/** What a database that may be starting refuses in the end; undefined when it answers. */
export async function refusedWith(ask: () => Promise<unknown>): Promise<unknown> {
  const startedMs = performance.now()
  const once = () =>
    ask().then(
      () => undefined,
      (refused: unknown) => refused,
    )
  let error = await once()
  while (isRefusal(error, 'database-starting') && performance.now() - startedMs < startsWithinMs) {
    await pause(askAgainMs)
    error = await once()
  }
  return error
}
