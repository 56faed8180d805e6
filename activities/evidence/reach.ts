import type { MaskRule } from '../../domain/evidence/mask.ts'
import type { StepContext } from '../../domain/steps/contract.ts'
import { said, type Text } from '../../domain/words.ts'
import { carriedBy } from '../../wire/carried.ts'
import type { Kubernetes } from '../kubernetes/api/client.ts'
import { isRefusal, reasonIn } from '../refusal.ts'

/** Where evidence is read, and what is masked in it. */
export type Reach = {
  readonly kubernetes: Kubernetes
  readonly context: StepContext
  readonly rules: readonly MaskRule[]
}

/** What could not be had, in the sentence of who refused it; throws on what a second try helps. */
export function whyNot(what: string, error: unknown): Text {
  const failure = carriedBy(error)
  if (failure === undefined || isRefusal(error, 'kubernetes-unreachable')) throw error
  const why = said(reasonIn(failure))
  return { en: `${what}: ${why.en}`, ja: `${what}: ${why.ja}` }
}
