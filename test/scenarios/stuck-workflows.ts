/** The real workflows, but an incident whose service is `frontend` throws in its task for ever: a defect that nothing of ours catches. */
import { incident as real } from '../../workflows/index.ts'
import type { IncidentResult } from '../../workflows/messages.ts'

export { desk, look } from '../../workflows/index.ts'

export async function incident(input: Parameters<typeof real>[0]): Promise<IncidentResult> {
  if (JSON.stringify(input).includes('"service":"frontend","symptom"')) {
    throw new Error('the workflow itself has a defect')
  }
  return real(input)
}
