import type { Runbook } from './runbook.ts'

export type AnyStep = { readonly kind: string; readonly with: Readonly<Record<string, unknown>> }

/** Every step that a runbook can start, and every look at its services. */
export function stepsIn({ services, severities, symptoms }: Runbook): readonly AnyStep[] {
  return [
    ...Object.values(services).flatMap(({ look }) => look),
    ...Object.values(severities).flatMap(({ quick }) => quick),
    ...symptoms.flatMap(({ steps }) => steps),
  ]
}
