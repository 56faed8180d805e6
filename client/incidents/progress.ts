/** How far a step is that takes hours. Only its heartbeats say so, and only Temporal has them: the incident hears of the end alone. */
import { z } from 'zod'
import type { IncidentState } from '../../domain/incident/fold/state.ts'
import { present } from '../../domain/present.ts'
import { isLong } from '../../domain/steps/catalogue.ts'
import type { PendingActivity } from './retrying.ts'

/** What a long step's hand says while it works. Whatever else it may say is not shown. */
const beat = z.object({
  /** Which part of it is under way: `restoring`, `recovering`, or the name of a check. */
  at: text(/^[\w .:-]{1,60}$/),
  percent: amount(100),
  bytes: amount(),
  ofBytes: amount(),
  /** So many things of so many. */
  done: amount(),
  of: amount(),
  /** A copy is made for so many times at most, one after the other. */
  probe: amount(),
  ofProbes: amount(),
  commits: amount(),
  /** A place in the log, `0/3000060`. */
  position: text(/^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/),
  /** What it waits for, in the words of the other side. */
  why: text(/^[^\p{C}]{1,600}$/u),
})

export type Progress = z.infer<typeof beat> & {
  readonly step: string
  readonly attempt: number
  /** When it was started, ISO; attempts do not count. */
  readonly since?: string
  /** No worker has it at the moment. */
  readonly waits?: true
}

/** As Temporal numbers the states of a pending activity. */
const scheduled = 1

/** Of every long step that runs. */
export function progressIn(
  pending: readonly PendingActivity[],
  steps: IncidentState['steps'],
): readonly Progress[] {
  return pending.flatMap(({ activityId, attempt, state, heartbeatDetails }) => {
    const [, run = ''] = /^step\/([^/]+)\/run$/.exec(activityId ?? '') ?? []
    const step = Object.hasOwn(steps, run) ? steps[run] : undefined
    if (step === undefined || !isLong(step.kind)) return []
    const { startedAtMs } = step
    return [
      {
        step: run,
        ...present(beatIn(heartbeatDetails?.payloads?.[0]?.data)),
        attempt: attempt ?? 1,
        ...present({
          since: startedAtMs === undefined ? undefined : new Date(startedAtMs).toISOString(),
          waits: state === scheduled ? (true as const) : undefined,
        }),
      },
    ]
  })
}

/** Nothing where it cannot be understood. */
function beatIn(data: Uint8Array | null | undefined): z.infer<typeof beat> {
  try {
    return beat.parse(JSON.parse(new TextDecoder().decode(data ?? undefined)))
  } catch {
    return {}
  }
}

function text(like: RegExp) {
  return z.string().regex(like).optional().catch(undefined)
}

function amount(most = Number.MAX_SAFE_INTEGER) {
  return z.number().nonnegative().max(most).optional().catch(undefined)
}
