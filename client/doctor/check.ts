import { explain, type Failure } from '../../domain/failures.ts'
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
  const en = explain(refusal, 'en')
  const ja = explain(refusal, 'ja')
  return {
    check,
    status,
    says: { en: `${refusal.code} ${en.what}`, ja: `${refusal.code} ${ja.what}` },
    next: { en: en.next, ja: ja.next },
  }
}
