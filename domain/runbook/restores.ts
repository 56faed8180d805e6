/** What of a runbook a drill tries out: its restores, one for each entry of the connections file. */
import { type catalogue, kindOf } from '../steps/catalogue.ts'
import type { StepParams } from '../steps/contract.ts'
import { fillStep } from './fill.ts'
import type { Runbook, RunbookStep } from './runbook.ts'

export type RestoreOf = {
  readonly backups: string
  /** Whose data it is. */
  readonly service: string
  /** As the runbook says them: a target and a backup are people's to choose. */
  readonly params: StepParams
}

const kind: keyof typeof catalogue = 'postgres.restore'

/** The first step of each entry, in the runbook's order. */
export function restoresIn({ services, symptoms, severities }: Runbook): readonly RestoreOf[] {
  const [anyService = ''] = Object.keys(services)
  const steps = [
    ...symptoms.flatMap(({ service, steps: own }) => own.map((step) => ({ step, service }))),
    ...Object.values(severities).flatMap(({ quick }) => quick.map((step) => ({ step, service: anyService }))),
  ]
  const all = steps.flatMap(({ step, service }) => restoreOf(step, service, services[service]))
  return all.filter((one, i) => all.findIndex(({ backups }) => backups === one.backups) === i)
}

function restoreOf(
  step: Pick<RunbookStep, 'kind' | 'with'>,
  service: string,
  of: Runbook['services'][string] | undefined,
): readonly RestoreOf[] {
  if (step.kind !== kind || of === undefined) return []
  const declared = kindOf(kind)
  const parsed = declared?.params.safeParse(fillStep(step, of).with)
  if (declared === undefined || !parsed?.success) return []
  const free = new Set<string>(declared.byHand)
  const params = Object.fromEntries(
    Object.entries(parsed.data as StepParams).filter(([name]) => !free.has(name)),
  )
  return [{ backups: String(params.backups), service, params }]
}
