/** Waiting for the 5-second picture, whichever way leads to the incident. */
import type { IncidentState } from '../../domain/incident/fold/state.ts'
import { refused } from '../../edge/refused.ts'
import type { IncidentView } from '../../wire/messages.ts'

/** The picture is promised within 5 s; the answer of a busy worker may come a little later. */
const takenWithinMs = 10_000

/** Whether the picture of this number is there; the newest that was asked for where none is named. */
export function isTaken({ situation }: Pick<IncidentState, 'situation'>, wanted = situation.wanted): boolean {
  return (situation.taken?.number ?? 0) >= wanted
}

/** The state that holds the picture which was asked for a moment ago. Nobody may be there to `look` at times: it is waited for then. */
export async function pictureTaken(
  incident: string,
  look: () => Promise<IncidentView | undefined>,
  lookAgainMs: number,
): Promise<IncidentView> {
  const until = Date.now() + takenWithinMs
  let wanted: number | undefined
  for (;;) {
    const view = await look()
    wanted ??= view?.state.situation.wanted
    if (view !== undefined && isTaken(view.state, wanted)) return view
    if (Date.now() > until)
      throw refused('wait-timeout', { seconds: takenWithinMs / 1_000, what: 'situation', incident })
    await new Promise((resolve) => setTimeout(resolve, lookAgainMs))
  }
}
