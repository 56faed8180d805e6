/** Drills that somebody asks for: of whose restores, begun, and waited for. */

import { restoresIn } from '../../domain/runbook/restores.ts'
import type { Runbook } from '../../domain/runbook/runbook.ts'
import { refused } from '../../edge/refused.ts'
import type { Drilled } from '../../wire/messages.ts'
import { failureIn } from '../failure-in.ts'
import { deskView, unknownRunbook } from '../incidents/desks.ts'
import type { Temporal } from '../temporal/connect.ts'
import { practiceEnded, startPractice } from './practice.ts'

/** The published runbook; refuses one that is unknown (`unknown-runbook`) or has nothing to restore (`no-restore-step`). */
export async function bookToDrill(temporal: Temporal, runbook: string): Promise<Runbook> {
  const { state } = await deskView(temporal, runbook).catch(async (error: unknown) => {
    throw failureIn(error)?.name === 'no-runbook' ? await unknownRunbook(temporal, runbook) : error
  })
  const book = state.runbook?.book
  if (book === undefined) throw refused('no-runbook')
  if (restoresIn(book).length === 0) throw refused('no-restore-step', { runbook })
  return book
}

/** Its id; what it finds is awaited with `drillEnded`. */
export async function startDrill(temporal: Temporal, runbook: string): Promise<string> {
  await bookToDrill(temporal, runbook)
  return startPractice(temporal, 'drill', runbook)
}

/** What came of it, of each restore of the runbook. */
export function drillEnded(temporal: Temporal, drill: string): Promise<readonly Drilled[]> {
  return practiceEnded(temporal, drill)
}
