import type { IncidentState } from '../../domain/incident/fold/state.ts'
import type { Temporal } from '../temporal/connect.ts'
import { type Progress, progressIn } from './progress.ts'
import { type Retrying, retryingIn } from './retrying.ts'

/** What only Temporal knows of the steps under way: what is tried again, and how far what takes hours is. Absent where there is nothing. */
export type Pending = {
  readonly retrying?: readonly Retrying[]
  readonly progress?: readonly Progress[]
}

const answersWithinMs = 1_000
const underWay: readonly string[] = ['reading', 'planning', 'running', 'verifying', 'checking']

/** Nothing where no step is under way, and where Temporal does not say in time. */
export async function pendingNow(temporal: Temporal, { id, steps }: IncidentState): Promise<Pending> {
  if (!Object.values(steps).some(({ status }) => underWay.includes(status))) return {}
  try {
    const { raw } = await temporal.connection.withDeadline(Date.now() + answersWithinMs, () =>
      temporal.client.workflow.getHandle(id).describe(),
    )
    const pending = raw.pendingActivities ?? []
    const [retrying, progress] = [retryingIn(pending), progressIn(pending, steps)]
    return {
      ...(retrying.length === 0 ? {} : { retrying }),
      ...(progress.length === 0 ? {} : { progress }),
    }
  } catch {
    return {}
  }
}
