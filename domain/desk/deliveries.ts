/** In which order open incidents are told what they do not know yet. */
import type { Delivery } from './state.ts'

/** A freeze, and what a person says. */
export function isByHand({ type, by }: Delivery): boolean {
  return type === 'freeze' || by.kind === 'person'
}

/** That, and alerts worse than the incident is: they go before all else that machines have to say, and wait for no round. */
export function isPressing(delivery: Delivery): boolean {
  return isByHand(delivery) || (delivery.type === 'alerts' && delivery.raises === true)
}

/** What presses first, else the oldest. */
export function inOrder(deliveries: readonly Delivery[]): readonly Delivery[] {
  return [...deliveries.filter(isPressing), ...deliveries.filter((delivery) => !isPressing(delivery))]
}
