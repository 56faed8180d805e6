/**
 * Evidence that somebody asks for: what Kubernetes says now, put into the archive by the worker that reads it. Whose pods they are is the
 * published runbook's to say, as with a look.
 */
import { workflowInfo } from '@temporalio/workflow'
import { aboutOf } from '../domain/evidence/about.ts'
import { curveKinds, databaseKinds, figureParts } from '../domain/evidence/figures.ts'
import { genesis } from '../domain/timeline/chain.ts'
import type { Collected } from '../wire/activities.ts'
import type { CollectInput } from '../wire/messages.ts'
import { refused } from './calls/failure-of.ts'
import { collectNow } from './calls/logs.ts'
import { latePatience, lateRunbookOptions, longPatience, runbookOptions } from './calls/options.ts'
import { publishedRunbook } from './calls/runbook.ts'

export async function collect({
  desk,
  service,
  databases,
  waits,
  ...asked
}: CollectInput): Promise<Collected> {
  const { workflowId, startTime } = workflowInfo()
  const { runbook, lab } = await publishedRunbook(desk, waits === true ? lateRunbookOptions : runbookOptions)
  const looking = {
    nowMs: startTime.getTime(),
    state: { id: workflowId, lab, runbook },
    head: genesis,
    answered: () => {},
  }
  const { book } = runbook
  const kinds = [...(asked.curves ? curveKinds : []), ...(databases ? databaseKinds : [])]
  const outcome = await collectNow(
    { ...asked, about: aboutOf(book, service), figures: figureParts(book, service, kinds) },
    looking,
    waits === true ? latePatience(book.cluster) : longPatience(book.cluster),
  )
  if (!outcome.ok) throw refused(outcome.failure)
  return outcome.value
}
