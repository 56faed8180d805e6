import { explain, type Failure, inShort } from '../../domain/failures.ts'
import type { Text } from '../../domain/words.ts'

/** What one check of the doctor says. */
export type Check = {
  readonly check: string
  readonly status: 'ok' | 'warn' | 'fail'
  readonly says: Text
  /** What to do. */
  readonly next?: Text
}

/** A check that ended in a refusal of the failures list. */
export function refusedCheck(check: string, refusal: Failure, status: Check['status'] = 'fail'): Check {
  return {
    check,
    status,
    says: inShort(refusal),
    next: { en: explain(refusal, 'en').next, ja: explain(refusal, 'ja').next },
  }
}
