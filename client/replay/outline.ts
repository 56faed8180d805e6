/** What a history says of its own place: which run it is, what was before it, what comes after it, and whether it is whole. */
import { present } from '../../domain/present.ts'
import type { Reset, RunEvidence } from '../../domain/timeline/evidence.ts'

type JsonEvent = {
  readonly eventId?: string | number
  readonly eventTime?: string
  readonly eventType?: string
  readonly workflowExecutionStartedEventAttributes?: {
    readonly originalExecutionRunId?: string
    readonly firstExecutionRunId?: string
    readonly continuedExecutionRunId?: string
  }
  readonly workflowExecutionContinuedAsNewEventAttributes?: { readonly newExecutionRunId?: string }
  readonly workflowTaskFailedEventAttributes?: {
    readonly cause?: string
    readonly baseRunId?: string
    readonly newRunId?: string
    readonly failure?: { readonly message?: string }
  }
}

export type Outline = Pick<RunEvidence, 'runId' | 'follows' | 'next' | 'startedAs' | 'gap' | 'end'> & {
  /** The first run of its chain: the same for all runs of one incident. */
  readonly chain: string
  readonly events: number
  readonly startedAt: string
  readonly resets: readonly Omit<Reset, 'run'>[]
}

const ends: Readonly<Record<string, RunEvidence['end']>> = {
  WORKFLOW_EXECUTION_CONTINUED_AS_NEW: 'continued',
  WORKFLOW_EXECUTION_COMPLETED: 'closed',
  WORKFLOW_EXECUTION_FAILED: 'outside',
  WORKFLOW_EXECUTION_CANCELED: 'outside',
  WORKFLOW_EXECUTION_TERMINATED: 'outside',
  WORKFLOW_EXECUTION_TIMED_OUT: 'outside',
}

/** Of Temporal's JSON of a run; undefined where it is none. */
export function outlineOf(history: unknown): Outline | undefined {
  const events = eventsOf(history)
  const first = events?.[0]?.workflowExecutionStartedEventAttributes
  if (events === undefined || first === undefined) return undefined
  const startedAs = first.originalExecutionRunId ?? ''
  const resets = resetsIn(events)
  const gap = events.findIndex(({ eventId }, index) => Number(eventId) !== index + 1)
  const last = events.at(-1)
  const next = last?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId
  return {
    // Temporal copies the first event into the run that a reset makes.
    runId: resets.at(-1)?.newRunId ?? startedAs,
    startedAs,
    chain: first.firstExecutionRunId ?? startedAs,
    events: events.length,
    startedAt: events[0]?.eventTime ?? '',
    ...(first.continuedExecutionRunId ? { follows: first.continuedExecutionRunId } : {}),
    ...present({ next }),
    ...(gap < 0 ? {} : { gap: gap + 1 }),
    end: ends[last?.eventType?.replace(/^EVENT_TYPE_/, '') ?? ''] ?? 'none',
    resets: resets.map(({ newRunId: _, ...reset }) => reset),
  }
}

function resetsIn(
  events: readonly JsonEvent[],
): readonly (Omit<Reset, 'run'> & { readonly newRunId: string })[] {
  return events.flatMap(({ eventId, eventTime, workflowTaskFailedEventAttributes: failed }) =>
    failed?.cause === 'WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW'
      ? [
          {
            event: Number(eventId),
            at: eventTime ?? '',
            reason: failed.failure?.message ?? '',
            formerRunId: failed.baseRunId ?? '',
            newRunId: failed.newRunId ?? '',
          },
        ]
      : [],
  )
}

function eventsOf(history: unknown): readonly JsonEvent[] | undefined {
  if (typeof history !== 'object' || history === null || !('events' in history)) return undefined
  return Array.isArray(history.events) ? history.events : undefined
}
