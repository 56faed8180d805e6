import type { Runbook } from './runbook.ts'

export type AnyStep = { readonly kind: string; readonly with: Readonly<Record<string, unknown>> }

/** Every step that a runbook can start, every look at its services, and what counts the affected users. */
export function stepsIn({ services, severities, symptoms, affectedUsers }: Runbook): readonly AnyStep[] {
  return [
    ...(affectedUsers === undefined ? [] : [affectedUsers]),
    ...Object.values(services).flatMap(({ look }) => look),
    ...Object.values(severities).flatMap(({ quick }) => quick),
    ...symptoms.flatMap(({ steps }) => steps),
  ]
}
