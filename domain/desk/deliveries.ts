/** In which order open incidents are told what they do not know yet. */
import type { Delivery } from './state.ts'

/** It goes before all that machines have to say. */
export function isPressing({ type, by }: Delivery): boolean {
  return type === 'freeze' || by.kind === 'person'
}

/** What presses first, else the oldest. */
export function inOrder(deliveries: readonly Delivery[]): readonly Delivery[] {
  return [...deliveries.filter(isPressing), ...deliveries.filter((delivery) => !isPressing(delivery))]
}
