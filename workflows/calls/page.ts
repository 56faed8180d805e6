import type { PageCall, PageSent } from '../../domain/incident/fold/page.ts'
import type { Outcome } from '../../domain/steps/contract.ts'
import { ask, type Clock } from './call.ts'
import { pagePatience } from './options.ts'

/** Sends one message to one person. */
export async function sendPage(
  effect: string,
  call: PageCall,
  { nowMs, answered }: Clock,
): Promise<Outcome<PageSent>> {
  let endedAtMs = nowMs
  const clock: Clock = {
    nowMs,
    answered: (atMs) => {
      endedAtMs = atMs
      answered(atMs)
    },
  }
  const outcome = await ask('sendPage', effect, pagePatience, call, { where: call.channel }, clock)
  return sentBetween(nowMs, endedAtMs, outcome)
}

/** The channel's clock may be wrong: a page went out after it was decided and before its worker said so. */
function sentBetween(fromMs: number, toMs: number, outcome: Outcome<PageSent>): Outcome<PageSent> {
  if (!outcome.ok) return outcome
  const sentAtMs = Math.max(fromMs, Math.min(toMs, outcome.value.sentAtMs))
  return { ...outcome, value: { ...outcome.value, sentAtMs } }
}
