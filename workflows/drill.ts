/**
 * A drill of every restore of a runbook, one after the other: each is made, checked and thrown away. What is tried is the published runbook's to
 * say. A failed one is reported to the desk, which calls people; one that gave way to a real restore is not.
 */
import { workflowInfo } from '@temporalio/workflow'
import { explain, type FailureName, failure } from '../domain/failures.ts'
import { type RestoreOf, restoresIn } from '../domain/runbook/restores.ts'
import { genesis } from '../domain/timeline/chain.ts'
import { cutTo, type Text } from '../domain/words.ts'
import type { Drilled, DrillInput } from '../wire/messages.ts'
import { declare, drillRestore } from './calls/drill.ts'
import { refused } from './calls/failure-of.ts'
import type { Looking } from './calls/parts.ts'
import { publishedRunbook } from './calls/runbook.ts'

const gaveWay: readonly FailureName[] = ['copy-exists', 'copy-of-drill', 'drill-yielded']

export async function drill({ desk }: DrillInput): Promise<readonly Drilled[]> {
  const { workflowId, startTime } = workflowInfo()
  const { runbook, lab } = await publishedRunbook(desk)
  const looking: Looking = {
    nowMs: startTime.getTime(),
    state: { id: workflowId, lab, runbook },
    head: genesis,
    answered: () => {},
  }
  const restores = restoresIn(runbook.book)
  if (restores.length === 0) throw refused(failure('no-restore-step', { runbook: desk }))
  const drilled: Drilled[] = []
  for (const restore of restores) drilled.push(await drillOf(desk, restore, looking))
  return drilled
}

async function drillOf(desk: string, restore: RestoreOf, looking: Looking): Promise<Drilled> {
  const { backups } = restore
  const outcome = await drillRestore(restore, looking)
  const found = outcome.ok ? { backups, report: outcome.value } : { backups, failure: outcome.failure }
  const why = outcome.ok
    ? outcome.value.failure
    : isAside(outcome.failure.name)
      ? undefined
      : inWords(outcome.failure)
  return why === undefined ? found : { ...found, incident: await reported(desk, restore, why, looking) }
}

/** As long as the incident is open, every failure is one more report of it. */
async function reported(
  desk: string,
  { backups, service }: RestoreOf,
  why: Text,
  looking: Looking,
): Promise<string> {
  const told = await declare(
    `declare/${backups}`,
    {
      desk,
      id: `${looking.state.id}/${backups}`,
      key: `drill/${desk}/${backups}`,
      declaration: {
        service,
        severity: 'HIGH',
        description: cutTo(
          `復元訓練に失敗: ${backups}: ${why.ja} / The restore drill of ${backups} failed: ${why.en}`,
          mostWords,
        ),
        dataLoss: false,
        breach: false,
      },
    },
    looking,
  )
  if (!told.ok) throw refused(told.failure)
  return told.value.incident
}

const mostWords = 2_000

function isAside(name: FailureName): boolean {
  return gaveWay.includes(name)
}

function inWords(found: Parameters<typeof explain>[0]): Text {
  return {
    en: `${found.code} ${explain(found, 'en').what}`,
    ja: `${found.code} ${explain(found, 'ja').what}`,
  }
}
