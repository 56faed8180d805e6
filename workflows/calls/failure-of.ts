import {
  ActivityFailure,
  ApplicationFailure,
  ChildWorkflowFailure,
  TimeoutFailure,
} from '@temporalio/workflow'
import { type Failure, failure } from '../../domain/failures.ts'
import { carriedBy } from '../../wire/carried.ts'
import { carrying } from '../../wire/carrying.ts'
import { firstLine, reasonOf } from '../reason.ts'

/** Where a call stood when it failed: decides what a missing answer means. */
export type Asked = {
  readonly where: string
  /** Named where a missing worker is its own answer; a part of the picture just has no answer. */
  readonly queue?: string
  /** How long we wait for the answer. */
  readonly patienceMs: number
  readonly changes: boolean
}

/** Whatever an activity ended with, as one failure of the list. */
export function failureOf(error: unknown, asked: Asked): Failure {
  const cause =
    error instanceof ActivityFailure || error instanceof ChildWorkflowFailure ? error.cause : error
  if (cause instanceof ApplicationFailure) {
    const named = carriedBy(cause)
    if (named !== undefined) return named
    return failure('internal', { where: asked.where, reason: firstLine(cause.message) })
  }
  if (cause instanceof TimeoutFailure) {
    const own = carriedBy(cause.cause)
    if (own !== undefined) return own
    if (neverBegan(cause) && asked.queue !== undefined) return failure('no-worker', { queue: asked.queue })
    if (asked.changes)
      return failure('result-unknown', {
        step: asked.where,
        target: asked.where,
        reason: { en: 'the worker gave no answer', ja: 'ワーカーから応答がありません' },
      })
    return failure('no-answer', { seconds: Math.floor(asked.patienceMs / 1_000), where: asked.where })
  }
  return failure('internal', {
    where: asked.where,
    reason: reasonOf(error),
  })
}

/** A refusal of a command: nobody tries it again but the sender. */
export function refused(why: Failure): ApplicationFailure {
  return carrying(why, { retryable: false })
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
 * Waited for a worker in vain, and no attempt came before. Temporal does not name the outcome of one, but tells its last sign of life: no
 * change begins without one (workers/begun.ts).
 */
function neverBegan({ timeoutType, cause, lastHeartbeatDetails }: TimeoutFailure): boolean {
  return timeoutType === 'SCHEDULE_TO_START' && cause === undefined && lastHeartbeatDetails === undefined
}
