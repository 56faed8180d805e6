/**
 * A drill of every restore of a runbook, one after the other: each is made, checked and thrown away. What is tried is the published runbook's to
 * say. A failed one is reported to the desk, which calls people; one that gave way to a real restore is not, unless they do so for too long.
 */
import { workflowInfo } from '@temporalio/workflow'
import { roughly } from '../domain/duration.ts'
import { explain, type Failure, type FailureName, failure } from '../domain/failures.ts'
import { type DrillTimes, unprovedSince } from '../domain/restore/drill.ts'
import { type RestoreOf, restoresIn } from '../domain/runbook/restores.ts'
import { genesis } from '../domain/timeline/chain.ts'
import { cutTo, type Text } from '../domain/words.ts'
import type { Drilled, DrillInput } from '../wire/messages.ts'
import { declare, drillRestore, reportsOf } from './calls/drill.ts'
import { refused } from './calls/failure-of.ts'
import type { Looking } from './calls/parts.ts'
import { publishedRunbook } from './calls/runbook.ts'

const gaveWay: readonly FailureName[] = ['copy-exists', 'copy-of-drill', 'drill-yielded']

export async function drill({ desk, times }: DrillInput): Promise<readonly Drilled[]> {
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
  for (const restore of restores) drilled.push(await drillOf(desk, restore, times, looking))
  return drilled
}

async function drillOf(
  desk: string,
  restore: RestoreOf,
  times: DrillTimes | undefined,
  looking: Looking,
): Promise<Drilled> {
  const { backups } = restore
  const outcome = await drillRestore(restore, looking)
  const found = outcome.ok ? { backups, report: outcome.value } : { backups, failure: outcome.failure }
  const problem = outcome.ok
    ? failed(backups, outcome.value.failure)
    : isAside(outcome.failure.name)
      ? await tooLong(restore, outcome.failure, times, looking)
      : failed(backups, inWords(outcome.failure))
  return problem === undefined
    ? found
    : { ...found, incident: await reported(desk, restore, problem, looking) }
}

function failed(backups: string, why: Text | undefined): Text | undefined {
  return (
    why && {
      en: `The restore drill of ${backups} failed: ${why.en}`,
      ja: `復元訓練に失敗: ${backups}: ${why.ja}`,
    }
  )
}

/** One that gives way every time proves nothing, and nobody hears of it. Whoever starts one by hand sees that it did. */
async function tooLong(
  restore: RestoreOf,
  gave: Failure,
  times: DrillTimes | undefined,
  looking: Looking,
): Promise<Text | undefined> {
  if (times === undefined) return undefined
  const kept = await reportsOf(restore, looking)
  const why = inWords(gave)
  const { backups } = restore
  if (!kept.ok) {
    const unknown = inWords(kept.failure)
    return {
      en: `Unknown when the last restore drill of ${backups} ended: ${unknown.en} ${why.en}`,
      ja: `復元訓練が前回終わった時期は不明: ${backups}: ${unknown.ja}${why.ja}`,
    }
  }
  const sinceMs = unprovedSince(kept.value, times, looking.nowMs)
  if (sinceMs === undefined) return undefined
  const since = roughly(looking.nowMs - sinceMs)
  return {
    en: `No restore drill of ${backups} has ended for ${since}: ${why.en}`,
    ja: `復元訓練が ${since} の間 1 回も終わっていない: ${backups}: ${why.ja}`,
  }
}

/** As long as the incident is open, every problem is one more report of it. */
async function reported(
  desk: string,
  { backups, service }: RestoreOf,
  problem: Text,
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
        description: cutTo(`${problem.ja} / ${problem.en}`, mostWords),
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

function inWords(found: Failure): Text {
  return {
    en: `${found.code} ${explain(found, 'en').what}`,
    ja: `${found.code} ${explain(found, 'ja').what}`,
  }
}
