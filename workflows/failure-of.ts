import {
  ActivityFailure,
  ApplicationFailure,
  ChildWorkflowFailure,
  TimeoutFailure,
} from '@temporalio/workflow'
import { explain, type Failure, failure, isFailure } from '../domain/failures.ts'

/** Where a call stood when it failed: decides what a missing answer means. */
export type Asked = {
  readonly where: string
  /** Named where a missing worker is its own answer; a part of the picture just has no answer. */
  readonly queue?: string
  /** For so long its answer is awaited. */
  readonly patienceMs: number
  readonly changes: boolean
}

/** Whatever an activity ended with, as one failure of the list. */
export function failureOf(error: unknown, asked: Asked): Failure {
  const cause =
    error instanceof ActivityFailure || error instanceof ChildWorkflowFailure ? error.cause : error
  if (cause instanceof ApplicationFailure) {
    const named = namedFailure(cause.details?.[0])
    if (named !== undefined) return named
    return failure('internal', { where: asked.where, reason: firstLine(cause.message) })
  }
  if (cause instanceof TimeoutFailure) {
    const own = cause.cause instanceof ApplicationFailure ? namedFailure(cause.cause.details?.[0]) : undefined
    if (own !== undefined) return own
    if (neverBegan(cause) && asked.queue !== undefined) return failure('no-worker', { queue: asked.queue })
    if (asked.changes)
      return failure('result-unknown', {
        step: asked.where,
        target: asked.where,
        reason: 'the worker gave no answer',
      })
    return failure('no-answer', { seconds: Math.floor(asked.patienceMs / 1_000), where: asked.where })
  }
  return failure('internal', {
    where: asked.where,
    reason: firstLine(error instanceof Error ? error.message : String(error)),
  })
}

/** A refusal as Temporal carries it: the code as type, the failure itself as detail. */
export function refused(why: Failure): ApplicationFailure {
  const { what, next } = explain(why, 'en')
  return ApplicationFailure.nonRetryable(`${why.code} ${what} ${next}`, why.code, why)
}

function namedFailure(detail: unknown): Failure | undefined {
  return isFailure(detail) ? detail : undefined
}

export function firstLine(text: string): string {
  return (text.split('\n', 1)[0] ?? '').slice(0, 500)
}

export function reasonOf(error: unknown): string {
  return firstLine(error instanceof Error ? error.message : String(error))
}

/**
 * When the activity gave up and in which attempt, as its worker recorded it (workers/attempts.ts); undefined where it never answered.
 * That no worker took up the first attempt is known without an answer.
 */
export function endIn(error: unknown): { readonly endedAtMs?: number; readonly attempt?: number } {
  const cause = error instanceof ActivityFailure ? error.cause : error
  if (cause instanceof TimeoutFailure && neverBegan(cause)) return { attempt: 1 }
  const details = cause instanceof ApplicationFailure ? cause.details : undefined
  const last: unknown = details?.[details.length - 1]
  if (typeof last !== 'object' || last === null) return {}
  return { ...numberIn(last, 'endedAtMs'), ...numberIn(last, 'attempt') }
}

function numberIn<K extends string>(from: object, key: K): { readonly [key in K]?: number } {
  const value: unknown = Reflect.get(from, key)
  return typeof value === 'number' ? ({ [key]: value } as { [key in K]: number }) : {}
}

/**
 * Waited for a worker in vain, and no attempt came before. Temporal does not name what became of one, but tells its last sign of life: no
 * change begins without one (workers/begun.ts).
 */
function neverBegan({ timeoutType, cause, lastHeartbeatDetails }: TimeoutFailure): boolean {
  return timeoutType === 'SCHEDULE_TO_START' && cause === undefined && lastHeartbeatDetails === undefined
}
