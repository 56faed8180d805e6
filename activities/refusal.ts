import type { ApplicationFailure } from '@temporalio/common'
import {
  explain,
  type Failure,
  type FailureName,
  type FailureParams,
  failure,
  failures,
} from '../domain/failures.ts'
import { said, type Text, type Words } from '../domain/words.ts'
import { carriedBy } from '../wire/carried.ts'
import { carrying } from '../wire/carrying.ts'

/** A failure of the list as an activity throws it: tried again only where the list says so. */
export function refusal(name: FailureName, params: FailureParams = {}): ApplicationFailure {
  return carrying(failure(name, params), {
    retryable: failures[name].retryable,
    ...(goesOn.includes(name) ? { nextRetryDelay: '1s' } : {}),
  })
}

/** Work that goes on by itself: the next attempt looks at it at once. */
const goesOn: readonly FailureName[] = ['rollout-going-on', 'replacement-starting']

/** Ends the work with a failure of the list. */
export function refuse(name: FailureName, params: FailureParams = {}): never {
  throw refusal(name, params)
}

/** Why, as the other side or we said it; the sentence of the failure where it has no reason. */
export function reasonIn(found: Failure): Words {
  const { reason } = found.params
  if (typeof reason === 'string' || typeof reason === 'object') return reason
  return { en: explain(found, 'en').what, ja: explain(found, 'ja').what }
}

/** A sentence with its reason in brackets, where there is one. */
export function withReason({ en, ja }: Text, reason: Words | undefined): Text {
  if (reason === undefined) return { en, ja }
  return { en: `${en} (${said(reason).en})`, ja: `${ja}（${said(reason).ja}）` }
}

/** True when the error is this very failure. */
export function isRefusal(error: unknown, name: FailureName): boolean {
  return carriedBy(error)?.name === name
}
