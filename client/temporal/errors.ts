/** From Temporal's errors to the failures that people meet. */

import {
  isGrpcServiceError,
  QueryNotRegisteredError,
  QueryRejectedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client'
import { ApplicationFailure } from '@temporalio/common'
import { failure } from '../../domain/failures.ts'
import { said } from '../../domain/words.ts'
import { Refused } from '../../edge/refused.ts'
import { incidentsQueue } from '../../wire/messages.ts'
import { failureIn } from '../failure-in.ts'
import { reasonOf } from './connect.ts'

/** gRPC status codes by number: importing the enum would load all of grpc-js a second time into a bundle. */
const grpc = {
  cancelled: 1,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  unavailable: 14,
  unauthenticated: 16,
} as const

export function grpcCode(error: unknown): number | undefined {
  if (isGrpcServiceError(error)) return error.code
  return error instanceof Error && error.cause !== undefined ? grpcCode(error.cause) : undefined
}

/** Worth the very same call again: the server was busy, or the run ended under the update (continue-as-new). */
export function isPassing(error: unknown): boolean {
  const code = grpcCode(error)
  if (code === grpc.resourceExhausted || code === grpc.aborted) return true
  // The task that was to take it wanted to end the run, and was sent back for what had come meanwhile.
  if (code === grpc.failedPrecondition && /unexpected workflow task failure/i.test(said(reasonOf(error)).en))
    return true
  return (
    error instanceof WorkflowUpdateFailedError &&
    error.cause instanceof ApplicationFailure &&
    error.cause.type === 'AcceptedUpdateCompletedWorkflow'
  )
}

export function isGone(error: unknown): boolean {
  if (isUnknownNamespace(error)) return false
  return error instanceof WorkflowNotFoundError || grpcCode(error) === grpc.notFound
}

/** Nobody answered in time: with a reachable server that means that no worker took the task. */
export function isUnanswered(error: unknown): boolean {
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return true
  const code = grpcCode(error)
  // The server itself says so when nobody has polled for some minutes.
  if (code === grpc.failedPrecondition && /no poller/i.test(said(reasonOf(error)).en)) return true
  return code === grpc.deadlineExceeded || code === grpc.cancelled
}

/** Temporal says itself that the task of this workflow has failed some times in a row; it asks no worker then. */
export function isStuck(error: unknown): boolean {
  return grpcCode(error) === grpc.failedPrecondition && /task in failed state/i.test(said(reasonOf(error)).en)
}

/** A query names a search attribute that the server does not have. */
export function isUnknownAttribute(error: unknown): boolean {
  return (
    grpcCode(error) === grpc.invalidArgument && /invalid search attribute/i.test(said(reasonOf(error)).en)
  )
}

/** The namespace of all our calls is not there, or not any more. */
export function isUnknownNamespace(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error.name === 'NamespaceNotFoundError' || /^Namespace .*not found/i.test(error.message)) return true
  if (isGrpcServiceError(error) && error.code === grpc.notFound && /namespace/i.test(error.details))
    return true
  return isUnknownNamespace(error.cause)
}

export function isUnreachable(error: unknown): boolean {
  const code = grpcCode(error)
  return code === grpc.unavailable || code === grpc.unauthenticated || code === grpc.permissionDenied
}

const noSuchNamespace = {
  en: 'Temporal has no namespace of that name (any more).',
  ja: 'その名前の名前空間は Temporal にありません（削除された可能性もあります）。',
}

/** What a person is told about an error of a call to Temporal. Errors that are already worded stay as they are. */
export function refusalOf(error: unknown, address: string, workflow = '-'): Refused {
  if (error instanceof Refused) return error
  const known = failureIn(error)
  if (known !== undefined) return new Refused(known, { cause: error })
  if (isUnreachable(error))
    return new Refused(failure('temporal-unreachable', { address, reason: reasonOf(error) }), {
      cause: error,
    })
  if (isUnknownNamespace(error))
    return new Refused(failure('bad-input', { where: 'TEMPORAL_NAMESPACE', problem: noSuchNamespace }), {
      cause: error,
    })
  if (isStuck(error))
    return new Refused(failure('workflow-stuck', { workflow, reason: reasonOf(error) }), { cause: error })
  if (isUnanswered(error) || error instanceof QueryRejectedError)
    return new Refused(failure('no-worker', { queue: incidentsQueue }), { cause: error })
  if (error instanceof QueryNotRegisteredError)
    return new Refused(failure('internal', { where: 'query', reason: reasonOf(error) }), { cause: error })
  return new Refused(failure('internal', { where: 'Temporal', reason: reasonOf(error) }), { cause: error })
}
