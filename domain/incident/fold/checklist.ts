/** The checklists: what of them is open when, and what the incident itself shows to be done. */
import type { Runbook } from '../../runbook/runbook.ts'
import type { Proof } from '../../words.ts'
import { isRecovered } from './proof.ts'
import { alertsAreClear, hasEnded, type IncidentState, isOver, toWorkOff } from './state.ts'

type Item = Runbook['firstResponse' | 'afterwards'][number]

/** Nobody has ticked them, and it is their time: the first list until the recovery, the last one from then on. */
export function openItems(state: IncidentState): readonly Item[] {
  const { firstResponse, afterwards } = state.runbook.book
  const left = toWorkOff(state)
  if (isOver(state)) return [...firstResponse, ...afterwards].filter(({ id }) => left.includes(id))
  const list: readonly Item[] = hasEnded(state) ? afterwards : firstResponse
  return list.filter(({ id }) => !Object.hasOwn(state.checks, id))
}

/** Whether the incident shows it now. What is not known is not shown. */
export function isShown(state: IncidentState, proof: Proof): boolean {
  const { situation, phase } = state
  switch (proof) {
    case 'declared':
      return true
    case 'acknowledged':
      return state.acknowledged !== undefined
    case 'looked':
      return Object.values(situation.taken?.parts ?? {}).some(({ ok }) => ok)
    case 'called':
      return Object.values(state.pages).some(({ status }) => status === 'sent')
    case 'resolved':
      return phase === 'resolved'
    case 'recovered':
      return isRecovered(state)
    case 'counted':
      return phase === 'resolved' && state.affected !== undefined
    case 'alerts-clear':
      return phase === 'resolved' && alertsAreClear(state)
  }
}

type Due = { readonly item: string; readonly dueMs: number }

/** Items for which somebody will be called while they are open, and was not yet. */
export function itemsDue(state: IncidentState): readonly Due[] {
  const sinceMs = hasEnded(state) ? Date.parse(state.resolved?.at ?? '') : state.declaredAtMs
  return openItems(state).flatMap(({ id, remindAfter }) =>
    remindAfter === undefined || state.itemsReminded.includes(id)
      ? []
      : [{ item: id, dueMs: sinceMs + remindAfter }],
  )
}
