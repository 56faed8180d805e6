import { type Diagnosis, diagnosed } from '../../domain/diagnosis/diagnosis.ts'
import { refused } from '../../edge/refused.ts'
import type { Temporal } from '../temporal/connect.ts'
import { deskView, findDesk } from './desks.ts'
import { look } from './look.ts'

/** What is over this is given up. */
const answersWithinMs = 30_000

/** Looks at a service now, by the runbook that is published. Nothing is changed and no incident is needed. */
export async function diagnoseService(
  temporal: Temporal,
  wanted: { readonly service: string; readonly system?: string | undefined },
): Promise<Diagnosis> {
  const { desk, service } = await findDesk(temporal, wanted)
  const { runbook } = (await deskView(temporal, desk)).state
  if (runbook === undefined) throw refused('no-runbook')
  const input = { desk, looking: { at: 'service', service } } as const
  const seen = await look(temporal, `${desk}/${service}`, input, answersWithinMs)
  return diagnosed(runbook, service, seen)
}
